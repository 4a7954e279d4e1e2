"""How runs end: the machine's last state, executions that ended otherwise, and the reconciler."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from typing import Any, Final

from chalicelib.core.compiler.calls import read_finish_call
from chalicelib.core.compiler.parts import Part
from chalicelib.core.errors import RunyardError
from chalicelib.core.runs.conclude import MachineError
from chalicelib.core.runs.model import RunStatus
from chalicelib.core.runs.ports import ExecutionState
from chalicelib.core.runs.reconcile import Report
from chalicelib.services import Services
from chalicelib.telemetry import logger

_ENDED: Final = {
    "FAILED": ExecutionState.FAILED,
    "TIMED_OUT": ExecutionState.TIMED_OUT,
    "ABORTED": ExecutionState.ABORTED,
}
RECONCILER_SECONDS: Final = 50.0
"""How long one pass may look at runs; it is called every minute."""
SWARM_SECONDS: Final = 20.0
"""How much of it may go to swarms, which come first."""


class RunFailed(Exception):
    """Ends the execution as FAILED, so that AWS's own console and metrics agree with the run."""


def finish_run(found: Services, event: Mapping[str, Any]) -> dict[str, str]:
    """The last state of every machine. Raises RunFailed when the run did not succeed."""
    call = read_finish_call(event)
    error = MachineError.read(call.error) if call.error is not None else None
    if Part.of_run(call.run) is not None:  # of a loop, whose run goes on elsewhere
        if error is not None:
            raise RunFailed(error.message or error.name)
        return {"status": RunStatus.RUNNING.value}
    run = found.finisher.finish(call.run["org"], call.run["run_id"], error)
    if run is None:
        raise RunFailed("the run was deleted")
    logger.info("finished", extra={"run_id": run.id, "status": run.status.value})
    if run.status is not RunStatus.SUCCEEDED:
        raise RunFailed(f"{run.status}: {run.error or ''}".rstrip(": "))
    return {"status": run.status.value}


def execution_ended(found: Services, detail: Mapping[str, Any]) -> None:
    """An EventBridge event: an execution of ours failed, timed out or was aborted.

    Usually the run is over already (it failed through its last state, or was cancelled), and this
    only takes it out of the open index once it is sealed.
    """
    import json

    given = json.loads(detail.get("input") or "{}")
    if Part.of_run(given) is not None:
        return
    org, run_id = given.get("org"), given.get("run_id")
    if not (isinstance(org, str) and isinstance(run_id, str)):
        logger.warning("an execution without a run", extra={"execution": detail.get("name")})
        return
    cause = {"error": detail.get("error") or "", "cause": detail.get("cause") or ""}
    run = found.finisher.finish_ended(org, run_id, _ENDED[detail["status"]], cause)
    if run is not None and run.sealed:
        found.runs.close(run)


def reconcile(found: Services, *, monotonic: Callable[[], float] = time.monotonic) -> Report:
    """One pass over all open runs of all organisations, and over all swarms."""
    orgs = found.orgs()
    for_swarms = monotonic() + SWARM_SECONDS
    end = monotonic() + RECONCILER_SECONDS
    errors: list[Exception] = []
    try:
        repairs = found.swarm_watch.sweep(orgs, may_go_on=lambda: monotonic() < for_swarms)
        logger.info("looked after swarms", extra={"repairs": repairs})
    except* RunyardError as group:
        errors += group.exceptions
    report = found.reconciler.sweep(orgs, may_go_on=lambda: monotonic() < end)
    logger.info("reconciled", extra={"looked_at": report.looked_at, "repairs": report.repairs})
    if errors:
        raise ExceptionGroup("some swarms could not be looked after", errors)
    return report
