"""Compute units: what was spent, by month and workflow, and what an organisation may spend.

A run's units are added in the transaction that seals its log (`log`), so each run counts exactly once.
There is one counter for each workflow and month, so runs of different workflows never meet.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from chalicelib.core.runs.model import Run
from chalicelib.store import keys
from chalicelib.store.table import Delete, Put, Table

UNIT_SERIES: Final = "cu#"
_TOTAL: Final = "total"
NO_WORKFLOW: Final = "-"
"""Stands for the runs of definitions that belong to no workflow."""


def charge_of(run: Run, units: int) -> Mapping[str, Mapping[str, float]]:
    """What a run that is over adds to its organisation's counters, in the month in which it ended."""
    if not units:
        return {}
    month = (run.finished_at or run.started_at)[:7]
    workflow = NO_WORKFLOW if run.graph.get("ephemeral") else run.workflow
    return {f"{UNIT_SERIES}{month}#{workflow}": {_TOTAL: units}}


class Units:
    """Implements `core.graph_workflows.balance.UnitStore`."""

    def __init__(self, table: Table) -> None:
        self._table = table

    def allowance(self, org: str) -> int | None:
        """One GetItem."""
        item = self._table.get(keys.allowance_key(org))
        return int(item["monthly"]) if item else None

    def allow(self, org: str, monthly: int | None) -> None:
        """Set what it may spend a month, or that there is no limit."""
        key = keys.allowance_key(org)
        if monthly is None:
            self._table.write(Delete(key))
        else:
            self._table.write(Put({**key, "monthly": monthly}))

    def used(self, org: str, month: str) -> int:
        """One Query, over the workflows that ran in that month."""
        return sum(self.usage(org, month, month).get(month, {}).values())

    def usage(self, org: str, first: str, last: str) -> dict[str, dict[str, int]]:
        """Month → workflow → units, from one month to another: one Query, a page per MB."""
        series = f"{UNIT_SERIES}{first}#", f"{UNIT_SERIES}{last}#\uffff"
        values = {
            "pk": keys.metrics_key(org, "")["pk"],
            "first": series[0],
            "last": series[1],
        }
        found: dict[str, dict[str, int]] = {}
        for item in self._table.query_all("#pk = :pk AND #sk BETWEEN :first AND :last", values):
            month, _, workflow = item["sk"].removeprefix(UNIT_SERIES).partition("#")
            found.setdefault(month, {})[workflow] = int(item[_TOTAL])
        return found
