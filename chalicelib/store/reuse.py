"""Steps of one run that another one reuses: copied, so that neither needs the other afterwards."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import timedelta

from chalicelib.core.runs.model import Run, Step
from chalicelib.store import keys
from chalicelib.store.blobs import Blobs, output_key
from chalicelib.store.run_items import expiry, step_members
from chalicelib.store.table import Put, Table


class ReusedSteps:
    """Implements `core.runs.launch.ReuseStore`."""

    def __init__(self, table: Table, blobs: Blobs, *, retention_days: int) -> None:
        self._table = table
        self._blobs = blobs
        self._retention = timedelta(days=retention_days)

    def reuse(self, run: Run, steps: Sequence[Step]) -> bool:
        """One CopyObject for each large output, then the items, 25 in a BatchWriteItem."""
        expires_at = expiry(run, self._retention)
        copies: list[Put] = []
        for step in steps:
            copy = step
            if step.output_at is not None:
                copy = replace(step, output_at=output_key(run.org, run.id, step))
                if not self._blobs.copy(step.output_at, copy.output_at or ""):
                    return False
            key = keys.step_key(run.org, run.id, step.name)
            copies.append(Put({**key, **step_members(copy), "reused": 1, "expires_at": expires_at}))
        self._table.write_many(copies)
        return True
