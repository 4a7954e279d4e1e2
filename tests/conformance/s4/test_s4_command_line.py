"""S4, authentication: `login --email … --password …`, and commands afterwards. The real process.

"Token cached at ~/.swarm/auth.json for subsequent CLI calls": ours is ~/.runyard/auth.json.
"""

from __future__ import annotations

import json
import os
import re
import stat
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from chalicelib.core.roles import Role
from infra.paths import ROOT
from tests.support.definitions import delay, shape, workflow
from tests.support.stack import PATIENCE_SECONDS, RunningStack

GREET = """\
name: cli-greet
inputs:
  who: { type: string }
  times: { type: number, default: 1 }
steps:
  - name: compose
    action: transform
    params: { text: "Hello, {{ inputs.who }}! {{ inputs.times + 1.0 }}" }
outputs:
  letter: "{{ steps.compose.output.text }}"
"""
ASK = """\
name: cli-ask
steps:
  - name: ask
    action: approval
    params: { message: Shall we? }
"""
LONG = workflow("cli-long", shape("before"), delay("think", "1h"))


@dataclass
class Person:
    """Somebody with a home of their own, and the command line."""

    home: Path
    environment: dict[str, str]

    def start(self, *words: str) -> subprocess.Popen[str]:
        """The command as a process of its own."""
        return subprocess.Popen(
            [sys.executable, "-m", "runyard", *words],
            cwd=self.home,
            env=self.environment,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )

    def type(self, *words: str, code: int = 0, stdin: str = "") -> str:
        """What a command prints that ends with the code: its result, or what went wrong."""
        process = self.start(*words)
        out, err = process.communicate(stdin, timeout=3 * PATIENCE_SECONDS)
        assert process.returncode == code, out + err
        return out if code < 2 else err

    def write(self, name: str, text: str) -> str:
        (self.home / name).write_text(text)
        return name


@pytest.fixture
def person(stack: RunningStack, tmp_path: Path) -> Person:
    """Nobody yet: their home is empty."""
    path = os.pathsep.join([str(ROOT / "clients/python/src"), os.environ.get("PYTHONPATH", "")])
    known = {"HOME": str(tmp_path), "PYTHONPATH": path, "RUNYARD_URL": stack.local.base_url}
    return Person(tmp_path, {"PATH": os.environ["PATH"], **known})


@pytest.fixture
def ada(person: Person, stack: RunningStack) -> Person:
    """Somebody whose token is in the environment."""
    person.environment["RUNYARD_TOKEN"] = stack.credentials.token
    return person


def test_s4_command_line__a_login_is_cached_for_subsequent_calls(
    stack: RunningStack, person: Person
) -> None:
    known = stack.credentials
    words = ("login", "--email", known.email, "--password")
    said = person.type(*words, known.password)
    assert "Token cached at ~/.runyard/auth.json for subsequent" in said
    path = person.home / ".runyard" / "auth.json"
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    cached = json.loads(path.read_text())
    assert cached["expires_at"] - cached["obtained_at"] == 24 * 3600
    me = json.loads(person.type("whoami", "--json"))
    assert (me["email"], me["role"], me["base_url"]) == (known.email, "admin", stack.local.base_url)
    # The same without RUNYARD_URL: the address was cached with the token.
    del person.environment["RUNYARD_URL"]
    assert known.email in person.type("whoami")
    assert "401 unauthorized" in person.type(*words, "wrong", code=3)
    assert person.type("logout").startswith("Signed out")
    assert not path.exists()
    assert "runyard login" in person.type("whoami", code=2)
    # What was cached is worth nothing now, wherever a copy of it is.
    path.write_text(json.dumps(cached))
    person.type("login", "--email", known.email, stdin=known.password + "\n")
    assert json.loads(path.read_text())["token"] != cached["token"]


def test_s4_command_line__a_login_that_is_about_to_end_is_changed_for_a_fresh_one(
    stack: RunningStack, person: Person
) -> None:
    known = stack.credentials
    person.type("login", "--email", known.email, stdin=known.password)
    path = person.home / ".runyard" / "auth.json"
    cached = json.loads(path.read_text())
    # As if it had been obtained a day ago and ended in a few minutes.
    ends = {"obtained_at": cached["obtained_at"] - 86000, "expires_at": cached["obtained_at"] + 400}
    path.write_text(json.dumps({**cached, **ends}))
    assert known.email in person.type("whoami")
    fresh = json.loads(path.read_text())
    assert fresh["token"] != cached["token"]
    assert fresh["expires_at"] > ends["expires_at"]
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert known.email in person.type("whoami")


def test_s4_command_line__a_checkouts_local_stack_needs_no_password(
    stack: RunningStack, person: Person
) -> None:
    del person.environment["RUNYARD_URL"]
    (person.home / ".local").symlink_to(stack.local.home)
    said = person.type("login", "--local")
    assert stack.local.base_url in said
    assert stack.credentials.token not in said
    person.type("workflows")


