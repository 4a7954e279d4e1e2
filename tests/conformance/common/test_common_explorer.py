"""S4: `/docs` is a page of ours that loads everything from the same origin, through the front door."""

from __future__ import annotations

import re
from urllib.parse import urljoin

import pytest

from chalicelib.api.explorer import ASSETS
from tests.support.stack import Api


def test_docs__the_page_and_everything_that_it_loads_is_public_text(nobody: Api) -> None:
    page = nobody.get("/docs")
    assert page.status_code == 200
    assert page.headers["Content-Type"] == "text/html; charset=utf-8"
    assert "script-src 'self'" in page.headers["Content-Security-Policy"]
    loaded = re.findall(r'<(?:script|link rel="stylesheet")[^>]* (?:src|href)="([^"]+)"', page.text)
    assert len(loaded) == 2
    for address in loaded:
        path = urljoin("/docs", address)
        answer = nobody.get(path)
        assert answer.status_code == 200
        assert answer.headers["Content-Type"] == ASSETS[path.removeprefix("/docs/")]
        assert answer.headers["X-Content-Type-Options"] == "nosniff"
        assert "runyard" in answer.text.lower() or "explorer" in answer.text.lower()


@pytest.mark.parametrize("asset", ["index.html", "other.js", "..%2Fapi%2Fexplorer.py", "%2e%2e"])
def test_docs__nothing_else_can_be_read_from_there(nobody: Api, asset: str) -> None:
    assert nobody.get(f"/docs/{asset}").status_code == 404


def test_docs__a_file_that_a_browser_has_is_not_sent_again(nobody: Api) -> None:
    first = nobody.get("/docs/explorer.js")
    again = nobody.get("/docs/explorer.js", headers={"If-None-Match": first.headers["ETag"]})
    assert (again.status_code, again.text) == (304, "")
