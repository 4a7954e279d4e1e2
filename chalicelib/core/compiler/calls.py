"""What a compiled machine hands to the two Lambdas, read back. The other half of `states`."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from chalicelib.core.instances import instance

LOOP_PHASES = frozenset({"items", "item", "collect", "give up"})
"""Of a step with `for_each`: fix the list, run one item, collect the outputs, write down a failure."""
OPEN, CLOSE, BREAK = "open", "close", "break"
BODY_PHASES = frozenset({OPEN, CLOSE, BREAK})
"""The same of a loop with a body of steps, which run as steps do."""


@dataclass(frozen=True, slots=True)
class StepCall:
    """One try of one step. `run` is the execution's input, `retry` is 0 for the first try.

    `phase` is empty, or `begin` and `end` of a delay, `ask` of an approval, `call` of a child
    workflow, or `failed` for a step whose failure is to be written down; `error` is then
    `{"Error", "Cause"}`. Of a loop it is one of LOOP_PHASES, and `index` says which item. `signals`
    are the steps whose gates wait for this one. `token` is there where the state waits until
    somebody sends it.
    """

    run: Mapping[str, Any]
    step: str
    retry: int
    phase: str
    signals: tuple[str, ...] = ()
    error: Mapping[str, Any] | None = None
    hook: str = ""
    """The hook that the step is of, e.g. `on_failure`; empty for a step of the run itself."""
    index: int | None = None
    token: str = ""
    waited: Any = None
    """What `begin` had answered."""
    parts: bool = False
    """Of a loop's first call: whether the machine can run parts of it elsewhere."""


@dataclass(frozen=True, slots=True)
class GateCall:
    """A join gate before `step` that waits for `producers`; `token` opens this try of it."""

    run: Mapping[str, Any]
    step: str
    producers: tuple[str, ...]
    token: str
    retry: int
    tolerant: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class FinishCall:
    """The end of a machine. `error` is `{"Error", "Cause"}` when a step failed, else None."""

    run: Mapping[str, Any]
    error: Mapping[str, Any] | None


def read_step_call(event: Mapping[str, Any]) -> StepCall | GateCall:
    """The event of the Lambda behind every step. Raises KeyError when it is something else."""
    run, retry = event["run"], int(event["retry"])
    local = event.get("local", run)
    at = local.get("at", "")

    def here(names: Iterable[str]) -> tuple[str, ...]:
        return tuple(instance(name, at) for name in names)

    step = instance(event["step"], at)
    if "gate" in event:
        tolerant = here(event.get("tolerant", ()))
        return GateCall(run, step, here(event["gate"]), event["token"], retry, tolerant)
    phase = event.get("phase", "")
    # What an earlier step left there is none of the others' business.
    error = local.get("error") if phase in ("failed", "give up", BREAK) else None
    signals = here(event.get("signals", ()))
    return StepCall(
        run,
        step,
        retry,
        phase,
        signals,
        error,
        hook=event.get("hook", ""),
        index=event.get("index"),
        token=event.get("token", ""),
        waited=local.get("wait"),
        parts=bool(event.get("parts")),
    )


def read_finish_call(event: Mapping[str, Any]) -> FinishCall:
    """The event of the Lambda behind the last state. Raises KeyError when it is something else."""
    given = event["input"]
    failed = isinstance(given, Mapping) and "Error" in given
    return FinishCall(event["run"], given if failed else None)
