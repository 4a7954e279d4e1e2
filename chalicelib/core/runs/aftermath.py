"""What follows from a run's end, done before its log is sealed.

    terminal status written ── what follows, each part idempotent ── terminal event, seal
                                    └─ died here: not sealed, so it is all done again

The stream's consumer comes here with every run that has ended; the reconciler with those that were
not sealed. So a run whose log ends with its terminal event is one after which nothing is left to do,
and whoever sees that event finds the rest of the world up to date.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from chalicelib.core.runs.model import RunDetail

Consequence = Callable[[RunDetail], None]
"""Does one thing that follows from the end of this run, or finds that there is nothing to do. May be
called many times for one run, also long after its end; without AWS calls for runs it is not about."""


@dataclass(frozen=True, slots=True)
class Aftermath:
    consequences: tuple[Consequence, ...] = ()

    def follow(self, detail: RunDetail) -> None:
        """Do what follows from the end of this run; `detail.run` is terminal.

        Raises Unavailable when AWS says "later": then all of it is done again.
        """
        for consequence in self.consequences:
            consequence(detail)
