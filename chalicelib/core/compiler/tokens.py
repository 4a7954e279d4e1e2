"""A step that waits for something outside as one Step Functions state: a call that leaves a task
token, and a wait that costs nothing, until somebody sends the token back."""

from __future__ import annotations

from chalicelib.core.compiler.states import Place, State, call_parameters, retriers
from chalicelib.core.plan import PlanStep
from chalicelib.core.waits import LONGEST_SECONDS, PHASES


def token_state(step: PlanStep, resource: str, place: Place, run_timeout: int | None) -> State:
    """The state of an approval or of a child workflow.

    A timeout is first tried again, once for each try that may time out: the step's Lambda then looks
    whether the answer came a moment before, or writes the timeout down, and says how it goes on.
    """
    timeout = step.timeout_seconds or run_timeout or LONGEST_SECONDS
    look = {"ErrorEquals": ["States.Timeout"], "MaxAttempts": step.retry.max_attempts}
    return {
        "Type": "Task",
        "Resource": f"arn:{resource.split(':')[1]}:states:::lambda:invoke.waitForTaskToken",
        "Parameters": {
            "FunctionName": resource,
            "Payload": {
                **call_parameters(step.name, place, place.signals),
                "phase": PHASES[step.action],
                "token.$": "$$.Task.Token",
            },
        },
        "ResultPath": None,
        "TimeoutSeconds": timeout,
        "Retry": [
            {**look, "BackoffRate": 1},
            *retriers(step.retry, jitter=place.catch is None),
        ],
        **place.catcher(),
        **place.arrow(),
    }
