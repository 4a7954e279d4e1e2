"""The Lambda that schedules and rules invoke: a trigger fires, and a run starts; or a timer of a
swarm does."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from chalicelib.cloud.swarm_timers import ASK, TIMER
from chalicelib.core.errors import RunyardError, Unavailable
from chalicelib.core.runs.repeats import Started
from chalicelib.services import Services
from chalicelib.telemetry import logger


def fire(found: Services, call: Mapping[str, Any]) -> dict[str, Any]:
    """Start what the trigger starts; `{run_id}`, or `{run_id: null}` where nothing had to start.

    Lambda repeats a call that raises. So AWS's "later" (Unavailable) is raised; a refusal, which
    would be the same the next time, is written to the log.
    """
    if call["kind"] in (TIMER, ASK):
        return _wake(found, call)
    told = {name: call[name] for name in ("kind", "org", "workflow", "trigger")}
    try:
        started = _start(found, call)
    except Unavailable:
        raise
    except RunyardError as refusal:
        logger.warning("a trigger could not start a run", extra={**told, "why": refusal.detail})
        return {"run_id": None}
    if started is None:
        logger.info("a trigger fired that nobody wants any more", extra=told)
        return {"run_id": None}
    more = {"run_id": started.run.id, "replayed": started.replayed}
    logger.info("a trigger fired", extra={**told, **more})
    return {"run_id": started.run.id}


def _start(found: Services, call: Mapping[str, Any]) -> Started | None:
    of = (call["org"], call["workflow"], call["trigger"])
    if call["kind"] == "rrule":
        return found.v1.firer.struck(*of, call["scheduled"])
    if call["kind"] == "event":
        return found.firer.event(*of, call["event"])
    return found.firer.cron(*of, call["scheduled"])


def _wake(found: Services, call: Mapping[str, Any]) -> dict[str, Any]:
    """A schedule of a swarm: `{woken}` says whether anybody wanted it."""
    node = (call["org"], call["swarm"], call["node"])
    if call["kind"] == ASK:
        woken = found.swarm_waker.ask(*node, call["correlation"])
    else:
        woken = found.swarm_waker.timer(*node, call["scheduled"])
    told = {name: call[name] for name in ("kind", "org", "swarm", "node")}
    logger.info("a schedule fired", extra={**told, "woken": woken})
    return {"woken": woken}
