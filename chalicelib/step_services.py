"""The wiring of what runs a try of a step: of a run's own, of a hook's, of a loop's items."""

from __future__ import annotations

from typing import TYPE_CHECKING

from chalicelib.core.runs.call import Act
from chalicelib.core.runs.step import StepRunner
from chalicelib.languages import Languages
from chalicelib.reading import StepExpressions
from chalicelib.waiting_services import kinds

if TYPE_CHECKING:
    from chalicelib.core.graphs.loops import GraphLoopRunner
    from chalicelib.core.runs.loops import LoopRunner
    from chalicelib.services import Services


def step_runner(found: Services, act: Act) -> StepRunner:
    return StepRunner(
        found.steps,
        found.workflows,
        Languages(lambda: found.loops.item),
        act,
        found.clock,
        signal=lambda *ended: found.gates.signal(*ended),
        kind=kinds(found),
        succeed=lambda token: found.machines.succeed(token),
    )


def graph_loop_runner(found: Services, act: Act) -> GraphLoopRunner:
    """What runs the calls before and behind a loop with a body of nodes (S1)."""
    from chalicelib.core.graphs.loops import GraphLoopExpressions, GraphLoopRunner

    return GraphLoopRunner(
        found.steps,
        found.workflows,
        GraphLoopExpressions(found.loops.item),
        act,
        found.clock,
        signal=lambda *ended: found.gates.signal(*ended),
        kind=kinds(found),
        succeed=lambda token: found.machines.succeed(token),
        loops=found.loops,
    )


def hook_runner(found: Services, hook: str, act: Act) -> StepRunner:
    """What runs the steps of one hook of a run that is over."""
    from chalicelib.core.runs.hooks import HookVersions, is_due
    from chalicelib.store.hooks import HookSteps

    days = found.settings.retention_days
    return StepRunner(
        HookSteps(found.table, found.blobs, hook, retention_days=days),
        HookVersions(found.workflows, hook),
        StepExpressions(),
        act,
        found.clock,
        signal=lambda *ended: None,
        kind=kinds(found),
        succeed=lambda token: found.machines.succeed(token),
        may_run=lambda run: is_due(hook, run),
    )


def loop_runner(found: Services, act: Act) -> LoopRunner:
    from chalicelib.core.runs.loops import LoopRunner
    from chalicelib.loop_expressions import LoopStepExpressions

    return LoopRunner(
        found.steps,
        found.workflows,
        LoopStepExpressions(),
        act,
        found.clock,
        signal=lambda *ended: found.gates.signal(*ended),
        kind=kinds(found),
        succeed=lambda token: found.machines.succeed(token),
        loops=found.loops,
    )
