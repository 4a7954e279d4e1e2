"""The Lambda behind every Task state of a step, and behind the join gates before some."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from typing import Any

from chalicelib.core.compiler.calls import (
    BODY_PHASES,
    BREAK,
    LOOP_PHASES,
    GateCall,
    StepCall,
    read_step_call,
)
from chalicelib.core.compiler.parts import Part
from chalicelib.core.plan import Plan, PlanStep
from chalicelib.core.runs.call import Act, Call, LateRender, Outcome
from chalicelib.core.runs.conclude import MachineError
from chalicelib.core.runs.ports import Gate
from chalicelib.core.runs.step import StepRunner
from chalicelib.core.steps import RunOver, StepFailed, StepRefused
from chalicelib.services import Services
from chalicelib.telemetry import logger


def run_step(found: Services, event: Mapping[str, Any], remaining: Callable[[], float]) -> Any:
    """One try of one step, or of the gate before it.

    Raises what Step Functions has to see: StepFailed, StepRefused, RunOver.

    `remaining` says how many seconds this invocation has left.
    """
    if "shared" in event and _is_over(event):
        return None
    read = _shared_call(found, event) if "shared" in event else read_step_call(event)
    if read is None:
        return _listed(found, event)
    if isinstance(read, GateCall):
        gate = Gate(read.step, read.producers, read.token, read.retry, read.tolerant)
        return found.gates.wait(read.run["org"], read.run["run_id"], gate)
    call = Call(
        org=read.run["org"],
        run_id=read.run["run_id"],
        workflow=read.run["workflow"],
        version=read.run["version"],
        step=read.step,
        retry=read.retry,
        phase=read.phase,
        waited=read.waited,
        signals=read.signals,
        error=MachineError.read(read.error) if read.error is not None else None,
        hook=read.hook,
        index=read.index,
        token=read.token,
        parts=read.parts,
        part=Part.of_run(read.run),
    )
    runner = _runner(found, call, _act(found, remaining))
    began, before = time.perf_counter(), found.table.conflicts
    try:
        return runner.run(call)
    finally:
        logger.info(
            "step",
            extra={
                "retry": call.retry,
                "milliseconds": round(1000 * (time.perf_counter() - began), 1),
                "conflicts": found.table.conflicts - before,
            },
        )


def _shared_call(found: Services, event: Mapping[str, Any]) -> StepCall | GateCall | None:
    """What a call of the machine that runs any graph is about; None for its first."""
    from chalicelib.core.compiler.shared_calls import LIST, resolve

    return None if event["shared"] == LIST else resolve(event, _plan(found, event["run"]))


def _listed(found: Services, event: Mapping[str, Any]) -> dict[str, Any]:
    """What that machine is to run."""
    from chalicelib.core.compiler.shared_calls import listed, listed_part

    plan, part = _plan(found, event["run"]), Part.of_run(event["run"])
    return {"steps": listed(plan) if part is None else listed_part(plan, part)}


def _is_over(event: Mapping[str, Any]) -> bool:
    """Whether a call is about the end of a part of a loop: the loop ends elsewhere. Raises
    StepRefused for one that has failed."""
    from chalicelib.core.compiler.shared_calls import ends_part

    if not ends_part(event):
        return False
    if event["shared"] == BREAK:
        raise StepRefused(MachineError.read(event["local"]["error"]).message)
    return True


def _plan(found: Services, run: Mapping[str, Any]) -> Plan:
    version = found.workflows.version(run["org"], run["workflow"], run["version"])
    if version is None:
        raise RunOver(f"run {run['run_id']} has lost its version")
    return version.plan


def _runner(found: Services, call: Call, act: Act) -> StepRunner:
    if call.hook:
        return found.hook_runner(call.hook, act)
    if call.phase in LOOP_PHASES:
        return found.loop_runner(act)
    if call.phase in BODY_PHASES:
        return found.graph_loop_runner(act)
    return found.step_runner(act)


def _act(found: Services, remaining: Callable[[], float]) -> Act:
    def act(step: PlanStep, params: Any, call: Call, late: LateRender) -> Outcome:
        if not step.node:
            return run_action(step, params, call, late)
        from chalicelib.workers.node import act_node

        return act_node(
            step,
            params,
            found.clock,
            run=lambda given: run_action(step, given, call, late),
            chain=lambda asked: found.chains.call(
                asked.chain, asked.method, asked.params, seconds=remaining()
            ),
            first=call.retry == 0,
        )

    def run_action(step: PlanStep, params: Any, call: Call, late: LateRender) -> Outcome:
        from chalicelib.actions.base import ActionContext
        from chalicelib.actions.registry import run
        from chalicelib.actions.usage import usage_of

        # Just before the action runs, for this try alone: what is stored now is what counts.
        credential = (
            None if step.credential is None else found.secrets.credential(call.org, step.credential)
        )
        context = ActionContext(
            http=found.outbound_http,
            bedrock=found.bedrock,
            remaining=remaining,
            now=found.clock,
            idempotency_key=_idempotency_key(call),
            aws=found.aws,
            reach=found.reach(call.org),
            credential=credential,
            late=late,
        )
        if credential is None:
            output = run(step.action, params, context)
        else:
            # A server may repeat what it was sent, in its answer or in why it refused.
            try:
                output = credential.hide(run(step.action, params, context))
            except StepFailed as failure:
                message = credential.hide(failure.message)
                raise StepFailed(failure.code, message, retryable=failure.retryable) from None
        return Outcome(output, usage_of(step.action, output))

    return act


def _idempotency_key(call: Call) -> str:
    """The same for every try of a step, or of an item of a loop, and for no other."""
    index = "" if call.index is None else str(call.index)
    return "/".join(filter(None, (call.run_id, call.hook, call.step, index)))
