"""What an organisation may spend: asked before each start of S1, which pauses what it refuses.

Units are counted when a run's log is sealed, so runs that are live when the last unit is spent go on:
a balance can be below nothing.
"""

from __future__ import annotations

from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from typing import Protocol

from chalicelib.core.clock import Clock
from chalicelib.core.errors import BudgetExceeded, Conflict


class UnitStore(Protocol):
    def allowance(self, org: str) -> int | None:
        """Units a month; None: any number."""

    def used(self, org: str, month: str) -> int:
        """Units that the runs which ended in that month (`2026-11`) have cost."""


@dataclass(frozen=True, slots=True)
class Balance:
    """Where an organisation stands in a month. Without an allowance nothing is ever spent, and `used`
    is not asked for."""

    month: str
    allowance: int | None
    used: int

    @property
    def left(self) -> int | None:
        return None if self.allowance is None else self.allowance - self.used

    @property
    def spent(self) -> bool:
        return self.left is not None and self.left <= 0


@dataclass(frozen=True, slots=True)
class Purse:
    units: UnitStore
    pause: Callable[[str, str, str], object]
    """(org, workflow, reason): no new runs of it. Raises Conflict for an archived one."""
    clock: Clock

    def month(self) -> str:
        """The month that it is, in UTC."""
        return self.clock().strftime("%Y-%m")

    def balance(self, org: str) -> Balance:
        """Where an organisation stands now. One read for one without an allowance."""
        month, allowance = self.month(), self.units.allowance(org)
        return Balance(month, allowance, 0 if allowance is None else self.units.used(org, month))

    def check(self, org: str, workflow: str | None) -> None:
        """Let a start pass: what `balance` costs.

        Raises BudgetExceeded where the month's units are spent; the workflow, if it is of one, is
        then paused with the reason (S1).
        """
        found = self.balance(org)
        if not found.spent:
            return
        reason = (
            f"compute units are spent: {found.used:,} of {found.allowance:,} in {found.month}; resume "
            "the workflow when there are some again"
        )
        if workflow is not None:
            with suppress(Conflict):  # it was archived meanwhile: nothing starts it any more
                self.pause(org, workflow, reason)
        raise BudgetExceeded(reason, allowance=found.allowance, used=found.used, month=found.month)
