"""Starts MiniStack, repaired. Run by the emulator's own Python: nothing of Runyard is there.

**Names of exceptions.** AWS reports a failed Lambda task under the name of the exception's class,
which a machine's `Retry` and `Catch` match on. MiniStack 1.5.33 says `Runtime.HandlerError` for
every exception of a Python function, so that no retry policy could ever be seen at work. The class
stands in the last line of the traceback that it logs; this puts it where AWS has it.

**Tasks that wait for a token.** The branches of a Parallel share one context object, so two of them
can get each other's token; and a Lambda that fails instead of keeping its token is not noticed, so
that its task waits for ever. Here every task has a context of its own, and the failure is the
task's, as on AWS.

**Parallels that fail.** AWS ends a Parallel as soon as one of its branches fails; MiniStack waits
for all of them, and so for ever where one waits at a gate for a step that will never run. Here the
first failure ends it.

**Maps that fail.** AWS ends a Map with its first item that fails; MiniStack starts all the others all
the same, a thousand calls after a cancel, and waits for them, for ever where one waits at a gate. Here
no further item starts, and the first failure ends the Map.

**Executions that are waited for.** AWS stops with an execution what its tasks have started and wait for
(`startExecution.sync`). MiniStack lets that go on, and lets nobody know whose it is. Here it is found by
the member of its input that names who started it, and stopped, too.

**Timeouts from the input.** MiniStack knows no `TimeoutSecondsPath`. Here it is as if the number stood
in the state.

**Many calls at once.** AWS gives every concurrent call a process of its own, and so does MiniStack: 200
parallel steps are 200 processes, each unpacked and imported at the same time, on one machine. They
never get anywhere. Here the calls of one function beyond AT_ONCE wait for those before them.

**Schedules in time zones.** MiniStack fires every schedule as if its zone were UTC. Here a schedule
fires by the clock of its own zone.

**Names of schedules and rules.** To check a policy it takes every schedule to be in the group
`default`, and does not know the rules of some calls. Here both have the ARNs that AWS gives them.

**Permissions.** On AWS the call Converse needs `bedrock:InvokeModel`, and a mail is allowed on the
identity that sends it. MiniStack asks for `bedrock:Converse`, which no policy for AWS can name, and
for mails on `*`. For batches of SQS it asks for calls of their own. Here it asks for what AWS asks for.

**Streams that come again in part.** MiniStack does not heed which records of a table's stream a function
reports as failed: they were lost. Here the whole batch comes again, which AWS may do as well.

**Any method.** A path of an imported API can have a method for whatever it does not name. MiniStack has
such methods, and does not see them in what it imports. Here it does.

**Queries.** `ministack_queries.py`: key conditions are read once, not for every item of a partition.

**Processes of functions.** `ministack_workers.py`: one unpacked copy of the code for all of them, log
lines without a wait, and an exception does not end the process.

docs/decisions/0007 says more.
"""

from __future__ import annotations

import contextvars
import json
import os
import re
import sys
import threading
from collections import defaultdict
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any
from zoneinfo import ZoneInfo

LOST = "Runtime.HandlerError"
AT_ONCE = max(8, 4 * (os.cpu_count() or 1))
"""Processes of one function. Waiting is safe: MiniStack gives each call a thread of its own, and no
function of Runyard calls itself."""
NEEDED = {
    "bedrock:Converse": "bedrock:InvokeModel",
    "bedrock:ConverseStream": "bedrock:InvokeModelWithResponseStream",
    "sqs:SendMessageBatch": "sqs:SendMessage",
    "sqs:DeleteMessageBatch": "sqs:DeleteMessage",
}
"""Calls that AWS has no permission of their own for."""
ANY_METHOD = "x-amazon-apigateway-any-method"
STARTED_BY = "AWS_STEP_FUNCTIONS_STARTED_BY_EXECUTION_ID"
_LAST_LINE = re.compile(r"^(?:[A-Za-z_]\w*\.)*([A-Za-z_]\w*)(?::|$)")


def exception_name(log: str) -> str | None:
    """The class named by the last traceback in a log: `a.b.StepFailed: why` gives `StepFailed`."""
    _, found, traceback = log.rpartition("Traceback (most recent call last):")
    if not found:
        return None
    # The lines of frames are indented; the first that is not names the exception.
    for line in traceback.splitlines()[1:]:
        if line and not line[0].isspace():
            match = _LAST_LINE.match(line)
            return match.group(1) if match else None
    return None


