"""One machine that runs any graph: for graphs that are run once, since an account may make about one
state machine a second.

    Begin ── Nodes: Map over the steps in topological order ── Finish
                └ gate, where it waits for others ── the step, as a task, a delay, a wait or a loop

`Begin` answers what is to be run: for each step its number in the plan and its kind. Everything else
its Lambda finds in the plan (`shared_calls`), so what travels is a few bytes a step. A Map takes its items
in order, so the first one that has not ended never waits for a later one: nothing can wait for ever,
however few items run at the same time.

A loop is a Map over its iterations, one after the other, of each of which the body is a Map like the
outermost. States cannot call themselves, so they are there once for each level of loops.

Iterations that do not fit into the execution's history run in executions of this same machine
(`compiler.parts`). For such an execution `Begin` answers one item, which is the Map over the part's
iterations.
"""

from __future__ import annotations

import json
from typing import Final

from chalicelib.core.compiler.calls import BREAK, CLOSE, OPEN
from chalicelib.core.compiler.parts import far_choice, parts_map
from chalicelib.core.compiler.shared_calls import IS_DELAY, IS_LOOP, IS_PART, IS_TOKEN, LIST
from chalicelib.core.compiler.states import GATE_SECONDS, State, finish_state, retriers
from chalicelib.core.plan import RetryPolicy

MOST_LEVELS: Final = 10
AT_ONCE: Final = 40
"""Items of an inline Map that Step Functions runs at the same time."""
NAME: Final = "Graphs"
"""What it is published under: with a capital, so that no workflow of S2 has the name."""
SYNC_NAME: Final = "GraphsSync"
SYNC_SECONDS: Final = 60


def shared_definition(*, step_arn: str, finish_arn: str) -> str:
    """The machine's definition as compact JSON: the same for the same two Lambdas."""
    return _definition(step_arn, finish_arn, _Level(step_arn, 0).machine(), AT_ONCE)


def sync_definition(*, step_arn: str, finish_arn: str) -> str:
    """The same for graphs that somebody waits for, on an Express machine: no task of it may wait for a
    token, so its steps follow each other."""
    level = _Level(step_arn, 0)
    definition = _definition(step_arn, finish_arn, level.bare_machine(), 1)
    return json.dumps({**json.loads(definition), "TimeoutSeconds": SYNC_SECONDS})


def _definition(step_arn: str, finish_arn: str, item: State, at_once: int) -> str:
    caught = [{"ErrorEquals": ["States.ALL"], "Next": "Finish"}]
    definition = {
        "Comment": "Runyard: any graph",
        "StartAt": "Begin",
        "States": {
            "Begin": {
                "Type": "Task",
                "Resource": step_arn,
                "Parameters": {
                    "run.$": "$",
                    "shared": LIST,
                    "retry.$": "$$.State.RetryCount",
                },
                "ResultPath": "$.graph",
                "Retry": retriers(RetryPolicy(), jitter=False),
                "Catch": caught,
                "Next": "Nodes",
            },
            "Nodes": {
                "Type": "Map",
                "ItemsPath": "$.graph.steps",
                "MaxConcurrency": at_once,
                "ItemProcessor": item,
                "ResultPath": None,
                "Catch": caught,
                "Next": "Finish",
            },
            "Finish": finish_state(finish_arn),
        },
    }
    return json.dumps(definition, separators=(",", ":"))


def runs_any_graph(machine: str) -> bool:
    """Whether a machine of that name is this one. A graph's own is named after its workflow, `wf_…`."""
    return f"-{NAME}-" in machine


def runs_in_sync(machine: str) -> bool:
    """Whether a machine of that name is the Express one: nobody can ask what became of its executions,
    nor stop one."""
    return f"-{SYNC_NAME}-" in machine


