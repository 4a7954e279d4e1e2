"""The one table that every benchmark adds its rows to."""

from __future__ import annotations

import logging
import math
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass

from rich.console import Console
from rich.table import Table


@dataclass(frozen=True, slots=True)
class Row:
    """One line: what was measured here, what it is held against in the same run, and the budget.

    `most` is the largest ratio (or, without a reference, the largest `value`) within budget."""

    name: str
    ours: str
    reference: str = "–"
    ratio: float | None = None
    budget: str = "–"
    most: float | None = None
    value: float | None = None

    @property
    def within(self) -> bool | None:
        """Whether it keeps its budget; None where there is none."""
        measured = self.ratio if self.ratio is not None else self.value
        if self.most is None or measured is None:
            return None
        return measured <= self.most


def against(
    name: str, ours: float, reference: float, unit: str, most: float | None, digits: int = 1
) -> Row:
    """A row of two numbers of one unit, and their ratio."""
    return Row(
        name,
        f"{ours:.{digits}f} {unit}",
        f"{reference:.{digits}f} {unit}",
        ours / reference,
        "–" if most is None else f"≤ {most:g}×",
        most,
    )


def percentile(values: Sequence[float], share: float) -> float:
    """The smallest value that at least `share` of all are no larger than (nearest rank)."""
    ordered = sorted(values)
    return ordered[max(0, math.ceil(share * len(ordered)) - 1)]


@contextmanager
def quiet() -> Iterator[None]:
    """Keeps the log lines of code that runs in this process out of the table."""
    logger = logging.getLogger("runyard")
    level = logger.level
    logger.setLevel(logging.CRITICAL)
    try:
        yield
    finally:
        logger.setLevel(level)


def show(rows: Iterable[Row], title: str) -> None:
    """Print the table."""
    table = Table(title=title, title_justify="left", header_style="bold")
    for heading in ("name", "this project", "reference", "ratio", "budget"):
        table.add_column(heading, justify="left" if heading == "name" else "right")
    for row in rows:
        ratio = "–" if row.ratio is None else f"{row.ratio:.2f}"
        colour = {True: "green", False: "red", None: "default"}[row.within]
        table.add_row(row.name, row.ours, row.reference, ratio, f"[{colour}]{row.budget}[/]")
    Console(width=118).print(table)
