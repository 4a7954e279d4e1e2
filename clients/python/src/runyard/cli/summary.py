"""Runs, events and log lines as text."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from runyard.cli import exits, output
from runyard.cli.output import Status, block, moment, plain, took

_INDENT: Final = " " * 10


def exit_code(status: str) -> int:
    """0 for a run that completed, 1 for one that ended otherwise."""
    return exits.OK if status == "completed" else exits.RUN_FAILED


def of_event(event: Mapping[str, Any]) -> str:
    """`   3  12:00:01  step_failed  fetch: the answer was 500 (try 2)`."""
    parts = [str(event[name]) for name in ("step", "workflow") if event.get(name)]
    if event.get("attempt", 1) > 1:
        parts.append(f"(try {event['attempt']})")
    told = event.get("error") or event.get("message")
    text = " ".join(parts) + (f": {told}" if parts and told else str(told or ""))
    if approval := event.get("approvalId"):
        text += f"; answer with: runyard approve {approval}"
    clock = moment(event.get("at")).rpartition(" ")[2]
    line = f"{event['seq']:>4}  {clock}  {event['kind']:<18}  {text}"
    return plain(" ".join(line.rstrip().splitlines()))


def of_log_line(found: Mapping[str, Any]) -> str:
    """`2026-01-02 12:00:01  error    fetch: the answer was 500`."""
    step = f"{found['step']}: " if found["step"] else ""
    text = " ".join(f"{step}{found['message']}".splitlines())
    return plain(f"{moment(found['timestamp'])}  {found['level']:<7}  {text}")


def print_end(run: Mapping[str, Any]) -> None:
    """How a run ended, and what came out of it."""
    time = took(run["started_at"], run["completed_at"])
    reason = f": {plain(run['error'])}" if run["error"] else ""
    output.line(f"{plain(run['id'])} {Status(run['status']).coloured()} after {time}{reason}")
    if run["outputs"] is not None:
        output.line(block(run["outputs"]))


def print_run(run: Mapping[str, Any]) -> None:
    """Everything that is to be known about a run."""
    facts = {
        "run": run["id"],
        "workflow": f"{run['workflow']} version {run['version']}",
        "status": run["status"],
        "started": moment(run["started_at"]),
        "ended": moment(run["completed_at"]),
        "retries": run["source_execution_id"],
        "error": run["error"],
        "inputs": run["inputs"] or None,
        "outputs": run["outputs"],
    }
    for name, value in facts.items():
        if value is None:
            continue
        text = Status(value).coloured() if name == "status" else block(value, _INDENT)
        output.line(f"{name:<10}{text}")
    output.line()
    steps = [*run["steps"], *run["hooks"]]
    output.table(
        ("STEP", "STATUS", "TRIES", "TOOK", "NOTE"),
        (
            (
                step["name"],
                Status(step["status"]),
                step["attempts"],
                took(step["started_at"], step["completed_at"]),
                _note(step),
            )
            for step in steps
        ),
    )


def _note(step: Mapping[str, Any]) -> str:
    """What is remarkable about a step."""
    found = []
    if hook := step.get("hook"):
        found.append(str(hook))
    if step["reused"]:
        found.append("kept from the run before")
    if iterations := step["iterations"]:
        found.append(f"{iterations['succeeded']} of {iterations['total']}")
    if child := step["execution_id"]:
        found.append(f"run {child}")
    if (approval := step["approval_id"]) and step["status"] == "running":
        found.append(f"runyard approve {approval}")
    if step["error"]:
        found.append(str(step["error"]))
    return ", ".join(found)