class _Level:
    """The states of one item, inside of so many loops."""

    def __init__(self, step_arn: str, level: int) -> None:
        self._arn = step_arn
        self._level = level

    def machine(self) -> State:
        name = self._name
        choices = [_when("$.k", IS_DELAY, name("Delay")), _when("$.k", IS_TOKEN, name("Token"))]
        states: State = {
            name("Gate?"): {
                "Type": "Choice",
                "Choices": [{"Variable": "$.g", "NumericEquals": 1, "Next": name("Gate")}],
                "Default": name("Kind"),
            },
            name("Gate"): {
                **self._waiting("gate"),
                "TimeoutSeconds": GATE_SECONDS,
                "Retry": retriers(RetryPolicy(), jitter=True),
                "Next": name("Kind"),
            },
            **self._plain(),
            name("Token"): {
                **self._waiting("token"),
                "TimeoutSecondsPath": "$.t",
                # As in `tokens`: a timeout is looked at once more.
                "Retry": [
                    {"ErrorEquals": ["States.Timeout"], "MaxAttempts": 1, "BackoffRate": 1},
                    *retriers(RetryPolicy(), jitter=True),
                ],
                "End": True,
            },
        }
        if self._level < MOST_LEVELS:
            choices.append(_when("$.k", IS_LOOP, name("Loop")))
            states |= self._loop()
        if self._level == 0:
            choices.append(_when("$.k", IS_PART, "Iterations"))
        states[name("Kind")] = {"Type": "Choice", "Choices": choices, "Default": name("Task")}
        return {"StartAt": name("Gate?"), "States": states}

    def bare_machine(self) -> State:
        """Without gates, tokens and loops."""
        delay = [_when("$.k", IS_DELAY, self._name("Delay"))]
        kind = {"Type": "Choice", "Choices": delay, "Default": self._name("Task")}
        return {"StartAt": "Kind", "States": {"Kind": kind, **self._plain()}}

    def _plain(self) -> State:
        """A task, and a delay."""
        name = self._name
        return {
            name("Task"): self._call("", {"ResultPath": None, "End": True}),
            name("Delay"): self._call("begin", {"ResultPath": "$.wait", "Next": name("Wait")}),
            name("Wait"): {
                "Type": "Wait",
                "TimestampPath": "$.wait.until",
                "Next": name("Delayed"),
            },
            name("Delayed"): self._call("end", {"ResultPath": None, "End": True}),
        }

    def _loop(self) -> State:
        name, inner = self._name, _Level(self._arn, self._level + 1)
        caught = [{"ErrorEquals": ["States.ALL"], "ResultPath": "$.error", "Next": name("Broken")}]
        item = {member: f"$$.Map.Item.Value.{member}" for member in ("n", "k", "g", "t")}
        body = {
            "Type": "Map",
            "ItemsPath": "$.body",
            "ItemSelector": {f"{member}.$": path for member, path in item.items()}
            | {"at.$": "$.at"},
            "MaxConcurrency": AT_ONCE,
            "ItemProcessor": inner.machine(),
            "ResultPath": None,
            "End": True,
        }
        begin = self._call(OPEN, {"ResultPath": "$.loop", "Catch": caught, "Next": name("Far?")})
        begin["Parameters"]["parts"] = True
        itself = {"StateMachineArn.$": "$$.StateMachine.Id"}
        parts = parts_map(name("Part"), self._arn, itself)
        return {
            name("Loop"): begin,
            name("Far?"): far_choice(name("Parts"), name("Iterations")),
            name("Parts"): {**parts, "Catch": caught, "Next": name("Close")},
            name("Iterations"): {
                "Type": "Map",
                "ItemsPath": "$.loop.indices",
                "ItemSelector": {"at.$": "$$.Map.Item.Value.at", "body.$": "$.loop.body"},
                "MaxConcurrency": 1,
                "ItemProcessor": {"StartAt": name("Body"), "States": {name("Body"): body}},
                "ResultPath": None,
                "Catch": caught,
                "Next": name("Close"),
            },
            name("Close"): self._call(CLOSE, {"ResultPath": None, "Catch": caught, "End": True}),
            name("Broken"): self._call(BREAK, {"ResultPath": None, "End": True}),
        }

    def _name(self, word: str) -> str:
        """Names are unique in the whole machine."""
        return word if self._level == 0 else f"{word} {self._level}"

    def _told(self, phase: str) -> State:
        return {
            "run.$": "$$.Execution.Input",
            "local.$": "$",
            "shared": phase,
            "retry.$": "$$.State.RetryCount",
        }

    def _call(self, phase: str, more: State) -> State:
        return {
            "Type": "Task",
            "Resource": self._arn,
            "Parameters": self._told(phase),
            "Retry": retriers(RetryPolicy(), jitter=True),
            **more,
        }

    def _waiting(self, phase: str) -> State:
        return {
            "Type": "Task",
            "Resource": f"arn:{self._arn.split(':')[1]}:states:::lambda:invoke.waitForTaskToken",
            "Parameters": {
                "FunctionName": self._arn,
                "Payload": {**self._told(phase), "token.$": "$$.Task.Token"},
            },
            "ResultPath": None,
        }


def _when(variable: str, value: str, following: str) -> State:
    return {"Variable": variable, "StringEquals": value, "Next": following}
