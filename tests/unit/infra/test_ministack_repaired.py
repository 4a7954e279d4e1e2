"""The repairs of the emulator, on stand-ins for the functions of it that they wrap."""

from __future__ import annotations

import contextlib
import contextvars
import json
import threading
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from infra.local.ministack_repaired import (
    ANY_METHOD,
    STARTED_BY,
    Zoned,
    addressed,
    alone,
    along,
    any_method,
    hasty,
    heeded,
    impatient,
    noticed,
    permitted,
    queued,
    resource_arns,
    ticking,
    zoned,
)


class EmulatorError(Exception):
    """Stands for the emulator's own."""


def test_tasks_of_parallel_branches_do_not_see_each_others_token() -> None:
    shared: dict[str, Any] = {"Execution": "e", "State": {"RetryCount": 0}}
    both = threading.Barrier(2)
    seen: list[tuple[str, str, int]] = []

    def execute(state: str, given: Any, execution: Any, context: dict[str, Any]) -> None:
        context["Task"] = {"Token": state}
        context["State"]["RetryCount"] = len(state)
        both.wait(120)
        seen.append((state, context["Task"]["Token"], context["State"]["RetryCount"]))

    task = alone(execute)
    threads = [threading.Thread(target=task, args=(s, {}, {}, shared)) for s in ("one", "three")]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(seen) == [("one", "one", 3), ("three", "three", 5)]
    assert shared == {"Execution": "e", "State": {"RetryCount": 0}}


class Service:
    """As much of the emulator as a Parallel needs: a branch's only state says what happens."""

    _ExecutionError = RuntimeError

    def __init__(self) -> None:
        self.released = threading.Event()

    def _run_sub_machine(self, states: Any, start: str, *given: Any) -> Any:
        match states[start]:
            case "waits":
                self.released.wait(120)
            case "fails":
                raise RuntimeError("StepRefused")
            case "breaks":
                raise KeyError(start)
        return start

    def _same(self, state: Any, value: Any, *more: Any) -> Any:
        return value

    _apply_input_path = _apply_parameters = _apply_result_selector = _apply_output_path = _same

    def _apply_result_path(self, state: Any, given: Any, result: Any) -> Any:
        return result

    def _next_or_end(self, state: Any) -> str:
        return "next"


def parallel(*ends: str) -> dict[str, Any]:
    return {
        "Branches": [{"States": {f"s{n}": end}, "StartAt": f"s{n}"} for n, end in enumerate(ends)]
    }


def test_a_parallel_gives_its_branches_results_in_their_order() -> None:
    assert impatient(Service())(parallel("ends", "ends"), {}, {}, {}) == (["s0", "s1"], "next")


@pytest.mark.parametrize(("end", "error"), [("fails", "StepRefused"), ("breaks", "States.Branch")])
@pytest.mark.filterwarnings("ignore::pytest.PytestUnhandledThreadExceptionWarning")
def test_the_first_branch_that_fails_ends_its_parallel(end: str, error: str) -> None:
    service = Service()
    with pytest.raises(RuntimeError, match=error):
        impatient(service)(parallel("waits", end), {}, {}, {})
    assert not service.released.is_set()
    service.released.set()


def swallowing(call_lambda: Any) -> Any:
    """What the emulator does with a task that has a token."""

    def invoke(*arguments: Any) -> str:
        with contextlib.suppress(EmulatorError):
            call_lambda[0](*arguments)
        return "waits for ever"

    return invoke


def test_a_failing_lambda_fails_its_task_although_that_has_a_token() -> None:
    def fails(*arguments: Any) -> None:
        raise EmulatorError("RunOver")

    current: list[Any] = []
    wait, call = noticed(swallowing(current), fails, EmulatorError)
    current.append(call)
    with pytest.raises(EmulatorError, match="RunOver"):
        wait("arn")
    with pytest.raises(EmulatorError, match="RunOver"):
        call("arn")


def test_a_lambda_that_keeps_its_token_is_waited_for() -> None:
    current: list[Any] = []
    wait, call = noticed(swallowing(current), lambda *_: "kept", EmulatorError)
    current.append(call)
    assert wait("arn") == "waits for ever"
    assert call("arn") == "kept"


