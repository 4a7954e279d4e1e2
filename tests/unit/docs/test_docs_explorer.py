"""The page at /docs: what it loads is there, and no text of a description becomes markup or script."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from docs_pages import ROOT

from chalicelib.api.explorer import ASSETS, PAGE, SECURITY

FOLDER = ROOT / "chalicelib" / "explorer"
HTML = (FOLDER / PAGE).read_text()
SCRIPTS = sorted(FOLDER.glob("*.js"))
NAMED_SINKS = (
    "innerHTML",
    "outerHTML",
    "insertAdjacentHTML",
    "document.write",
    "eval(",
    "Function(",
)


def test_the_folder_has_the_page_and_its_assets_and_nothing_else() -> None:
    assert {path.name for path in FOLDER.iterdir()} == {PAGE, *ASSETS}


def test_the_page_loads_only_assets_of_its_own_and_by_relative_addresses() -> None:
    loaded = re.findall(r'<(?:script|link rel="stylesheet")[^>]* (?:src|href)="([^"]+)"', HTML)
    assert loaded
    assert {address.removeprefix("docs/") for address in loaded} <= set(ASSETS)
    linked = re.findall(r'(?:src|href)="([^"#]+)"', HTML)
    assert [a for a in linked if a.startswith(("/", "http")) or "//" in a] == []


def test_what_the_scripts_import_is_an_asset() -> None:
    for script in SCRIPTS:
        for name in re.findall(r'^import .* from "\./([^"]+)"', script.read_text(), re.MULTILINE):
            assert name in ASSETS


def test_the_page_has_no_inline_script_handler_or_style() -> None:
    assert re.findall(r"<script(?![^>]* src=)", HTML) == []
    assert re.findall(r"\s(?:on\w+|style)=", HTML) == []
    assert "<style" not in HTML


@pytest.mark.parametrize("script", SCRIPTS, ids=lambda path: path.name)
def test_the_scripts_make_no_markup_from_text_and_call_no_other_host(script: Path) -> None:
    text = script.read_text()
    assert [sink for sink in NAMED_SINKS if sink in text] == []
    assert "http://" not in text
    assert "https://" not in text


def test_the_token_is_kept_for_the_tab_only() -> None:
    text = (FOLDER / "explorer.js").read_text()
    assert "sessionStorage" in text
    assert "localStorage" not in text
    assert "cookie" not in text


def test_the_policy_forbids_what_it_does_not_name_and_names_no_host_but_ours() -> None:
    policy = dict(
        part.strip().split(" ", 1) for part in SECURITY["Content-Security-Policy"].split(";")
    )
    assert policy["default-src"] == "'none'"
    assert policy["script-src"] == policy["connect-src"] == policy["style-src"] == "'self'"
    assert policy["frame-ancestors"] == policy["base-uri"] == policy["form-action"] == "'none'"
    assert "unsafe" not in SECURITY["Content-Security-Policy"]