def test_s4_command_line__a_workflow_is_planned_applied_run_and_followed(ada: Person) -> None:
    file = ada.write("greet.yaml", GREET)
    assert "cli-greet version 1 created" in ada.type("apply", file)
    assert "no change" in ada.type("plan", file)
    assert "cli-greet" in ada.type("workflows")
    out = ada.type("run", "cli-greet", "-i", "who=Ada", "-i", "times=2", "--follow")
    assert [line.split()[2] for line in out.splitlines()[:4]] == [
        "started",
        "step_started",
        "step_completed",
        "completed",
    ]
    assert "Hello, Ada! 3" in out
    run_id = ada.type("run", "cli-greet", "--inputs", '{"who": "Grace"}').strip()
    events = [json.loads(line) for line in ada.type("watch", run_id, "--json").splitlines()]
    assert [event["seq"] for event in events] == [1, 2, 3, 4]
    assert "compose" in ada.type("show", run_id)
    assert "compose" in ada.type("logs", run_id)
    listed = json.loads(ada.type("ls", "--workflow", "cli-greet", "--limit", "1", "--json"))
    assert [run["id"] for run in listed] == [run_id]


def test_s4_command_line__mistakes_in_a_file_are_told_with_their_lines(ada: Person) -> None:
    wrong = GREET.replace("name: cli-greet", "name: cli-wrong").replace("transform", "transfrom")
    file = ada.write("wrong.yaml", wrong)
    told = ada.type("apply", file, code=3)
    assert "422 " in told
    assert "(req_" in told
    assert "wrong.yaml:7: " in told
    broken = ada.type("apply", ada.write("broken.yaml", "name: {"), code=3)
    assert "broken.yaml" in broken


def test_s4_command_line__a_follower_sees_a_cancel_and_ends_with_1(
    stack: RunningStack, ada: Person
) -> None:
    stack.api.apply(LONG)
    run_id = ada.type("run", "cli-long").strip()
    with ada.start("watch", run_id) as follower:
        try:
            lines: Iterator[str] = iter(follower.stdout or [])
            assert next(line for line in lines if " think" in line)
            assert "cancelled" in ada.type("cancel", run_id)
            assert any(f"{run_id} cancelled after" in line for line in lines)
            assert follower.wait(PATIENCE_SECONDS) == 1
        finally:
            follower.kill()
    assert run_id in ada.type("ls", "--status", "cancelled", "--workflow", "cli-long")
    again = ada.type("retry", run_id).strip()
    assert again != run_id
    ada.type("cancel", again)
    assert ada.type("show", again, "--json")
    assert "404 " in ada.type("cancel", "run_nowhere", code=3)


@pytest.mark.parametrize(("word", "code"), [("approve", 0), ("reject", 1)])
def test_s4_command_line__an_approval_is_listed_and_answered(
    ada: Person, word: str, code: int
) -> None:
    ada.type("apply", ada.write("ask.yaml", ASK))
    with ada.start("run", "cli-ask", "--follow") as follower:
        try:
            lines: Iterator[str] = iter(follower.stdout or [])
            asked = next(line for line in lines if "answer with: runyard approve " in line)
            approval = asked.split("runyard approve ")[1].strip()
            assert approval in ada.type("approvals")
            assert f"{word}" in ada.type(word, approval, "--comment", "by the command line")
            assert list(lines)
            assert follower.wait(PATIENCE_SECONDS) == code
        finally:
            follower.kill()
    answered = json.loads(ada.type("approvals", "--status", "all", "--json"))
    (one,) = [item for item in answered if item["id"] == approval]
    assert one["comment"] == "by the command line"
    assert "409 " in ada.type("approve", approval, code=3)


def test_s4_command_line__a_role_that_is_too_low_is_exit_code_3_and_nobody_there_is_4(
    stack: RunningStack, ada: Person
) -> None:
    token = stack.token(Role.VIEWER, name="cli-viewer")
    ada.environment["RUNYARD_TOKEN"] = token
    told = ada.type("cancel", "--all", code=3)
    assert token not in told
    assert (
        json.loads(ada.type("apply", ada.write("a.yaml", GREET), "--json", code=3))["status"] == 403
    )
    ada.environment["RUNYARD_URL"] = "http://127.0.0.1:9"
    assert "no answer from http://127.0.0.1:9" in ada.type("ls", code=4)


def test_s4_command_line__the_commands_of_the_page_work_as_they_stand(
    stack: RunningStack, person: Person
) -> None:
    del person.environment["RUNYARD_URL"]
    page = (ROOT / "docs" / "clients.md").read_text()
    (script,) = re.findall(r"^<!-- command line -->\n```sh\n(.*?)^```$", page, re.M | re.S)
    readme = (ROOT / "README.md").read_text()
    (definition,) = re.findall(r"^```yaml\n(name: greet\n.*?)^```$", readme, re.M | re.S)
    # Quick where the page waits for the end, and not over before the page cancels it.
    pause = """duration: "{{ inputs.who == 'Ada' ? '1s' : '1h' }}\""""
    assert "duration: 10s" in definition
    person.write("greet.yaml", definition.replace("duration: 10s", pause))
    (person.home / ".local").symlink_to(stack.local.home)
    (person.home / "bin").mkdir()
    command = person.home / "bin" / "runyard"
    command.write_text(f'#!/bin/sh\nexec "{sys.executable}" -m runyard "$@"\n')
    command.chmod(0o755)
    path = os.pathsep.join([str(command.parent), person.environment["PATH"]])
    done = subprocess.run(
        ["bash", "-c", f"set -euo pipefail\n{script}"],
        cwd=person.home,
        env={**person.environment, "PATH": path},
        capture_output=True,
        text=True,
        timeout=3 * PATIENCE_SECONDS,
        check=False,
    )
    assert (done.returncode, done.stderr) == (0, "")
    assert "Hello, Ada! Yours, run_" in done.stdout
    assert done.stdout.splitlines()[-1].split()[3] == "cancelled"
