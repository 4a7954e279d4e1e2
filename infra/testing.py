"""`python -m infra.testing`: all tests, in two halves side by side.

The tests on local stacks wait most of the time, for delays, timeouts and schedules; the others compute.
So the others run beside them and step back (`nice`) when a stack wants the processor. What the stacks'
half says goes to `.build/stack-tests.log`, and to the terminal once the first half is over.
"""

from __future__ import annotations

import os
import subprocess
import sys
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Final

from infra import package
from infra.paths import BUILD, ROOT
from infra.template import LOCAL

COMPUTING: Final = ("-n", "auto", "tests/unit", "tests/component", "tests/chaos")
ON_STACKS: Final = (
    *("-n", "3", "--dist", "loadfile", "--no-loadscope-reorder"),
    *("tests/conformance", "tests/e2e"),
)
LOG: Final = BUILD / "stack-tests.log"


def pytest(*arguments: str) -> Sequence[str]:
    """The command line of one half."""
    return sys.executable, "-m", "pytest", "-q", *arguments


def main() -> int:
    """The exit status: 0 when both halves passed."""
    package.package(LOCAL)  # once, before the stacks want it at the same time
    BUILD.mkdir(exist_ok=True)
    with LOG.open("wb") as log:
        on_stacks = subprocess.Popen(
            pytest(*ON_STACKS), cwd=ROOT, stdout=log, stderr=subprocess.STDOUT
        )
    try:
        say("unit, component and chaos tests; beside them the others, on three local stacks …")
        computing = subprocess.run(("nice", *pytest(*COMPUTING)), cwd=ROOT, check=False)
        say("conformance and end-to-end tests …")
        show(LOG, on_stacks)
    finally:
        # Ctrl-C reaches both, and pytest stops its stacks: wait for that.
        on_stacks.wait()
    return computing.returncode or on_stacks.returncode


def say(what: str) -> None:
    """One line of progress, in order with what the halves print."""
    print(f"  {what}", flush=True)


def show(path: Path, process: subprocess.Popen[bytes]) -> None:
    """Copies what the process has written and goes on to write, until it is over."""
    with path.open("rb") as log:
        over = False
        while True:
            if found := log.read():
                os.write(sys.stdout.fileno(), found)
            elif over:
                return
            over = process.poll() is not None
            time.sleep(0 if over else 0.5)


if __name__ == "__main__":
    sys.exit(main())
