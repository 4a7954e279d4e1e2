"""Printing: tables and lines for people, JSON for programs. Results go to stdout, all else to stderr."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import Any, Final

import click

_CONTROL: Final = re.compile(r"[\x00-\x08\x0b-\x1f\x7f-\x9f\u2028-\u202e\u2066-\u2069]")
_COLOURS: Final = {
    "completed": "green",
    "approved": "green",
    "failed": "red",
    "timed_out": "red",
    "rejected": "red",
    "cancelled": "yellow",
    "skipped": "yellow",
    "running": "cyan",
}


class OutputClosed(Exception):
    """Whoever reads what is printed has gone (`| head`)."""


def plain(text: object) -> str:
    """Text that does nothing to a terminal: what is no line, tab or letter is shown as `�`."""
    return _CONTROL.sub("\ufffd", str(text))


def line(text: str = "") -> None:
    """One line of the result, as it is. Raises OutputClosed."""
    try:
        click.echo(text)
    except BrokenPipeError as error:
        raise OutputClosed from error


def note(text: str) -> None:
    """One line beside the result."""
    click.echo(plain(text), err=True)


def document(value: Any) -> None:
    """The whole result as one JSON document, in ASCII."""
    line(json.dumps(value, indent=2))


def record(value: Any) -> None:
    """One of many results, as JSON in one line."""
    line(json.dumps(value))


def block(value: Any, indent: str = "") -> str:
    """Data for people."""
    text = value if isinstance(value, str) else json.dumps(value, indent=2, ensure_ascii=False)
    return plain(text).replace("\n", "\n" + indent)


class Status(str):
    """A status: a cell in its colour, which click leaves out where nobody sees it."""

    __slots__ = ()

    def coloured(self) -> str:
        return click.style(plain(self), fg=_COLOURS.get(self))


def table(heads: Sequence[str], rows: Iterable[Sequence[object]]) -> None:
    """Columns as wide as they need to be."""
    whole: list[Sequence[object]] = [heads, *rows]
    widths = [max(len(_cell(row[at])) for row in whole) for at in range(len(heads))]
    for row in whole:
        padded = [
            (cell.coloured() if isinstance(cell, Status) else _cell(cell))
            + " " * (width - len(_cell(cell)))
            for cell, width in zip(row, widths, strict=True)
        ]
        line("  ".join(padded).rstrip())


def moment(text: str | None) -> str:
    """A time to the second, in the time zone of who reads it."""
    if text is None:
        return "-"
    return datetime.fromisoformat(text).astimezone().strftime("%Y-%m-%d %H:%M:%S")


def took(start: str | None, end: str | None) -> str:
    """Between two times: `0.4 s`, `12 s`, `3 min`, `2 h`."""
    if start is None or end is None:
        return "-"
    seconds = (datetime.fromisoformat(end) - datetime.fromisoformat(start)).total_seconds()
    for unit, size in (("h", 3600), ("min", 60)):
        if seconds >= 2 * size:
            return f"{seconds / size:.0f} {unit}"
    return f"{seconds:.0f} s" if seconds >= 10 else f"{seconds:.1f} s"


def _cell(value: object) -> str:
    """One cell, on one line."""
    return (
        plain("-" if value is None or value == "" else value).replace("\n", " ").replace("\t", " ")
    )
