"""What is told of runs of node graphs (S1): their records read, and put together."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from chalicelib.core.graphs.definition import graph_of
from chalicelib.core.graphs.states import execution_state as state_of
from chalicelib.core.graphs.states import ran
from chalicelib.core.graphs.versions import graph_of_version, graph_version

if TYPE_CHECKING:
    from chalicelib.core.runs.model import RunDetail, Step
    from chalicelib.core.runs.ports import Version
    from chalicelib.services import Services


def runnable(
    found: Services,
    org: str,
    workflow: str,
    number: int,
    definition: Mapping[str, Any],
    *,
    created_at: str,
    created_by: str = "",
) -> Version:
    """The version of a workflow that runs can be of, stored when it is first asked for. It runs on
    the machine that runs any graph; `on_own_machine` gives it one of its own."""
    known = found.workflows.version(org, workflow, number)
    if known is not None:
        return known
    version = graph_version(
        graph_of(definition),
        workflow=workflow,
        number=number,
        machine=found.shared_machine,
        created_at=created_at,
        created_by=created_by,
    )
    return found.workflows.keep(org, version)


def on_own_machine(found: Services, version: Version) -> Version:
    """The same version on a machine that is compiled for it, and published. Which that is follows
    from the graph: `machine` and `gates` can be kept and put into the version again.

    Raises InvalidGraph for what Step Functions would refuse, RateLimited when it takes no more
    machines for now.
    """
    from chalicelib.core.errors import Invalid
    from chalicelib.core.graphs.problems import GraphProblem, InvalidGraph
    from chalicelib.reading import Reader

    # Parts of its loops run there.
    parts_arn = found.machines.arn(found.shared_machine)
    try:
        compiled = Reader(found.settings).compile(version.plan, parts_arn=parts_arn)
    except Invalid as refused:  # a checked graph is refused for its size only
        raise InvalidGraph(
            [
                GraphProblem("nodes", None, None, "nodes", problem.message, "too_large")
                for problem in refused.problems
            ]
        ) from refused
    machine = found.machines.publish(version.workflow, compiled.text)
    return replace(version, machine=machine, gates=compiled.tokens)


def make_machine(found: Services, org: str, workflow: str, number: int) -> tuple[str, int]:
    """Implements `core.graph_workflows.edit.MakeMachine`. Raises as `on_own_machine`, NotFound for an
    unknown version."""
    from chalicelib.core.errors import NotFound

    version = found.workflows.version(org, workflow, number)
    if version is None:
        raise NotFound(f"workflow {workflow[:80]!r} has no version {number}")
    own = on_own_machine(found, version)
    return own.machine, own.gates


def execution_state(
    found: Services,
    version: Version,
    detail: RunDetail,
    node_ids: Collection[str] | None = None,
) -> dict[str, Any]:
    """S1's `executionState` of a run of a graph: one Query where it has loops, and a GetItem for each
    of their lists."""
    body = body_steps(found, version, detail)
    return state_of(
        graph_of_version(version),
        version.plan,
        detail,
        body,
        element=found.loops.item,
        node_ids=node_ids,
    )


def nodes_run(found: Services, version: Version, detail: RunDetail) -> Mapping[str, int]:
    """How many nodes of each type have run: one Query where the graph has loops."""
    body = body_steps(found, version, detail, outputs=False)
    return ran(graph_of_version(version), version.plan, (*detail.steps, *body))


def body_steps(
    found: Services, version: Version, detail: RunDetail, *, outputs: bool = True
) -> list[Step]:
    """The steps of a run in loops' bodies: one Query where there are loops, and a GetObject for each
    large output that is wanted."""
    if not any(step.within for step in version.plan.steps):
        return []
    records = found.loops.bodies(detail.run.org, detail.run.id)
    if not outputs:
        return list(records)
    return [replace(record, output=found.loops.output(record)) for record in records]
