"""How a command ends: its exit code, and one line for what went wrong."""

from __future__ import annotations

from typing import Final

import click

from runyard.errors import ConnectionFailed, Problem, StreamLost

OK: Final = 0
RUN_FAILED: Final = 1
"""The run that was waited for ended, and did not complete."""
USAGE: Final = 2
REFUSED: Final = 3
"""The API said no."""
UNREACHABLE: Final = 4
INTERRUPTED: Final = 130
"""As shells have it: 128 and the number of SIGINT."""
PIPE_CLOSED: Final = 141
"""128 and the number of SIGPIPE."""


def code_of(error: BaseException) -> int:
    """The exit code that a failure ends with."""
    if isinstance(error, Problem):
        return REFUSED
    if isinstance(error, ConnectionFailed | StreamLost):
        return UNREACHABLE
    return USAGE


def told(error: BaseException) -> str:
    """The one line. A refusal's has its status, its kind and the request's id, by which it is found
    in the logs; what is wrong in which place follows in lines of its own."""
    if isinstance(error, click.ClickException):
        return error.format_message()
    if isinstance(error, StreamLost):
        return f"{error}; go on with: runyard watch {error.run_id} --after {error.last_seq}"
    if not isinstance(error, Problem):
        return str(error)
    kind = f" {error.slug}" if error.slug else ""
    request = f" ({error.correlation_id})" if error.correlation_id else ""
    text = " ".join(error.detail.split())
    return f"{error.status}{kind}: {text}{request}"


def places(error: BaseException, file: str | None = None) -> list[str]:
    """A line for each place of a refused definition or input: `greet.yaml:7: steps.a: …`, as editors
    and compilers have it."""
    if not isinstance(error, Problem):
        return []
    found = []
    for place in error.errors:
        at = f"{file}:{place.line}: " if file and place.line else f"{file}: " if file else ""
        where = f"{place.location}: " if place.location else ""
        found.append(f"  {at}{where}{' '.join(place.message.split())}")
    return found
