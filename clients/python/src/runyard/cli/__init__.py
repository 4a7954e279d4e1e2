"""The command line `runyard`. Its libraries are the extra `runyard[cli]`; the clients need none of them.

app          the command itself: its parts, and what a failure is told as
shell        what every command has: where the API is, the token, where to print
cache        ~/.runyard/auth.json, and the credentials of a local stack
exits        the exit codes, and one line for each thing that can go wrong
output       printing for people and for programs
values       inputs of a run from words
signing, definitions, running, reading, approving, swarms    the commands
"""

from __future__ import annotations

import sys
from collections.abc import Sequence
from importlib.util import find_spec


def main(arguments: Sequence[str] | None = None) -> int:
    """Do one command; its exit code. Without `arguments` those that the process was given."""
    if missing := [name for name in ("click", "yaml") if find_spec(name) is None]:
        need = f"the command line needs {' and '.join(missing)}: pip install 'runyard[cli]'\n"
        sys.stderr.write(need)
        return 2
    from runyard.cli.app import perform
    from runyard.cli.shell import Shell

    return perform(sys.argv[1:] if arguments is None else arguments, Shell.of_process())