def test_calls_of_one_function_beyond_the_limit_wait_and_all_are_made() -> None:
    running, most, lock = 0, 0, threading.Lock()
    full = threading.Barrier(3)

    def execute(function: dict[str, Any], event: int) -> dict[str, Any]:
        nonlocal running, most
        with lock:
            running += 1
            most = max(most, running)
        full.wait(120)  # lets go only when as many as may be are in here at the same time
        with lock:
            running -= 1
        return {"body": event}

    call = queued(execute, 3)
    answers: list[int] = []
    threads = [
        threading.Thread(
            target=lambda n=n: answers.append(call({"config": {"FunctionName": "f"}}, n)["body"])
        )
        for n in range(9)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(120)
    assert sorted(answers) == list(range(9))
    assert most == 3


def test_one_function_does_not_wait_for_another() -> None:
    together = threading.Barrier(2)

    def execute(function: dict[str, Any]) -> dict[str, Any]:
        together.wait(120)  # breaks, and fails the test, unless both are in here
        return {"body": function["FunctionName"]}

    call = queued(execute, 1)
    other = threading.Thread(target=call, args=[{"FunctionName": "a"}])
    other.start()
    assert call({"FunctionName": "b"}) == {"body": "b"}
    other.join(120)


class TestSchedulesInTimeZones:
    """`zoned` on a stand-in that knows one expression: every day at 09:30."""

    @staticmethod
    def following(fields: Any, after: datetime) -> datetime | None:
        found = after.replace(hour=9, minute=30, second=0, microsecond=0)
        return found if found > after else found + timedelta(days=1)

    def next_of(self, zone: str | None, after: datetime) -> datetime | None:
        read, following = zoned(lambda expression: ("fields", expression), self.following)
        expression = "cron(30 9 * * ? *)"
        if zone is not None:
            schedules = Schedules(
                {"ScheduleExpression": expression, "ScheduleExpressionTimezone": zone}
            )
            ticking(lambda: None, schedules)()
            expression = schedules.only["ScheduleExpression"]
            assert expression == "cron(30 9 * * ? *)"
        return following(read(expression), after)

    @pytest.mark.parametrize(
        ("zone", "month", "hour"),
        [(None, 3, 9), ("UTC", 3, 9), ("Europe/Berlin", 3, 8), ("Europe/Berlin", 7, 7)],
    )
    def test_a_schedule_fires_by_the_clock_of_its_zone(
        self, zone: str | None, month: int, hour: int
    ) -> None:
        after = datetime(2026, month, 18, tzinfo=UTC)
        assert self.next_of(zone, after) == after.replace(hour=hour, minute=30)

    def test_a_time_that_the_clocks_skip_is_skipped(self) -> None:
        def half_past_two(fields: Any, after: datetime) -> datetime:
            found = after.replace(hour=2, minute=30)
            return found if found > after else found + timedelta(days=1)

        read, following = zoned(lambda expression: ("fields",), half_past_two)
        expression = Zoned("cron(30 2 * * ? *)")
        expression.timezone = "Europe/Berlin"
        before = datetime(2026, 3, 28, 12, tzinfo=UTC)  # the night in which 2:30 is no time
        assert following(read(expression), before) == datetime(2026, 3, 30, 0, 30, tzinfo=UTC)

    def test_what_cannot_be_read_stays_unread(self) -> None:
        read, _ = zoned(lambda expression: None, self.following)
        assert read(Zoned("at(never)")) is None


class Schedules:
    def __init__(self, only: dict[str, Any]) -> None:
        self.only = only

    def all_values(self) -> list[dict[str, Any]]:
        return [self.only]


class TestResourcesOfPolicies:
    @staticmethod
    def arn(service: str, found: str, body: bytes, query: dict[str, Any]) -> str:
        extract = resource_arns(lambda *arguments: found)
        return extract(service, "POST", "/", {}, body, query, "eu-west-1", "1")

    def test_a_schedule_is_in_its_own_group(self) -> None:
        default = "arn:aws:scheduler:eu-west-1:1:schedule/default/s"
        own = "arn:aws:scheduler:eu-west-1:1:schedule/mine/s"
        assert self.arn("scheduler", default, b'{"GroupName": "mine"}', {}) == own
        assert self.arn("scheduler", default, b"", {"groupName": ["mine"]}) == own
        assert self.arn("scheduler", default, b"no json", {}) == default

    def test_a_rule_of_the_default_bus_is_named_without_it(self) -> None:
        wanted = "arn:aws:events:eu-west-1:1:rule/r"
        default = "arn:aws:events:eu-west-1:1:rule/default/r"
        assert self.arn("events", default, b'{"Name": "r"}', {}) == wanted
        assert self.arn("events", "*", b'{"Rule": "r"}', {}) == wanted

    def test_other_services_are_left_alone(self) -> None:
        assert self.arn("s3", "*", b'{"Rule": "r"}', {}) == "*"


def test_a_call_needs_the_permission_that_aws_has_for_it() -> None:
    needed = permitted(lambda service, call: f"{service}:{call}" if call else None)
    assert needed("bedrock", "Converse") == "bedrock:InvokeModel"
    assert needed("sqs", "SendMessage") == "sqs:SendMessage"
    assert needed("sqs", "") is None


@pytest.mark.parametrize(
    ("path", "body", "expected"),
    [
        ("/v2/email/outbound-emails", b'{"FromEmailAddress": "a@b.ch"}', "identity/a@b.ch"),
        ("/v2/email/outbound-emails", b"{}", "*"),
        ("/v2/email/identities", b'{"FromEmailAddress": "a@b.ch"}', "*"),
    ],
)
def test_a_mail_is_about_the_address_it_comes_from(path: str, body: bytes, expected: str) -> None:
    resource = addressed(lambda *request: "*")
    found = resource("ses", "POST", path, {}, body, {}, "us-east-1", "1")
    assert found.removeprefix("arn:aws:ses:us-east-1:1:") == expected


def map_of(machine: Any, items: int, at_once: int) -> Any:
    """MiniStack's Map: each item in a thread, with a copy of the context."""

    def run(*_: Any) -> list[Exception | None]:
        errors: list[Exception | None] = [None] * items

        def one(index: int) -> None:
            try:
                machine(index)
            except EmulatorError as problem:
                errors[index] = problem

        with ThreadPoolExecutor(at_once) as pool:
            for index in range(items):
                pool.submit(contextvars.copy_context().run, one, index)
        return errors

    return run


def test_after_the_first_item_that_fails_no_further_one_starts() -> None:
    ran: list[int] = []

    def item(index: int) -> None:
        ran.append(index)
        if index == 2:
            raise EmulatorError("RunOver")

    _, machine = hasty(lambda: None, item, EmulatorError)
    run, _ = hasty(map_of(machine, 50, 1), item, EmulatorError)
    with pytest.raises(EmulatorError, match="RunOver"):
        run()
    assert ran == [0, 1, 2]


def test_a_map_ends_with_its_first_failure_though_another_item_waits() -> None:
    released = threading.Event()

    def item(index: int) -> None:
        if index == 1:
            raise EmulatorError("no")
        released.wait()

    _, machine = hasty(lambda: None, item, EmulatorError)
    run, _ = hasty(map_of(machine, 2, 2), item, EmulatorError)
    try:
        with pytest.raises(EmulatorError, match="no"):
            run()
    finally:
        released.set()


def test_a_timeout_from_the_input_is_one_in_the_state() -> None:
    seen: list[Any] = []
    call = alone(lambda state, *_: seen.append(state["TimeoutSeconds"]))
    call({"TimeoutSecondsPath": "$.t"}, {"t": 7}, {}, {"State": {}})
    assert seen == [7]


def test_what_fails_inside_an_item_and_is_caught_there_ends_nothing() -> None:
    ran: list[int] = []

    def branch(index: int) -> None:
        raise EmulatorError(f"branch of {index}")

    _, inner = hasty(lambda: None, branch, EmulatorError)

    def item(index: int) -> None:
        with contextlib.suppress(EmulatorError):
            inner(index)  # a Parallel whose failure the item catches
        ran.append(index)

    _, machine = hasty(lambda: None, item, EmulatorError)
    run, _ = hasty(map_of(machine, 5, 1), item, EmulatorError)
    assert run() == [None] * 5
    assert ran == [0, 1, 2, 3, 4]


def test_two_maps_know_nothing_of_each_other_and_none_is_as_before() -> None:
    def item(index: int) -> None:
        raise EmulatorError("no")

    _, machine = hasty(lambda: None, item, EmulatorError)
    run, _ = hasty(map_of(machine, 2, 1), item, EmulatorError)
    failed = []
    for _ in range(2):
        with pytest.raises(EmulatorError) as caught:
            run()
        failed.append(caught.value)
    assert failed[0] is not failed[1]
    with pytest.raises(EmulatorError):
        machine(0)
    with pytest.raises(EmulatorError):
        machine(0)


def test_a_stream_whose_records_are_reported_as_failed_comes_again() -> None:
    answer = {"body": {"batchItemFailures": [{"itemIdentifier": "7"}]}}
    call = heeded(lambda function, event: answer)
    assert call({}, {"Records": [{"eventSource": "aws:dynamodb"}]})["error"] is True
    assert call({}, {"Records": [{"eventSource": "aws:sqs"}]}) == answer
    answer = {"body": '{"batchItemFailures": []}'}
    assert call({}, {"Records": [{"eventSource": "aws:dynamodb"}]}) == answer


def test_a_stop_of_an_execution_stops_what_it_has_started_and_waits_for() -> None:
    def execution(arn: str, parent: str, status: str = "RUNNING") -> dict[str, str]:
        given = json.dumps({"part": 1, STARTED_BY: parent})
        return {"executionArn": arn, "input": given, "status": status}

    listed = [
        execution("run", "nobody"),
        execution("part", "run"),
        execution("part of the part", "part"),
        execution("ended", "run", "SUCCEEDED"),
        execution("other", "another run"),
    ]
    executions = {one["executionArn"]: one for one in listed}

    def stop(data: dict[str, str]) -> str:
        executions[data["executionArn"]]["status"] = "ABORTED"
        return f"stopped {data['executionArn']}"

    assert along(stop, executions)({"executionArn": "run"}) == "stopped run"
    stopped = [arn for arn, one in executions.items() if one["status"] == "ABORTED"]
    assert stopped == ["run", "part", "part of the part"]
    assert executions["ended"]["status"] == "SUCCEEDED"


def test_an_imported_path_has_any_method() -> None:
    seen: list[tuple[Any, ...]] = []
    operation: dict[str, Any] = {}

    imported = any_method(lambda *arguments: seen.append(arguments))
    imported("api", "resource", "GET", operation)
    imported("api", "resource", ANY_METHOD.upper(), operation, {})

    assert seen == [
        ("api", "resource", "GET", operation),
        ("api", "resource", "ANY", operation, {}),
    ]
