"""Steps of hooks: records like those of a run's steps, behind another door.

They belong to a run that is over, so their transactions check that it is still there and nothing
else. The fence and the outcome are the same (`store.steps`).
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from typing import Any, Final

from chalicelib.core.runs.model import Run, RunDetail, Step
from chalicelib.store import keys
from chalicelib.store.blobs import Blobs, output_key
from chalicelib.store.run_items import detail_from
from chalicelib.store.steps import Steps
from chalicelib.store.table import Check, Table
from chalicelib.store.wire import Item

_IF_THERE: Final = "attribute_exists(#pk)"


class HookSteps(Steps):
    """The steps of one hook. Implements `core.runs.ports.StepStore`."""

    def __init__(self, table: Table, blobs: Blobs, hook: str, *, retention_days: int) -> None:
        super().__init__(table, blobs, retention_days=retention_days)
        self._hook = hook

    def _records(self, org: str, run_id: str, names: Iterable[str]) -> list[dict[str, str]]:
        """A name may be of a step of the run or of one before it in the hook."""
        return [
            key
            for name in names
            for key in (
                keys.step_key(org, run_id, name),
                keys.hook_key(org, run_id, self._hook, name),
            )
        ]

    def _detail(self, items: Iterable[Item]) -> RunDetail | None:
        detail = detail_from(items)
        if detail is None:
            return None
        mine = [step for hook, step in detail.hooks if hook == self._hook]
        return replace(detail, steps=(*detail.steps, *mine))

    def _key(self, run: Run, step: Step) -> dict[str, str]:
        return keys.hook_key(run.org, run.id, self._hook, step.name)

    def _members(self, step: Step) -> dict[str, Any]:
        return {**super()._members(step), "hook": self._hook}

    def _output_key(self, run: Run, step: Step) -> str:
        return output_key(run.org, run.id, replace(step, name=f"{self._hook}.{step.name}"))

    def _check(self, run: Run, step: str, now: str) -> Check:
        return Check(keys.run_key(run.org, run.id), _IF_THERE)