def repaired(execute: Callable[..., dict[str, Any]]) -> Callable[..., dict[str, Any]]:
    """The emulator's function that calls a Lambda, with the error's name restored."""

    def call(*arguments: Any, **named: Any) -> dict[str, Any]:
        result = execute(*arguments, **named)
        body = result.get("body")
        if result.get("error") and isinstance(body, dict) and body.get("errorType") == LOST:
            name = exception_name(str(result.get("log") or ""))
            if name is not None:
                body["errorType"] = name
        return result

    return call


def heeded(execute: Callable[..., dict[str, Any]]) -> Callable[..., dict[str, Any]]:
    """The emulator's function that calls a Lambda: one that reports records of a table's stream as
    failed has failed."""

    def call(function: dict[str, Any], event: Any, *arguments: Any, **named: Any) -> dict[str, Any]:
        result = execute(function, event, *arguments, **named)
        records = event.get("Records") if isinstance(event, dict) else None
        body = result.get("body")
        if isinstance(body, str):
            body = json.loads(body or "null")
        reported = isinstance(body, dict) and body.get("batchItemFailures")
        if records and reported and records[0].get("eventSource") == "aws:dynamodb":
            return {**result, "error": True}
        return result

    return call


def queued(execute: Callable[..., dict[str, Any]], at_once: int) -> Callable[..., dict[str, Any]]:
    """The emulator's function that calls a Lambda, with at most `at_once` calls of each function
    at the same time; further ones wait."""
    gates = defaultdict[str, threading.Semaphore](lambda: threading.Semaphore(at_once))
    lock = threading.Lock()

    def call(function: dict[str, Any], *arguments: Any, **named: Any) -> dict[str, Any]:
        config = function.get("config") or function
        with lock:
            gate = gates[str(config.get("FunctionName"))]
        with gate:
            return execute(function, *arguments, **named)

    return call


def alone(execute_task: Callable[..., Any]) -> Callable[..., Any]:
    """The emulator's function that runs a Task state, with a context object of the task's own, and
    with its timeout in it, if that is a member of its input (`$.name`)."""

    def call(state: Any, given: Any, execution: Any, context: dict[str, Any]) -> Any:
        if "TimeoutSecondsPath" in state:
            seconds = given[state["TimeoutSecondsPath"].removeprefix("$.")]
            state = {**state, "TimeoutSeconds": seconds}
        return execute_task(state, given, execution, {**context, "State": {**context["State"]}})

    return call


class CallbackFailed(Exception):
    """Carries a Lambda's failure through the handler that would swallow it."""

    def __init__(self, failure: Exception) -> None:
        super().__init__()
        self.failure = failure


def noticed(
    invoke: Callable[..., Any], call_lambda: Callable[..., Any], failure: type[Exception]
) -> tuple[Callable[..., Any], Callable[..., Any]]:
    """The emulator's functions that run a task with a token, and that call a Lambda: in the first,
    what the second raises is raised. `failure` is the emulator's own exception."""
    inside = threading.local()

    def call(*arguments: Any) -> Any:
        try:
            return call_lambda(*arguments)
        except failure as problem:
            if getattr(inside, "waiting", False):
                raise CallbackFailed(problem) from problem
            raise

    def wait(*arguments: Any) -> Any:
        inside.waiting = True
        try:
            return invoke(*arguments)
        except CallbackFailed as carried:
            raise carried.failure from None
        finally:
            inside.waiting = False

    return wait, call


def impatient(service: Any) -> Callable[..., Any]:
    """What runs the branches of a Parallel, by the functions of the emulator's `service`.

    Branches that are left go on in threads of their own, as they do after a StopExecution; what
    they call finds that its run is over.
    """

    def run(state: Any, given: Any, execution: Any, context: Any) -> Any:
        entered = service._apply_input_path(state, given, context)
        entered = service._apply_parameters(state, entered, context)
        branches = state["Branches"]
        results: list[Any] = [None] * len(branches)
        failures: list[Exception] = []
        ended = threading.Semaphore(0)

        def follow(place: int, branch: Any) -> None:
            problem = service._ExecutionError("States.BranchFailed", "the branch broke off")
            try:
                results[place] = service._run_sub_machine(
                    branch["States"], branch["StartAt"], entered, execution, context
                )
                problem = None
            except service._ExecutionError as failure:
                problem = failure
            finally:
                failures.extend([problem] if problem is not None else [])
                ended.release()

        for place, branch in enumerate(branches):
            # A copy each: which account and region a call is about stands in context variables.
            scope = contextvars.copy_context()
            threading.Thread(target=scope.run, args=(follow, place, branch), daemon=True).start()
        for _ in branches:
            ended.acquire()
            if failures:
                raise failures[0]
        result = service._apply_result_selector(state, results)
        output = service._apply_result_path(state, given, result)
        return service._apply_output_path(state, output, context), service._next_or_end(state)

    return run


