"""A terminal whose home is empty, and one where somebody is signed in."""

from __future__ import annotations

from pathlib import Path

import pytest

from runyard.cli import cache
from tests.support.command_line import URL, Terminal


@pytest.fixture
def terminal(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> Terminal:
    return Terminal(tmp_path, capsys, monkeypatch)


@pytest.fixture
def signed_in(terminal: Terminal) -> Terminal:
    cache.write(terminal.home, cache.Cached(URL, "ada.secret"))
    return terminal
