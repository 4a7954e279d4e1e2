"""The examples of the clients' pages work as they stand, against the running stack."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

from infra.clients.typescript import COMPILER, FOLDER, build
from infra.node import environment, node, program
from infra.paths import ROOT
from tests.support.stack import PATIENCE_SECONDS, RunningStack


def examples(page: str, language: str) -> str:
    """The blocks of a page as one program, in their order."""
    blocks = re.findall(rf"^```{language}\n(.*?)^```$", (ROOT / page).read_text(), re.M | re.S)
    assert blocks, f"{page} has no {language}"
    return "\n".join(blocks)


def printed(command: list[str], stack: RunningStack) -> list[str]:
    """What a program prints that is told where the stack is."""
    known = {"RUNYARD_URL": stack.local.base_url, "RUNYARD_TOKEN": stack.credentials.token}
    path = os.pathsep.join([str(ROOT / "clients/python/src"), os.environ.get("PYTHONPATH", "")])
    done = subprocess.run(
        command,
        env={**environment(), **known, "PYTHONPATH": path},
        capture_output=True,
        text=True,
        timeout=3 * PATIENCE_SECONDS,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout.splitlines()


@pytest.fixture
def typescript(tmp_path: Path) -> Path:
    """A project whose `runyard` is the built client."""
    build()
    (tmp_path / "node_modules").mkdir()
    (tmp_path / "node_modules" / "runyard").symlink_to(FOLDER)
    (tmp_path / "package.json").write_text('{"type": "module"}')
    (tmp_path / "node.d.ts").write_text(
        "declare const process: { env: Record<string, string | undefined> };"
    )
    return tmp_path


def checked(folder: Path, text: str) -> list[str]:
    """A program that the compiler takes, as the command that runs it."""
    (folder / "example.ts").write_text(text)
    options = ("--noEmit", "--strict", "--target", "es2022", "--module", "nodenext")
    done = node(str(FOLDER / COMPILER), *options, "example.ts", "node.d.ts", folder=folder)
    assert done.returncode == 0, done.stdout
    return [str(program()), str(folder / "example.ts")]


def test_s4_sdks__the_python_of_the_packages_page_works(
    stack: RunningStack, tmp_path: Path
) -> None:
    path = tmp_path / "example.py"
    path.write_text(examples("clients/python/README.md", "python"))
    lines = printed([sys.executable, str(path)], stack)
    assert "1 started" in lines
    assert "completed {'text': 'Hello, Ada!'}" in lines
    assert "{'text': 'Hello, Grace!'}" in lines
    assert "admin" in lines
    assert any(line.startswith("inputs.who ") for line in lines)


def test_s4_sdks__the_typescript_of_the_packages_page_works(
    stack: RunningStack, typescript: Path
) -> None:
    text = examples("clients/typescript/README.md", "ts")
    lines = printed(checked(typescript, text), stack)
    assert "1 started" in lines
    assert "completed { text: 'Hello, Ada!' }" in lines
    assert "admin 1" in lines
    assert any(line.startswith("422 validation-error") for line in lines)


def test_s4_sdks__the_examples_of_the_page_about_both_work(
    stack: RunningStack, tmp_path: Path, typescript: Path
) -> None:
    path = tmp_path / "example.py"
    path.write_text(examples("docs/clients.md", "python"))
    ended = ["1 started", "2 step_started", "3 cancelled", "cancelled"]
    assert printed([sys.executable, str(path)], stack) == ended
    command = checked(typescript, examples("docs/clients.md", "ts"))
    assert printed(command, stack) == ended
