"""`wait` nodes: who has the secret resumes them, and nobody has to (S1).

    hold ── waiting ─┬─ resumed with its secret ── {branch: resumed}   ┐
                     └─ time is up ──────────────── {branch: timed_out} ┴ token sent

Both ways the node has succeeded: its branch says which it was. While one waits its run is `waiting`.
"""

from __future__ import annotations

import hmac
import json
import secrets
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any, Final, Literal, Protocol

from chalicelib.core.clock import Clock, rfc3339
from chalicelib.core.errors import NotFound, TooLarge, Unauthorized, Unavailable
from chalicelib.core.ids import RUN_ID
from chalicelib.core.runs.approvals import Closing
from chalicelib.core.runs.asking import end_of, late
from chalicelib.core.runs.call import Busy
from chalicelib.core.runs.model import Run, Step, StepStatus
from chalicelib.core.runs.ports import Fence, RunStore
from chalicelib.core.runs.start import MOST_INPUT_BYTES
from chalicelib.core.runs.waiting import Still, Tokens, Tried, Wait
from chalicelib.core.steps import RunOver

RESUMED: Final = "resumed"
TIMED_OUT: Final = "timed_out"
RESUME_WITH: Final = "secret"


class HoldStore(Protocol):
    def hold(self, run: Run, step: Step, wait: Wait, now: str) -> Fence:
        """One transaction: the run is live and becomes `waiting`, the try that this invocation holds
        waits, its token is there."""

    def release(
        self, org: str, run_id: str, step: str, output: Mapping[str, Any], now: str
    ) -> Closing:
        """One transaction: the run is live, the step waits and has succeeded with this output. The
        run is `running` again when nothing else of it waits."""

    def records(self, org: str, run_id: str, node: str) -> list[Step]:
        """The records of a node, in all iterations if it is in a loop."""


@dataclass(frozen=True, slots=True)
class Holding:
    """The node's side. Implements `waiting.Kind`."""

    store: HoldStore
    tokens: Tokens
    clock: Clock

    def begin(self, tried: Tried, params: Mapping[str, Any]) -> None:
        """Wait. Raises RunOver when the run is over, Busy when another invocation holds the try."""
        run, now = tried.run, rfc3339(self.clock())
        record = replace(
            tried.mine,
            status=StepStatus.WAITING,
            waiting_for={
                RESUME_WITH: secrets.token_urlsafe(24),
                "at": now,
                "ends_at": end_of(tried, now),
            },
        )
        answer = self.store.hold(run, record, tried.wait(), now)
        if answer is Fence.RUN_OVER:
            raise RunOver(f"run {run.id} is over")
        if answer is not Fence.OPEN:
            raise Busy(f"node {record.name} in {run.id} is held elsewhere")

    def again(self, tried: Tried, *, expired: bool) -> Still | None:
        """Wait on with a new token, or end as timed out when the time is up."""
        run, known, now = tried.run, tried.mine, rfc3339(self.clock())
        if expired or late(known, now):
            output = {"branch": TIMED_OUT, "resumed": False, "payload": None}
            if self.store.release(run.org, run.id, known.name, output, now) is Closing.RUN_OVER:
                raise RunOver(f"run {run.id} is over")
            return None
        if tried.call.token:
            if self.tokens.waits.renew(run, tried.wait(), now) is Fence.RUN_OVER:
                raise RunOver(f"run {run.id} is over")
            self.tokens.deliver(run.org, run.id, known.name)
            return Still.WAITING
        return None


@dataclass(frozen=True, slots=True)
class Resumption:
    """What resuming did (S1)."""

    action: Literal["resumed", "skipped"]
    reason: str


@dataclass(frozen=True, slots=True)
class Resumer:
    """The side of who has the secret."""

    runs: RunStore
    store: HoldStore
    tokens: Tokens
    clock: Clock

    def resume(
        self, org: str, run_id: str, node: str, secret: str, payload: object = None
    ) -> Resumption:
        """Resume a node that waits; `payload` is in its result (S1).

        In a loop the secret says which iteration it is about. A node that waits no more is left as
        it is. Raises NotFound for an unknown run, Unauthorized for a secret that is none of the
        node's, TooLarge for a payload that no item can hold.
        """
        size = len(json.dumps(payload, ensure_ascii=False).encode())
        if size > MOST_INPUT_BYTES:
            raise TooLarge(
                f"the payload has {size:,} bytes; at most {MOST_INPUT_BYTES:,} are possible"
            )
        run = self.runs.get(org, run_id) if RUN_ID.match(run_id) else None
        if run is None:
            raise NotFound("run not found")
        known = self._known(org, run_id, node, secret)
        if known is None:
            raise Unauthorized("the secret is not the one of this node")
        if known.status is StepStatus.WAITING and run.live:
            output = {"branch": RESUMED, "resumed": True, "payload": payload}
            now = rfc3339(self.clock())
            if self.store.release(org, run_id, known.name, output, now) is Closing.DONE:
                self._deliver(org, run_id, known.name)
                return Resumption("resumed", "the node goes on")
        self._deliver(org, run_id, known.name)
        if not run.live:
            return Resumption("skipped", "the run is over")
        return Resumption("skipped", "the node waits no more")

    def _known(self, org: str, run_id: str, node: str, secret: str) -> Step | None:
        for record in self.store.records(org, run_id, node):
            own = record.waiting_for.get(RESUME_WITH)
            if own is not None and hmac.compare_digest(own.encode(), secret.encode()):
                return record
        return None

    def _deliver(self, org: str, run_id: str, step: str) -> None:
        """Tell the machine. The answer stands whether that works now or the reconciler does it."""
        try:
            self.tokens.deliver(org, run_id, step)
        except Unavailable:
            return
