"""`python -m infra.local` says what is wrong in one line, and what to do about it."""

from __future__ import annotations

import os
import socket
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from infra.local.daemon import free_port
from infra.paths import ROOT
from tests.support.stack import PATIENCE_SECONDS


@pytest.fixture
def taken() -> Iterator[int]:
    """A port that this test listens on."""
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        listener.listen()
        yield listener.getsockname()[1]


def command(*arguments: str, **settings: str) -> subprocess.CompletedProcess[str]:
    """The command with a home of its own, so that a stack of this checkout is left alone."""
    code = (
        "import sys, pathlib; from infra import paths;"
        " paths.LOCAL = pathlib.Path(sys.argv.pop(1));"
        " from infra.local.__main__ import main; sys.exit(main())"
    )
    return subprocess.run(
        [sys.executable, "-c", code, *arguments],
        cwd=ROOT,
        env={"PATH": os.environ["PATH"], **settings},
        capture_output=True,
        text=True,
        timeout=PATIENCE_SECONDS,
        check=False,
    )


def test_a_taken_port_is_one_line_that_names_the_setting(tmp_path: Path, taken: int) -> None:
    for setting, other in (
        ("RUNYARD_PORT", "RUNYARD_EMULATOR_PORT"),
        ("RUNYARD_EMULATOR_PORT", "RUNYARD_PORT"),
    ):
        done = command(str(tmp_path), "up", **{setting: str(taken), other: str(free_port())})
        assert done.returncode == 1
        assert done.stderr.splitlines() == [
            f"port {taken} is taken by another program: stop that, or choose another port"
            f" with {setting}=<port>"
        ]


def test_a_port_that_is_no_number_is_one_line(tmp_path: Path) -> None:
    done = command(str(tmp_path), "status", RUNYARD_PORT="eighty")
    assert (done.returncode, done.stderr) == (1, "RUNYARD_PORT=eighty is no port number\n")


def test_asking_for_logs_of_a_stack_that_is_down_is_one_line(tmp_path: Path) -> None:
    done = command(str(tmp_path), "logs", "RunStep", RUNYARD_EMULATOR_PORT=str(free_port()))
    assert done.returncode == 1
    assert len(done.stderr.splitlines()) == 1
    assert "Traceback" not in done.stderr


def test_status_of_nothing_is_no_error(tmp_path: Path) -> None:
    done = command(
        str(tmp_path),
        "status",
        RUNYARD_PORT=str(free_port()),
        RUNYARD_EMULATOR_PORT=str(free_port()),
    )
    assert done.returncode == 0
    assert done.stdout.count("not running") == 2
    assert "nothing yet" in done.stdout