def along(stop: Callable[[Any], Any], executions: Any) -> Callable[[Any], Any]:
    """The emulator's function that stops an execution, which also stops what that one has started and
    waits for."""

    def call(data: Any) -> Any:
        answer = stop(data)
        mark = json.dumps(data.get("executionArn"))
        for one in list(executions.values()):
            if one["status"] == "RUNNING" and f'"{STARTED_BY}": {mark}' in one["input"]:
                call({**data, "executionArn": one["executionArn"]})
        return answer

    return call


class Zoned(str):
    """A schedule's expression that knows the time zone it is meant in."""

    timezone: str = "UTC"


class ZonedFields(tuple[Any, ...]):
    """What the emulator reads from such an expression."""

    timezone: str = "UTC"


def zoned(
    read: Callable[[str], Any], following: Callable[[Any, datetime], datetime | None]
) -> tuple[Callable[[str], Any], Callable[[Any, datetime], datetime | None]]:
    """The emulator's functions that read a cron expression, and that find the next time it names
    after a time in UTC: both by the expression's own time zone. A time that the clocks skip is
    skipped, one that they show twice counts once, as on AWS."""

    def read_zoned(expression: str) -> Any:
        fields = read(expression)
        if fields is None or not isinstance(expression, Zoned):
            return fields
        found = ZonedFields(fields)
        found.timezone = expression.timezone
        return found

    def following_zoned(fields: Any, after: datetime) -> datetime | None:
        if not isinstance(fields, ZonedFields):
            return following(fields, after)
        zone = ZoneInfo(fields.timezone)
        # Its arithmetic is that of a clock without a zone: give it the local one's face as UTC.
        face: datetime | None = after.astimezone(zone).replace(tzinfo=UTC)
        while face is not None and (face := following(fields, face)) is not None:
            found = face.replace(tzinfo=zone).astimezone(UTC)
            if found.astimezone(zone).replace(tzinfo=UTC) == face and found > after:
                return found
        return None

    return read_zoned, following_zoned


def ticking(tick: Callable[[], None], schedules: Any) -> Callable[[], None]:
    """The emulator's sweep over its schedules, each of which knows its zone before."""

    def sweep() -> None:
        for schedule in schedules.all_values():
            zone = schedule.get("ScheduleExpressionTimezone") or "UTC"
            if zone != "UTC":
                expression = Zoned(schedule.get("ScheduleExpression", ""))
                expression.timezone = zone
                schedule["ScheduleExpression"] = expression
        tick()

    return sweep


def resource_arns(extract: Callable[..., str]) -> Callable[..., str]:
    """The emulator's function that says which resource a call is about."""

    def arn(service: str, method: str, path: str, headers: Any, body: Any, *more: Any) -> str:
        found = extract(service, method, path, headers, body, *more)
        if service == "scheduler" and ":schedule/default/" in found:
            query = more[0] if more else {}
            group = _member(body, "GroupName") or (query.get("groupName") or ["default"])
            group = group if isinstance(group, str) else group[0]
            return found.replace(":schedule/default/", f":schedule/{group}/")
        if service == "events":
            rule = _member(body, "Rule")
            if rule and found == "*":
                *_, region, account = more
                found = f"arn:aws:events:{region}:{account}:rule/{rule}"
            return found.replace(":rule/default/", ":rule/")
        return found

    return arn


def _member(body: Any, name: str) -> str:
    try:
        found = json.loads(body).get(name)
    except (ValueError, TypeError, AttributeError):
        return ""
    return found if isinstance(found, str) else ""


def permitted(extract_action: Callable[..., str | None]) -> Callable[..., str | None]:
    """The emulator's function that names the permission a request needs, with AWS's names."""

    def call(*arguments: Any, **named: Any) -> str | None:
        found = extract_action(*arguments, **named)
        return NEEDED.get(found, found) if found is not None else None

    return call


def addressed(extract_resource: Callable[..., str]) -> Callable[..., str]:
    """The emulator's function that names the resource a request is about; that of a mail is the
    address it comes from."""

    def call(service: str, *request: Any) -> str:
        _, path, _, body, _, region, account = request
        if service == "ses" and path.rstrip("/") == "/v2/email/outbound-emails":
            sender = json.loads(body or b"{}").get("FromEmailAddress")
            if isinstance(sender, str):
                return f"arn:aws:ses:{region}:{account}:identity/{sender}"
        return extract_resource(service, *request)

    return call


class Failures(list[Exception]):
    """What the items of a Map have failed with; `ended` is set by the first, or with the Map."""

    def __init__(self) -> None:
        super().__init__()
        self.ended = threading.Event()

    def append(self, problem: Exception) -> None:
        super().append(problem)
        self.ended.set()


