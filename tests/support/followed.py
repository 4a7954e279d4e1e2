"""Runs state machines, compiled or shared, on a world of one process: every Lambda is really called.

It knows the states that the compilers emit, by the language's specification. Branches and items take
turns wherever one waits for a token, so it shows the order of data, not of time. A `Wait` turns the
world's clock.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Generator, Mapping
from datetime import datetime
from typing import Any

from chalicelib.core.clock import parse_rfc3339
from chalicelib.core.compiler.reference import matches
from chalicelib.workers.finish import RunFailed, finish_run
from chalicelib.workers.step import run_step
from tests.support.memory import Memory
from tests.support.world import ORG, World

Turn = Generator[None, None, Any]


class Failed(Exception):
    """What a state failed with, as Step Functions names it."""

    def __init__(self, name: str, cause: str = "") -> None:
        super().__init__(f"{name}: {cause}")
        self.name, self.cause = name, cause


class Machines:
    """Runs the machines that a world publishes."""

    def __init__(self, world: World | Memory) -> None:
        self.world = world
        self.sent: dict[str, Failed | None] = {}
        """Tokens that were sent back, and with which failure."""
        self.parts: list[dict[str, Any]] = []
        """The parts of loops that were run in executions of their own, in order."""
        self.called: list[str] = []
        """Steps as their Lambda was called, in order."""
        self.on_idle: Callable[[], bool] = lambda: False
        """Called when everything waits; whether that changed anything. Else the first wait that
        may time out does."""
        self._tokens = 0
        self._timing_out = False
        machines = world.services.machines
        machines.succeed = lambda token: self.sent.setdefault(token, None)  # type: ignore[method-assign, assignment, return-value]
        machines.fail = lambda token, error, cause: self.sent.setdefault(  # type: ignore[method-assign, assignment, return-value]
            token, Failed(error, cause)
        )

    def run(self, run_id: str, definition: dict[str, Any] | None = None) -> str:
        """Run a run's execution to its end, or another machine for it; the run's status then."""
        run = self.world.services.runs.get(ORG, run_id)
        assert run is not None
        given = {
            "org": ORG,
            "run_id": run_id,
            "workflow": run.workflow,
            "version": run.version,
        }
        definition = definition or self._definition(run.machine)
        turns = self._machine(definition, given, self._context(run.machine, given))
        while True:
            before = (len(self.called), len(self.sent))
            try:
                next(turns)
            except StopIteration:
                break
            except Failed:
                break
            if before == (len(self.called), len(self.sent)) and not self.on_idle():
                assert not self._timing_out, "everything waits, and nothing times out"
                self._timing_out = True
        return self.world.status(run_id)

    def _context(self, machine: str, given: Any) -> dict[str, Any]:
        arn = f"arn:aws:states:us-east-1:1:stateMachine:{machine}"
        return {
            "Execution": {"Input": given, "Id": f"{arn}/{len(self.parts)}"},
            "StateMachine": {"Id": arn},
        }

    def _execution(self, given: Mapping[str, Any]) -> Turn:
        """One that a state starts and waits for: of the machine that runs any graph."""
        self.parts.append(given["Input"]["part"])
        machine = given["StateMachineArn"].rpartition(":")[2]
        if isinstance(self.world, Memory):
            definition = json.loads(self.world.definition("shared"))
        else:
            definition = self._definition(machine)
        context = self._context(machine, given["Input"])
        try:
            return (yield from self._machine(definition, given["Input"], context))
        except Failed as failure:
            cause = json.dumps({"Error": failure.name, "Cause": failure.cause})
            raise Failed("States.TaskFailed", cause) from failure

    def _definition(self, machine: str) -> dict[str, Any]:
        services = self.world.services
        arn = services.machines._arn("stateMachine", machine)
        found = services._client("stepfunctions").describe_state_machine(stateMachineArn=arn)
        definition: dict[str, Any] = json.loads(found["definition"])
        return definition

    def _machine(self, machine: Mapping[str, Any], given: Any, context: dict[str, Any]) -> Turn:
        name: str | None = machine["StartAt"]
        while name is not None:
            state = machine["States"][name]
            following: str | None = None if state.get("End") else state.get("Next")
            try:
                match state["Type"]:
                    case "Choice":
                        following = _choice(state, given)
                        name = following
                        continue
                    case "Wait":
                        self._turn_clock(parse_rfc3339(_path(state["TimestampPath"], given)))
                        answer = given
                    case "Task":
                        answer = yield from self._task(state, given, context)
                    case "Parallel":
                        answer = yield from self._all(
                            [(branch, given, context) for branch in state["Branches"]]
                        )
                    case "Map":
                        answer = yield from self._map(state, given, context)
                    case other:
                        raise AssertionError(other)
                given = _put(given, answer, state.get("ResultPath", "$"))
            except Failed as failure:
                catch = next(
                    (
                        each
                        for each in state.get("Catch", ())
                        if matches(each["ErrorEquals"], failure.name)
                    ),
                    None,
                )
                if catch is None:
                    raise
                error = {"Error": failure.name, "Cause": failure.cause}
                given = _put(given, error, catch.get("ResultPath", "$"))
                following = catch["Next"]
            name = following
        return given

    def _all(self, jobs: list[tuple[Any, Any, dict[str, Any]]], at_once: int = 0) -> Turn:
        """Branches or items side by side, at most so many; the first failure ends all."""
        waiting = [self._machine(*job) for job in jobs]
        running: list[Turn] = []
        while waiting or running:
            while waiting and (not at_once or len(running) < at_once):
                running.append(waiting.pop(0))
            left = []
            for turn in running:
                try:
                    next(turn)
                    left.append(turn)
                except StopIteration:
                    pass
            stuck = len(left) == len(running)
            running = left
            if running and stuck:
                yield

    def _map(self, state: Mapping[str, Any], given: Any, context: dict[str, Any]) -> Turn:
        jobs = []
        for item in _path(state["ItemsPath"], given):
            own = {**context, "Map": {"Item": {"Value": item}}}
            inner = _filled(state["ItemSelector"], given, own) if "ItemSelector" in state else item
            jobs.append((state["ItemProcessor"], inner, own))
        yield from self._all(jobs, state["MaxConcurrency"])

    def _task(self, state: Mapping[str, Any], given: Any, context: dict[str, Any]) -> Turn:
        if state["Resource"].endswith(":states:startExecution.sync"):
            return (yield from self._execution(_filled(state["Parameters"], given, context)))
        used = [0] * len(state["Retry"])
        while True:
            try:
                return (yield from self._call(state, given, {**context, "retry": sum(used)}))
            except Failed as failure:
                place = next(
                    (
                        place
                        for place, each in enumerate(state["Retry"])
                        if matches(each["ErrorEquals"], failure.name)
                    ),
                    None,
                )
                if place is None or used[place] >= state["Retry"][place].get("MaxAttempts", 3):
                    raise
                used[place] += 1

    def _call(self, state: Mapping[str, Any], given: Any, context: dict[str, Any]) -> Turn:
        self._tokens += 1
        own = {
            **context,
            "State": {"RetryCount": context["retry"]},
            "Task": {"Token": f"token-{self._tokens}"},
        }
        event = json.loads(json.dumps(_filled(state["Parameters"], given, own)))
        waits = state["Resource"].endswith(".waitForTaskToken")
        event = event.get("Payload", event)
        self.called.append(str(event.get("step", event.get("local", {}).get("n"))))
        try:
            if "input" in event:
                return finish_run(self.world.services, event)
            answer = run_step(self.world.services, event, lambda: 60.0)
        except (RunFailed, Exception) as problem:
            if isinstance(problem, AssertionError):
                raise
            document = json.dumps({"errorMessage": str(problem)})
            raise Failed(type(problem).__name__, document) from problem
        if not waits:
            return answer
        token = event["token"]
        while token not in self.sent:
            if self._timing_out and event.get("phase", event.get("shared")) not in ("", "gate"):
                self._timing_out = False
                self._turn_clock_by(state, given)
                raise Failed("States.Timeout")
            yield
        if (failure := self.sent[token]) is not None:
            raise failure
        return None

    def _turn_clock_by(self, state: Mapping[str, Any], given: Any) -> None:
        path = state.get("TimeoutSecondsPath")
        self.world.clock.forward(
            seconds=_path(path, given) if path else state.get("TimeoutSeconds", 0)
        )

    def _turn_clock(self, until: datetime) -> None:
        self.world.clock.now = max(self.world.clock.now, until)


def _choice(state: Mapping[str, Any], given: Any) -> str:
    for each in state["Choices"]:
        operators = ("StringEquals", "NumericEquals", "BooleanEquals")
        wanted = next(each[operator] for operator in operators if operator in each)
        if _path(each["Variable"], given) == wanted:
            return str(each["Next"])
    return str(state["Default"])


def _path(path: str, given: Any) -> Any:
    for part in path.removeprefix("$").split("."):
        if part:
            given = given[part]
    return given


def _put(given: Any, answer: Any, path: str | None) -> Any:
    if path is None:
        return given
    if path == "$":
        return answer
    return {**given, path.removeprefix("$."): answer}


def _filled(template: Any, given: Any, context: Mapping[str, Any]) -> Any:
    if not isinstance(template, Mapping):
        return template
    found = {}
    for name, value in template.items():
        if not name.endswith(".$"):
            found[name] = _filled(value, given, context)
        elif value.startswith("$$"):
            found[name[:-2]] = _path(value[1:], context)
        else:
            found[name[:-2]] = _path(value, given)
    return found
