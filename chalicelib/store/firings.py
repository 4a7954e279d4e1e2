"""How many runs a trigger with limits has started, and when the last one: one item for each."""

from __future__ import annotations

from datetime import datetime
from typing import Final

from chalicelib.core.clock import rfc3339
from chalicelib.core.graph_workflows.fire import Claim, before
from chalicelib.core.graph_workflows.triggers import MOST_RUNS, Limits
from chalicelib.store import keys
from chalicelib.store.table import ConditionFailed, Table, Update

_COUNT: Final = "SET #last = :occurrence, #last_at = :now ADD #runs :one"
_IF_IT_MAY: Final = (
    "attribute_not_exists(#pk) OR (#last <> :occurrence AND #runs < :most AND #last_at <= :before)"
)


class Firings:
    """Implements `core.graph_workflows.fire.FiringStore`."""

    def __init__(self, table: Table) -> None:
        self._table = table

    def claim(
        self,
        org: str,
        workflow: str,
        trigger: str,
        occurrence: str,
        *,
        now: datetime,
        limits: Limits,
    ) -> Claim:
        """One write. Two requests at once cannot both be the last that is allowed."""
        values = {
            "occurrence": occurrence,
            "now": rfc3339(now),
            "one": 1,
            "most": MOST_RUNS if limits.max_runs is None else limits.max_runs,
            "before": before(now, limits),
        }
        key = keys.firing_key(org, workflow, trigger)
        try:
            self._table.write(Update(key, _COUNT, condition=_IF_IT_MAY, values=values))
        except ConditionFailed as failed:
            old = failed.old or {}
            if old.get("last") == occurrence:
                return Claim.GRANTED
            return Claim.SPENT if old.get("runs", 0) >= values["most"] else Claim.COOLING
        return Claim.GRANTED
