"""What is printed: nothing that steers a terminal, and nothing more once nobody reads."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from infra.paths import ROOT
from runyard.cli.output import Status, moment, plain, table, took
from tests.support.command_line import Terminal, problem

SOURCE = ROOT / "clients" / "python" / "src"
EVIL = "\x1b]0;title\x07\x1b[2J\x9b31m\r\u202e"


def test_text_of_others_cannot_steer_the_terminal(signed_in: Terminal) -> None:
    line = {
        "name": f"a{EVIL}",
        "version": 1,
        "updated_at": "2026-01-02T12:00:00Z",
        "description": EVIL,
    }
    signed_in.answer("GET /api/v1/workflows", 200, {"workflows": [line]})
    signed_in.answer("GET /api/v1/executions", 400, problem(400, "bad-request", EVIL))
    for words in (("workflows",), ("workflows", "--json"), ("ls",), ("ls", "--json")):
        done = signed_in.type(*words)
        assert not set(done.all) & set("\x1b\x07\x9b\r\u202e"), words
    assert json.loads(signed_in.type("workflows", "--json").out) == [line]


def test_letters_of_every_language_stay() -> None:
    assert plain("Grüße, 世界 🎉\tund\nmehr") == "Grüße, 世界 🎉\tund\nmehr"


def test_columns_are_as_wide_as_they_need_to_be(capsys: pytest.CaptureFixture[str]) -> None:
    table(("A", "STATUS", "B"), [("1", Status("failed"), None), ("22", Status("odd"), "x\ny")])
    assert capsys.readouterr().out == "A   STATUS  B\n1   failed  -\n22  odd     x y\n"


def test_times_are_told_as_people_tell_them() -> None:
    start = "2026-01-02T12:00:00Z"
    ends = {"12:00:00.400": "0.4 s", "12:01:59": "119 s", "12:03:10": "3 min", "15:00:00": "3 h"}
    for end, text in ends.items():
        assert took(start, f"2026-01-02T{end}Z") == text
    assert took(start, None) == took(None, None) == moment(None) == "-"


def run(program: str, *words: str, **environment: str) -> subprocess.CompletedProcess[str]:
    known = {**os.environ, "PYTHONPATH": str(SOURCE), **environment}
    command = [sys.executable, "-c", program, *words]
    return subprocess.run(command, env=known, capture_output=True, text=True, check=False)


def test_who_stops_reading_ends_the_command_quietly() -> None:
    program = (
        "import os, sys\n"
        "from runyard.cli import app, output, shell\n"
        "reader, writer = os.pipe()\n"
        "os.close(reader)\n"
        "os.dup2(writer, 1)\n"
        "@app.command.command()\n"
        "def speak():\n"
        "    output.line('nobody hears this')\n"
        "sys.exit(app.perform(['speak'], shell.Shell.of_process()))\n"
    )
    done = run(program)
    assert (done.returncode, done.stderr) == (141, "")


def test_without_its_libraries_the_command_says_what_to_install() -> None:
    program = (
        "import importlib.util, sys\n"
        "import runyard.cli as cli\n"
        "cli.find_spec = lambda name: None\n"
        "sys.exit(cli.main(['ls']))\n"
    )
    done = run(program)
    assert done.returncode == 2
    assert done.stderr == ("the command line needs click and yaml: pip install 'runyard[cli]'\n")


def test_the_module_is_the_command(tmp_path: Path) -> None:
    known = {**os.environ, "PYTHONPATH": str(SOURCE), "RUNYARD_HOME": str(tmp_path)}
    command = [sys.executable, "-m", "runyard", "ls"]
    done = subprocess.run(command, env=known, capture_output=True, text=True, check=False)
    assert (done.returncode, done.stdout) == (2, "")
    assert "not signed in" in done.stderr
