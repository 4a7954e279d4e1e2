"""One step as Step Functions states (Amazon States Language, JSONPath).

Every byte here is paid a thousand times in a large workflow (a definition has at most 1 MB), so
values that are the language's defaults are left out: `IntervalSeconds` 1, `MaxAttempts` 3 and
`BackoffRate` 2 of the last retrier.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from chalicelib.core.plan import PlanStep, RetryPolicy
from chalicelib.core.waits import LONGEST_SECONDS

NEVER_RETRIED = ("StepFailed", "StepRefused", "RunOver")
"""What a step's Lambda raises when the machine must not try again (`chalicelib.core.steps`)."""
RETRIED = ("StepFailed", "States.Timeout")
"""What a step's own retry policy is about."""
LONGEST_WAIT = 86_400
"""Exponential waits stop growing here (seconds)."""

GATE_SECONDS = LONGEST_SECONDS
"""How long a gate waits at most where the run has no timeout."""

State = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Place:
    """Where a step stands in the machine, and what its end is awaited by."""

    next: str | None
    """The state after it; None ends the branch it is in."""
    catch: str | None
    """Where a failure goes; None inside a Parallel, whose own Catch it is."""
    signals: tuple[str, ...] = ()
    """Steps whose gates wait for this one."""
    failed: str | None = None
    """The state that writes down a failure after which the workflow goes on."""
    looped: bool = False
    """In the body of a loop, where a state's input is not the execution's: it says which iteration."""

    def arrow(self) -> State:
        return {"Next": self.next} if self.next is not None else {"End": True}

    def catcher(self) -> State:
        """Without `ResultPath` the error replaces the input; the run is in the context object."""
        if self.failed is not None:
            caught = {"ErrorEquals": ["States.ALL"], "ResultPath": "$.error", "Next": self.failed}
            return {"Catch": [caught]}
        if self.catch is None:
            return {}
        return {"Catch": [{"ErrorEquals": ["States.ALL"], "Next": self.catch}]}


def task_state(step: PlanStep, resource: str, place: Place) -> State:
    """A step that is one Lambda call. Its result is discarded: steps carry no data (idea 3)."""
    timeout = {} if step.timeout_seconds is None else {"TimeoutSeconds": step.timeout_seconds}
    return {
        "Type": "Task",
        "Resource": resource,
        "Parameters": call_parameters(step.name, place, place.signals),
        "ResultPath": None,
        **timeout,
        "Retry": retriers(step.retry, jitter=place.catch is None),
        **place.catcher(),
        **place.arrow(),
    }


def delay_states(
    step: PlanStep, resource: str, place: Place, *, wait: str, end: str
) -> dict[str, State]:
    """A `delay`: a call that says until when, a Wait that costs nothing, a call that finishes.

    `wait` and `end` name the second and third state. The step's timeout is not on the tasks: it is
    about the delay as a whole, so the first call caps the time and the last one fails the step. The
    policy's retries belong to the first call: waiting once more would not make the delay shorter.
    """
    jitter = place.catch is None
    return {
        step.name: {
            "Type": "Task",
            "Resource": resource,
            "Parameters": {**call_parameters(step.name, place), "phase": "begin"},
            "ResultPath": "$.wait",
            "Retry": retriers(step.retry, jitter=jitter),
            **place.catcher(),
            "Next": wait,
        },
        wait: {"Type": "Wait", "TimestampPath": "$.wait.until", "Next": end},
        end: {
            "Type": "Task",
            "Resource": resource,
            "Parameters": {**call_parameters(step.name, place, place.signals), "phase": "end"},
            "ResultPath": None,
            "Retry": retriers(RetryPolicy(), jitter=jitter),
            **place.catcher(),
            **place.arrow(),
        },
    }


def gate_state(
    consumer: str,
    producers: Sequence[str],
    resource: str,
    place: Place,
    timeout: int | None,
    *,
    tolerant: Sequence[str] = (),
) -> State:
    """A join gate: a call that leaves a task token, and a wait until somebody sends it back.

    `place.next` is the consumer; `tolerant` are producers whose failure opens it too. Every try
    has a token of its own; its number tells them apart.
    """
    return {
        "Type": "Task",
        "Resource": f"arn:{resource.split(':')[1]}:states:::lambda:invoke.waitForTaskToken",
        "Parameters": {
            "FunctionName": resource,
            "Payload": {
                **call_parameters(consumer, place),
                "gate": list(producers),
                **({"tolerant": list(tolerant)} if tolerant else {}),
                "token.$": "$$.Task.Token",
            },
        },
        "ResultPath": None,
        "TimeoutSeconds": GATE_SECONDS if timeout is None else timeout,
        "Retry": retriers(RetryPolicy(), jitter=place.catch is None),
        **place.catcher(),
        **place.arrow(),
    }


def failed_state(step: PlanStep, resource: str, place: Place) -> State:
    """Where a step with `continue_on_error` goes when its Lambda could not say itself that it
    failed (a timeout, a crash): a call that writes it down, so that what follows finds it so, and
    that opens the gates that wait for the step."""
    return {
        "Type": "Task",
        "Resource": resource,
        "Parameters": {**call_parameters(step.name, place, place.signals), "phase": "failed"},
        "ResultPath": None,
        "Retry": retriers(RetryPolicy(), jitter=place.catch is None),
        **place.catcher(),
        **place.arrow(),
    }


def finish_state(resource: str) -> State:
    """The last state: writes the run's status. Its input is the error when a step failed.

    `RunFailed` is what its Lambda raises to let the execution end as failed: no retry helps.
    """
    return {
        "Type": "Task",
        "Resource": resource,
        "Parameters": {"run.$": "$$.Execution.Input", "input.$": "$"},
        "Retry": [
            {"ErrorEquals": ["RunFailed"], "MaxAttempts": 0},
            {"ErrorEquals": ["States.TaskFailed"], "MaxAttempts": 4, "JitterStrategy": "FULL"},
        ],
        "End": True,
    }


def retriers(policy: RetryPolicy, *, jitter: bool) -> list[State]:
    """The step's own policy, then what is final, then everything else: infrastructure.

    The first retrier that matches decides, also when it is used up, so the order matters:
    `States.TaskFailed` matches every error but a timeout. Jitter spreads the branches of a
    Parallel, which start and are throttled together; a step that stands alone needs none.
    """
    found: list[State] = []
    if policy.max_attempts > 1:
        own: State = {
            "ErrorEquals": list(RETRIED),
            "IntervalSeconds": policy.interval_seconds,
            "MaxAttempts": policy.max_attempts - 1,
            "BackoffRate": policy.backoff_rate,
        }
        if policy.backoff_rate > 1:
            own["MaxDelaySeconds"] = max(LONGEST_WAIT, policy.interval_seconds + 1)
        found.append(own)
    found.append({"ErrorEquals": list(NEVER_RETRIED), "MaxAttempts": 0})
    infrastructure: State = {"ErrorEquals": ["States.TaskFailed"]}
    if jitter:
        infrastructure["JitterStrategy"] = "FULL"
    found.append(infrastructure)
    return found


def call_parameters(step: str, place: Place, signals: Sequence[str] = ()) -> State:
    """What every call of a step's Lambda is told."""
    told = {"signals": list(signals)} if signals else {}
    run = {"run.$": "$$.Execution.Input", "local.$": "$"} if place.looped else {"run.$": "$"}
    return {**run, "step": step, "retry.$": "$$.State.RetryCount", **told}
