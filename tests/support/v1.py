"""Runs of node graphs through S1's routes, in as few words as a test needs."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from tests.support.answers import v1_data
from tests.support.stack import Api

LIVE = ("running", "waiting")


def create(api: Api, definition: Any) -> str:
    """Make a workflow and expect it to be taken; its id."""
    made = v1_data(api.post("/v1/workflows", json={"name": "w", "definition": definition}))
    return str(made["id"])


def start(api: Api, workflow: str, **body: Any) -> str:
    """Start a run of a workflow; its id."""
    answer = v1_data(api.post(f"/v1/workflows/{workflow}/run", json=body))
    assert set(answer) == {"runId"}
    return str(answer["runId"])


def begin(api: Api, definition: Any, **body: Any) -> str:
    """Start a run of a definition that belongs to it alone; its id."""
    answer = v1_data(api.post("/v1/runs", json={"definition": definition, **body}))
    assert set(answer) == {"runId"}
    return str(answer["runId"])


def run_of(api: Api, run_id: str) -> dict[str, Any]:
    found: dict[str, Any] = v1_data(api.get(f"/v1/runs/{run_id}"))
    return found


def until(
    api: Api, run_id: str, reached: Callable[[dict[str, Any]], bool], seconds: float = 120.0
) -> dict[str, Any]:
    """The run once it has reached something."""
    found: list[dict[str, Any]] = []

    def happened() -> bool:
        found[:] = [run_of(api, run_id)]
        return reached(found[0])

    api.once(happened, run_id, seconds)
    return found[0]


def ended(api: Api, run_id: str, seconds: float = 120.0) -> dict[str, Any]:
    """The run once it is over. Until then only its summary is asked for, which costs little."""

    def over() -> bool:
        brief = v1_data(api.get(f"/v1/runs/{run_id}", params={"summary": "true"}))
        return brief["status"] not in LIVE

    api.once(over, run_id, seconds)
    return run_of(api, run_id)


def node_until(api: Api, run_id: str, node: str, *words: str) -> dict[str, Any]:
    """The run once a node of it has one of these statuses."""
    return until(api, run_id, lambda run: run["executionState"][node]["status"] in words)


def cancel(api: Api, run_id: str) -> dict[str, Any]:
    """Cancel a run and expect it to be taken; the run as it is answered."""
    found: dict[str, Any] = v1_data(api.post(f"/v1/runs/{run_id}/cancel"))
    return found


def statuses(run: dict[str, Any]) -> dict[str, str]:
    return {node: state["status"] for node, state in run["executionState"].items()}


def results(run: dict[str, Any]) -> dict[str, Any]:
    return {node: state["result"] for node, state in run["executionState"].items()}
