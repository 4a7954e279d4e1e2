"""A world in memory: the runners with stores that are dictionaries. For thousands of small runs."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from types import SimpleNamespace
from typing import Any

from chalicelib.core.compiler import compile_plan
from chalicelib.core.compiler.shared import shared_definition
from chalicelib.core.graphs.definition import Graph
from chalicelib.core.graphs.inputs import run_inputs
from chalicelib.core.graphs.loops import GraphLoopExpressions, GraphLoopRunner
from chalicelib.core.graphs.states import execution_state
from chalicelib.core.graphs.versions import graph_version
from chalicelib.core.instances import split
from chalicelib.core.plan import Plan
from chalicelib.core.runs.conclude import Finisher
from chalicelib.core.runs.gates import GateKeeper
from chalicelib.core.runs.model import STEP_OVER, Run, RunDetail, RunStatus, Step, StepStatus
from chalicelib.core.runs.ports import Fence, Gate, Kept, OverBudget, Settlement, Share
from chalicelib.core.runs.step import StepRunner
from chalicelib.languages import Languages
from tests.support.world import ORG, Clock

PARTS_ARN = "arn:aws:states:us-east-1:1:stateMachine:graphs"
STEP_ARN, FINISH_ARN = "arn:aws:lambda:us-east-1:1:function:step", "arn:aws:lambda:f:1:function:f"


class Memory:
    """One run of one graph; implements the stores that its runners ask."""

    def __init__(
        self, graph: Graph, payload: Mapping[str, Any], *, mode: str | None = None
    ) -> None:
        self.graph = graph
        self.clock = Clock()
        self.version_ = graph_version(graph, workflow="wf", number=1, machine="m", created_at="")
        self.plan: Plan = self.version_.plan
        self.run = Run(
            ORG, "run_1", "wf", 1, "m", RunStatus.RUNNING, "2026-01-01T00:00:00Z", 0,
            graph={"root": graph.root.type, **({"mode": mode} if mode else {})},
        )  # fmt: skip
        self.inputs = run_inputs(self.plan, payload)
        self.kept: dict[str, Step] = {}
        self.lists: dict[str, list[Any]] = {}
        self.taken: dict[str, int] = {}
        self.most_events = 24_000
        """Of an execution's history, for iterations in it: with few of them loops run in parts."""
        self.waiting: dict[str, Gate] = {}
        machines = SimpleNamespace(succeed=lambda token: None, fail=lambda *_: None)
        self.services = SimpleNamespace(
            workflows=self,
            machines=machines,
            table=SimpleNamespace(conflicts=0),
            clock=self.clock,
            step_runner=self._step_runner,
            graph_loop_runner=self._loop_runner,
            gates=GateKeeper(self, self, machines, self.clock),  # type: ignore[arg-type]
            finisher=Finisher(self, self, lambda plan, detail: None, self.clock),  # type: ignore[arg-type]
            runs=self,
        )

    def definition(self, how: str) -> str:
        if how == "shared":
            return shared_definition(step_arn=STEP_ARN, finish_arn=FINISH_ARN)
        return compile_plan(
            self.plan, step_arn=STEP_ARN, finish_arn=FINISH_ARN, parts_arn=PARTS_ARN
        ).text

    def states(self) -> dict[str, Any]:
        detail = self.detail(ORG, "run_1")
        body = [step for name, step in self.kept.items() if split(name)[1]]
        return execution_state(self.graph, self.plan, detail, body, element=self.item)

    def errors(self) -> dict[str, str]:
        """Why steps have failed."""
        return {name: step.error for name, step in self.kept.items() if step.error is not None}

    def status(self, run_id: str) -> str:
        return self.run.status.value

    def _parts(self) -> dict[str, Any]:
        machines = self.services.machines
        return {
            "steps": self,
            "versions": self,
            "clock": self.clock,
            "signal": lambda *ended: self.services.gates.signal(*ended),
            "kind": lambda action: None,
            "succeed": lambda token: machines.succeed(token),
        }

    def _step_runner(self, act: Any) -> StepRunner:
        return StepRunner(expressions=Languages(lambda: self.item), act=act, **self._parts())

    def _loop_runner(self, act: Any) -> GraphLoopRunner:
        expressions = GraphLoopExpressions(self.item)
        return GraphLoopRunner(expressions=expressions, act=act, loops=self, **self._parts())

    # VersionStore, RunStore
    def version(self, org: str, workflow: str, number: int) -> Any:
        return self.version_

    def get(self, org: str, run_id: str) -> Run:
        return self.run

    def detail(self, org: str, run_id: str) -> RunDetail:
        steps = tuple(step for name, step in self.kept.items() if not split(name)[1])
        return RunDetail(self.run, steps, self.inputs)

    def settle(
        self, org: str, run_id: str, settlement: Settlement, *, run: Run | None = None
    ) -> tuple[bool, Run]:
        self.run = replace(self.run, status=settlement.status, finished_at=settlement.at)
        return True, self.run

    # StepStore
    def load(self, org: str, run_id: str, step: str, references: Sequence[str]) -> RunDetail:
        found = tuple(self.kept[n] for n in {step, *references} if n in self.kept)
        return RunDetail(self.run, found, self.inputs)

    def fence(self, run: Run, step: Step, now: str) -> Fence:
        known = self.kept.get(step.name)
        assert known is None or known.status not in STEP_OVER, f"{step.name} ran twice"
        self.kept[step.name] = step
        return Fence.OPEN

    def finish(self, run: Run, step: Step, now: str) -> Fence:
        self.kept[step.name] = step
        return Fence.OPEN

    # LoopStore
    def keep(
        self, run: Run, step: str, items: Sequence[Any], *, share: Share, part: int | None = None
    ) -> Kept:
        taken = self.taken.get(share.execution, 0) + share.events
        most = share.most_events if part else min(share.most_events, self.most_events)
        if taken > most:
            raise OverBudget(of_history=True)
        self.taken[share.execution] = taken
        self.lists[step] = list(items)
        return Kept(len(items), part)

    def item(self, org: str, run_id: str, step: str, index: int) -> Any:
        return self.lists[step][index]

    def body(self, org: str, run_id: str, loop: str) -> Iterator[Step]:
        from chalicelib.store.keys import body_prefix, step_key

        for name in sorted(self.kept, key=lambda name: step_key(ORG, "r", name)["sk"]):
            if step_key(ORG, "r", name)["sk"].startswith(body_prefix(loop)):
                yield self.kept[name]

    def output(self, record: Step) -> Any:
        return record.output

    # GateStore
    def place(self, run: Run, gate: Gate, now: str) -> Fence:
        self.waiting[gate.consumer] = gate
        return Fence.OPEN

    def find(self, org: str, run_id: str, consumers: Sequence[str]) -> list[Gate]:
        return [self.waiting[name] for name in consumers if name in self.waiting]

    def statuses(self, org: str, run_id: str, steps: Sequence[str]) -> dict[str, StepStatus]:
        return {name: self.kept[name].status for name in steps if name in self.kept}
