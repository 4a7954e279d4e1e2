"""Join gates: the task token of each, for as long as its run is kept.

              place: run live?  item new, or of this try or an earlier one
    (no item) ───────────────── token of try n ── token of try n+1 …

Nothing is ever written when a gate opens: its consumer's own record shows that it did.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta
from typing import Final

from chalicelib.core.runs.model import Run, StepStatus
from chalicelib.core.runs.ports import Fence, Gate
from chalicelib.store import keys
from chalicelib.store.run_items import expiry
from chalicelib.store.steps import live_check
from chalicelib.store.table import ConditionFailed, Put, Table
from chalicelib.store.wire import Item

_IF_NO_LATER_TRY: Final = "attribute_not_exists(#pk) OR #retry <= :retry"


class Gates:
    """Implements `core.runs.ports.GateStore`."""

    def __init__(self, table: Table, *, retention_days: int) -> None:
        self._table = table
        self._retention = timedelta(days=retention_days)

    def place(self, run: Run, gate: Gate, now: str) -> Fence:
        """One transaction: the run is live and in time, and the gate has this try's token."""
        item = {
            **keys.gate_key(run.org, run.id, gate.consumer),
            "consumer": gate.consumer,
            "producers": list(gate.producers),
            "tolerant": list(gate.tolerant) or None,
            "token": gate.token,
            "retry": gate.retry,
            "expires_at": expiry(run, self._retention),
        }
        put = Put(item, condition=_IF_NO_LATER_TRY, values={"retry": gate.retry})
        try:
            self._table.transact([live_check(run, gate.consumer, now), put])
        except ConditionFailed as failed:
            return Fence.RUN_OVER if 0 in failed.failed else Fence.TAKEN
        return Fence.OPEN

    def find(self, org: str, run_id: str, consumers: Sequence[str]) -> list[Gate]:
        """A BatchGetItem per 100 consumers."""
        wanted = [keys.gate_key(org, run_id, consumer) for consumer in consumers]
        return [_gate_from(item) for item in self._all_of(wanted)]

    def all(self, org: str, run_id: str) -> list[Gate]:
        """One Query (a page per MB)."""
        found = self._table.query_all(
            "#pk = :pk AND begins_with(#sk, :prefix)",
            {"pk": keys.run_pk(org, run_id), "prefix": keys.GATE_PREFIX},
        )
        return [_gate_from(item) for item in found]

    def statuses(self, org: str, run_id: str, steps: Sequence[str]) -> dict[str, StepStatus]:
        """A BatchGetItem per 100 steps, without their outputs."""
        wanted = [keys.step_key(org, run_id, step) for step in steps]
        items = self._all_of(wanted, only=("name", "status"))
        return {item["name"]: StepStatus(item["status"]) for item in items}

    def _all_of(self, wanted: Sequence[dict[str, str]], *, only: Sequence[str] = ()) -> list[Item]:
        found: list[Item] = []
        for start in range(0, len(wanted), 100):
            found += self._table.get_many(wanted[start : start + 100], only=only)
        return found


def _gate_from(item: Item) -> Gate:
    return Gate(
        item["consumer"],
        tuple(item["producers"]),
        item["token"],
        item["retry"],
        tuple(item.get("tolerant", ())),
    )
