"""What S1 shows of a run, whichever dialect started it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from chalicelib.api.v1.run_models import GraphDefinition, GraphRun, GraphRunLine
from chalicelib.core.dialects import S1
from chalicelib.core.errors import NotFound
from chalicelib.core.ids import RUN_ID
from chalicelib.core.roles import Role
from chalicelib.core.runs.model import RunDetail
from chalicelib.services import Services

if TYPE_CHECKING:
    from chalicelib.core.runs.ports import Version

UNKNOWN: Final = "run not found"
_SOURCES: Final = {"api": "manual", "cron": "cronjob"}
"""What started a run, where S1 has another word for it."""


def detail_of(found: Services, org: str, run_id: str) -> RunDetail:
    """A run with its parts. Raises NotFound."""
    detail = found.runs.detail(org, run_id) if RUN_ID.match(run_id) else None
    if detail is None:
        raise NotFound(UNKNOWN)
    return detail


def summary_of(found: Services, detail: RunDetail) -> GraphRunLine:
    """A run without what can be large."""
    return GraphRunLine(**_line(found, detail))


def shown(
    found: Services, detail: RunDetail, role: Role, *, nodes: frozenset[str] | None = None
) -> GraphRun:
    """The whole run; of its nodes only those that are asked for, where some are. What a node that
    waits is resumed with is for operators."""
    version = _version(found, detail)
    states = _states(found, detail, version, nodes)
    if role < Role.OPERATOR:
        states = {node: _without_secrets(state) for node, state in states.items()}
    definition = None
    if detail.run.graph and version is not None:
        definition = GraphDefinition.model_validate(version.source)
    return GraphRun(**_line(found, detail), execution_state=states, workflow_definition=definition)


def _states(
    found: Services, detail: RunDetail, version: Version | None, nodes: frozenset[str] | None
) -> dict[str, Any]:
    if version is None:
        return {}
    if not detail.run.graph:
        from chalicelib.core.graph_workflows.node_states import state_of_steps

        states = state_of_steps(detail, version.plan.steps)
        return {n: state for n, state in states.items() if nodes is None or n in nodes}
    states = found.v1.states(version, detail, nodes)
    return {node: _with_url(detail.run.id, node, state) for node, state in states.items()}


def _with_url(run_id: str, node: str, state: dict[str, Any]) -> dict[str, Any]:
    """The state of a node that waits, with where it is resumed; of a loop, those in its body."""
    if "resume" in state:
        url = f"/v1/runs/{run_id}/nodes/{node}/resume"
        state = {**state, "resume": {"url": url, **state["resume"]}}
    if "iterations" in state:
        state = {**state, "iterations": [_in_loop(run_id, one) for one in state["iterations"]]}
    return state


def _in_loop(run_id: str, iteration: dict[str, Any]) -> dict[str, Any]:
    nodes = {
        node: _with_url(run_id, node, state)
        for node, state in (iteration.get("nodes") or {}).items()
        if isinstance(state, dict)
    }
    return {**iteration, "nodes": nodes}


def _without_secrets(state: Any) -> Any:
    found = {name: member for name, member in state.items() if name != "resume"}
    if "iterations" in found:
        found["iterations"] = [
            {**one, "nodes": {n: _without_secrets(s) for n, s in one["nodes"].items()}}
            for one in found["iterations"]
        ]
    return found


def _version(found: Services, detail: RunDetail) -> Version | None:
    run = detail.run
    return found.workflows.version(run.org, run.workflow, run.version)


def _line(found: Services, detail: RunDetail) -> dict[str, Any]:
    run, mode = detail.run, detail.run.graph.get("mode")
    source = str(run.trigger.get("type") or "manual")
    ephemeral = bool(run.graph.get("ephemeral"))
    line: dict[str, Any] = {
        "id": run.id,
        "organization_id": run.org,
        "workflow_id": None if ephemeral else run.workflow,
        "workflow_version": None if ephemeral else run.version,
        "status": S1[run.status],
        "trigger_source": _SOURCES.get(source, source),
        "triggered_by": run.principal or None,
        "started_at": run.started_at,
        "finished_at": run.finished_at,
        "source_run_id": run.source,
        "is_simulation": False,
        "simulation_mode": None,
        "simulation_forks": [],
        "is_dust_test": mode == "dust",
        "prop_values": {},
        "total_cu": found.v1.units_of(detail),
    }
    if run.graph:
        from chalicelib.core.graphs.inputs import PROP_VALUES

        line["prop_values"] = dict(detail.inputs.get(PROP_VALUES) or {})
    if mode == "simulation":
        line |= {"is_simulation": True, "simulation_mode": "full", "simulation_forks": []}
        version = _version(found, detail)
        if version is not None:
            line["simulation_forks"] = _forks(found, version, run.id)
    return line


def _forks(found: Services, version: Version, run_id: str) -> list[dict[str, Any]]:
    from chalicelib.core.graphs.modes import simulation_forks
    from chalicelib.core.graphs.versions import graph_of_version
    from chalicelib.settings import endpoints_of

    endpoints = endpoints_of(found.settings.rpc_endpoints)
    return simulation_forks(graph_of_version(version), run_id, endpoints)
