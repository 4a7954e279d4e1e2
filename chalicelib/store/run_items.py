"""Runs and steps as items: the mapping both ways, and nothing else."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from dataclasses import asdict
from datetime import timedelta
from typing import Any, Final

from chalicelib.core.clock import parse_rfc3339
from chalicelib.core.runs.model import Iterations, Run, RunDetail, RunStatus, Step, StepStatus
from chalicelib.store import keys
from chalicelib.store.wire import Item

_RUN_PLAIN: Final = (
    "org",
    "id",
    "type",
    "workflow",
    "version",
    "machine",
    "started_at",
    "finished_at",
    "deadline",
    "fences",
    "error",
    "principal",
    "request_hash",
    "source",
    "limit",
    "hooks",
    "suspended_at",
    "suspended_by",
    "parent_id",
    "parent_step",
)


IF_THERE_AND_NOT_DELETED: Final = "attribute_exists(#pk) AND attribute_not_exists(#deleted)"


def is_deleted(item: Mapping[str, Any]) -> bool:
    """Whether a run's item is marked as deleted: for every reader there is no such run."""
    return "deleted" in item


def index_values(run: Run, shards: int) -> dict[str, str]:
    """The keys under which a run is listed. Only `g_status` ever changes, and it follows from the
    run's id and its new status alone, so a cancel need not read the run first."""
    shard = keys.shard_of(run.id, shards)
    return {
        "g_all": keys.listing(run.org, "RUNS", "all", shard),
        "g_workflow": keys.listing(run.org, "RUNS", f"w:{run.workflow}", shard),
        "g_status": keys.listing(run.org, "RUNS", f"s:{run.status.value}", shard),
        "at": f"{run.started_at}#{run.id}",
        "workflow_at": f"{run.workflow}#{run.started_at}#{run.id}",
    }


def run_item(run: Run, *, shards: int, expires_at: int) -> Item:
    """A new run's item: live, so it is in the `open` index too."""
    item: Item = {name: getattr(run, name) for name in _RUN_PLAIN}
    return {
        **keys.run_key(run.org, run.id),
        **item,
        **index_values(run, shards),
        "gates": run.gates or None,
        "depth": run.depth or None,
        "g_open": keys.listing(run.org, "RUNS", "open", keys.shard_of(run.id, shards)),
        "status": run.status.value,
        "trigger": json.dumps(run.trigger) if run.trigger else None,
        "graph": dump(run.graph) if run.graph else None,
        "expires_at": expires_at,
    }


def run_from(item: Mapping[str, Any]) -> Run:
    """The inverse; also of an index's projection, which has fewer members."""
    plain = {name: item[name] for name in _RUN_PLAIN if item.get(name) is not None}
    return Run(
        **{"machine": "", **plain},
        status=RunStatus(item["status"]),
        trigger=json.loads(item["trigger"]) if item.get("trigger") else {},
        sealed=bool(item.get("sealed")),
        units=item.get("units"),
        graph=json.loads(item["graph"]) if item.get("graph") else {},
        gates=item.get("gates", 0),
        depth=item.get("depth", 0),
    )


def step_members(step: Step) -> Item:
    """What an Update of a step's item sets: members that are None stay out."""
    members: Item = {
        "name": step.name,
        "action": step.action,
        "status": step.status.value,
        "attempt": step.attempt,
        "failures": step.failures,
        "owner": step.owner,
        "started_at": step.started_at,
        "finished_at": step.finished_at,
        "error": step.error,
        "output": None if step.output is None else dump(step.output),
        "output_at": step.output_at,
        "usage": dump(step.usage) if step.usage else None,
        "index": step.index,
        "iterations": dump(asdict(step.iterations)) if step.iterations else None,
        "waiting_for": dump(step.waiting_for) if step.waiting_for else None,
    }
    return {name: value for name, value in members.items() if value is not None}


def step_from(item: Mapping[str, Any]) -> Step:
    return Step(
        name=item["name"],
        action=item["action"],
        status=StepStatus(item["status"]),
        attempt=item["attempt"],
        failures=item.get("failures", 0),
        owner=item.get("owner", ""),
        started_at=item.get("started_at"),
        finished_at=item.get("finished_at"),
        error=item.get("error"),
        output=json.loads(item["output"]) if "output" in item else None,
        output_at=item.get("output_at"),
        usage=json.loads(item["usage"]) if "usage" in item else {},
        reused=bool(item.get("reused")),
        index=item.get("index"),
        iterations=Iterations(**json.loads(item["iterations"])) if "iterations" in item else None,
        waiting_for=json.loads(item["waiting_for"]) if "waiting_for" in item else {},
    )


def detail_from(items: Iterable[Mapping[str, Any]]) -> RunDetail | None:
    """A run's detail from the items of its partition, in any order. None without the run itself."""
    run: Run | None = None
    inputs: Mapping[str, Any] = {}
    outputs: Any = None
    steps: list[Step] = []
    hooks: list[tuple[str, Step]] = []
    for item in items:
        match item["sk"]:
            case keys.RUN_SK:
                run = None if is_deleted(item) else run_from(item)
            case keys.INPUT_SK:
                inputs = json.loads(item["inputs"])
            case keys.OUTPUT_SK:
                outputs = json.loads(item["outputs"])
            case key if key.startswith(keys.HOOK_PREFIX):
                hooks.append((item["hook"], step_from(item)))
            case _:
                steps.append(step_from(item))
    return RunDetail(run, tuple(steps), inputs, outputs, tuple(hooks)) if run is not None else None


def expiry(run: Run, retention: timedelta) -> int:
    """When DynamoDB may forget a run and its parts: epoch seconds, its start plus the retention."""
    return int((parse_rfc3339(run.started_at) + retention).timestamp())


def dump(value: Any) -> str:
    """Compact JSON: what users give and get is kept as text, so numbers come back as they were."""
    return json.dumps(value, separators=(",", ":"), ensure_ascii=False)
