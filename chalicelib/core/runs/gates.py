"""Join gates: a step's branch waits with a task token until steps of other branches have ended.

    gate                                      producer
    write   token and producers, if the       write   its outcome, if the run is live
            run is live
    look    at the producers                  look    at the gates that wait for it
    send    the token, if all have ended      send    the token, if all have ended

Both write before they look, and read consistently, so whoever comes last sees the other. Both may
send: Step Functions takes the first and refuses the second, which is fine. A process that dies
between its write and its look is called again by its machine's retry; where even that fails, the
reconciler looks.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from chalicelib.core.clock import Clock, rfc3339
from chalicelib.core.runs.model import StepStatus
from chalicelib.core.runs.ports import Fence, Gate, GateStore, Machines, RunStore
from chalicelib.core.steps import RunOver

_PASSED = frozenset({StepStatus.SUCCEEDED, StepStatus.SKIPPED})
"""A producer that failed opens no gate, since its run is failing and nothing more may start, unless
the workflow goes on after its failure (`Gate.tolerant`)."""


@dataclass(frozen=True, slots=True)
class GateKeeper:
    runs: RunStore
    gates: GateStore
    machines: Machines
    clock: Clock

    def wait(self, org: str, run_id: str, gate: Gate) -> None:
        """A gate's call: leave the token, and send it at once where nothing is missing any more.

        Raises RunOver when the run is terminal or past its deadline.
        """
        run = self.runs.get(org, run_id)
        if run is None or not run.live:
            raise RunOver(f"run {run_id} is over")
        answer = self.gates.place(run, gate, rfc3339(self.clock()))
        if answer is Fence.RUN_OVER:
            raise RunOver(f"run {run_id} is over")
        if answer is Fence.OPEN:  # otherwise a later try of this gate is there already
            self._send(org, run_id, [gate])

    def signal(self, org: str, run_id: str, consumers: Sequence[str]) -> None:
        """A producer has ended: open those gates before `consumers` that wait for nobody else.

        A gate that is not there yet will look for itself.
        """
        self._send(org, run_id, self.gates.find(org, run_id, consumers))

    def send_again(self, org: str, run_id: str) -> int:
        """Open every gate of a run that could be open and is not: how many that were.

        A gate is open once its consumer has started.
        """
        return self._send(org, run_id, self.gates.all(org, run_id))

    def _send(self, org: str, run_id: str, gates: Iterable[Gate]) -> int:
        waiting = list(gates)
        wanted = {step for gate in waiting for step in (gate.consumer, *gate.producers)}
        if not wanted:
            return 0
        statuses = self.gates.statuses(org, run_id, sorted(wanted))
        ready = [gate for gate in waiting if _is_ready(gate, statuses)]
        for gate in ready:
            self.machines.succeed(gate.token)
        return len(ready)


def _is_ready(gate: Gate, statuses: Mapping[str, StepStatus]) -> bool:
    return gate.consumer not in statuses and all(
        statuses.get(producer) in _PASSED
        or (producer in gate.tolerant and statuses.get(producer) is StepStatus.FAILED)
        for producer in gate.producers
    )