_FAILURES: contextvars.ContextVar[Failures | None] = contextvars.ContextVar(
    "failures", default=None
)
"""In an item of a Map that has not begun: what the items of that Map have failed with."""


def hasty(
    run_map: Callable[..., Any], run_machine: Callable[..., Any], failure: type[Exception]
) -> tuple[Callable[..., Any], Callable[..., Any]]:
    """The emulator's functions that run a Map, and the states of one item of it (or of a branch):
    once an item has failed, those that have not begun fail likewise at once, and the Map ends. Items
    that are left go on in threads of their own, as branches do (`impatient`). MiniStack gives each
    item a copy of the Map's context."""

    def map_items(*arguments: Any) -> Any:
        failures, answers = Failures(), []

        def run() -> None:
            _FAILURES.set(failures)
            try:
                answers.append(run_map(*arguments))
            except failure as problem:
                failures.append(problem)
            finally:
                failures.ended.set()

        scope = contextvars.copy_context()
        threading.Thread(target=scope.run, args=(run,), daemon=True).start()
        failures.ended.wait()
        if failures:
            raise failures[0]
        if not answers:
            raise failure("States.Runtime", "the Map broke off")
        return answers[0]

    def machine(*arguments: Any) -> Any:
        failures = _FAILURES.get()
        if failures is None:
            return run_machine(*arguments)
        if failures:
            raise failures[0]
        inside = _FAILURES.set(None)
        try:
            return run_machine(*arguments)
        except failure as problem:
            failures.append(problem)
            raise
        finally:
            _FAILURES.reset(inside)

    return map_items, machine


def any_method(import_operation: Callable[..., None]) -> Callable[..., None]:
    """Wraps `_import_operation`, which gets a method in capitals: the extension's name is `ANY`."""

    def call(api_id: str, resource_id: str, http_method: str, *more: Any) -> None:
        method = "ANY" if http_method == ANY_METHOD.upper() else http_method
        import_operation(api_id, resource_id, method, *more)

    return call


def main() -> None:
    """Repair and start."""
    import runpy
    from pathlib import Path

    from ministack.app import main as start  # type: ignore[import-not-found]
    from ministack.core import iam_actions, lambda_runtime  # type: ignore[import-not-found]
    from ministack.services import (  # type: ignore[import-not-found]
        apigateway_v1,
        dynamodb,
        eventbridge,
        lambda_svc,
        scheduler,
        stepfunctions,
    )

    # This folder is not searched for modules: a file in it is called ministack.py.
    for name, module in (("workers", lambda_runtime), ("queries", dynamodb)):
        repair = runpy.run_path(str(Path(__file__).with_name(f"ministack_{name}.py")))["repair"]
        repair(module)
    iam_actions.extract_resource_arn = resource_arns(iam_actions.extract_resource_arn)
    apigateway_v1._OPENAPI_HTTP_METHODS.add(ANY_METHOD)
    apigateway_v1._import_operation = any_method(apigateway_v1._import_operation)
    eventbridge._parse_cron_fields, eventbridge._cron_next_fire = zoned(
        eventbridge._parse_cron_fields, eventbridge._cron_next_fire
    )
    scheduler._tick_schedules = ticking(scheduler._tick_schedules, scheduler._schedules)
    lambda_svc._execute_function_with_config_scope = queued(
        repaired(lambda_svc._execute_function_with_config_scope), AT_ONCE
    )
    lambda_svc._execute_function = heeded(lambda_svc._execute_function)
    stepfunctions._run_parallel_branches = impatient(stepfunctions)
    stepfunctions._run_map_items, stepfunctions._run_sub_machine = hasty(
        stepfunctions._run_map_items,
        stepfunctions._run_sub_machine,
        stepfunctions._ExecutionError,
    )
    stepfunctions._stop_execution = along(stepfunctions._stop_execution, stepfunctions._executions)
    stepfunctions._execute_task = alone(stepfunctions._execute_task)
    stepfunctions._invoke_with_callback, stepfunctions._call_lambda = noticed(
        stepfunctions._invoke_with_callback,
        stepfunctions._call_lambda,
        stepfunctions._ExecutionError,
    )
    iam_actions.extract_iam_action = permitted(iam_actions.extract_iam_action)
    iam_actions.extract_resource_arn = addressed(iam_actions.extract_resource_arn)
    start()
    # Threads that wait for tokens which nobody sends would keep the process for as long as they may.
    sys.stdout.flush()
    os._exit(0)


if __name__ == "__main__":
    main()
