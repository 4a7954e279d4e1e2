"""`make test` runs both halves to their ends, and fails when one of them does."""

from __future__ import annotations

import sys
from collections.abc import Callable, Sequence
from pathlib import Path

import pytest

from infra import testing

Halves = Callable[[str, str], int]


@pytest.fixture
def halves(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Halves:
    """The program, with scripts in the place of the half that computes and of the one on stacks."""

    def run(computing: str, on_stacks: str) -> int:
        def command(*arguments: str) -> Sequence[str]:
            script = computing if arguments == testing.COMPUTING else on_stacks
            return sys.executable, "-c", script

        monkeypatch.setattr(testing, "pytest", command)
        monkeypatch.setattr(testing, "LOG", tmp_path / "stack-tests.log")
        monkeypatch.setattr(testing.package, "package", lambda stage: None)
        return testing.main()

    return run


@pytest.mark.parametrize(
    ("computing", "on_stacks", "status"),
    [("", "", 0), ("raise SystemExit(1)", "", 1), ("", "raise SystemExit(2)", 2)],
)
def test_it_fails_when_either_half_does(
    halves: Halves, computing: str, on_stacks: str, status: int
) -> None:
    assert halves(computing, on_stacks) == status


def test_the_half_on_stacks_speaks_after_the_other_and_to_its_last_word(
    halves: Halves, capfd: pytest.CaptureFixture[str]
) -> None:
    slowly = "import time; print('first', flush=True); time.sleep(1); print('last')"
    assert halves("print('computed')", slowly) == 0
    lines = [line.strip() for line in capfd.readouterr().out.splitlines()]
    assert lines[0].startswith("unit, component and chaos tests")
    assert lines[1:] == ["computed", "conformance and end-to-end tests …", "first", "last"]
