"""S2, definition: `retry`, `timeout`, and what a failing step does to its run."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import pairwise
from typing import Any

import pytest

from tests.support.answers import instant
from tests.support.definitions import delay, fetch, shape, workflow
from tests.support.stack import Api, CountingServer, RunningStack, counting_server, step_of

FLAKY = {"max_attempts": 3}


@pytest.fixture(scope="module")
def api(stack: RunningStack) -> Api:
    return stack.api


@pytest.fixture
def server() -> Iterator[CountingServer]:
    with counting_server() as found:
        yield found


def gaps(server: CountingServer) -> list[float]:
    return [later - earlier for earlier, later in pairwise(server.times)]


PATIENT = ("2s", "10s", "60s")


def is_at_work(detail: dict[str, Any], step: str) -> bool:
    return bool(step_of(detail, step)["status"] == "running")


def run_one(api: Api, name: str, *steps: dict[str, Any], **more: Any) -> dict[str, Any]:
    """Apply and run to the end."""
    api.apply(workflow(name, *steps, **more))
    return api.ended(api.run(name))


def test_s2_retry__max_attempts_counts_all_tries_and_waits_a_second_by_default(
    api: Api, server: CountingServer
) -> None:
    detail = run_one(api, "fail-flaky", fetch("a", f"{server.url}/flaky/2", retry=FLAKY))
    assert detail["status"] == "completed"
    step = step_of(detail, "a")
    assert (step["status"], step["attempts"], step["error"]) == ("completed", 3, None)
    assert step["output"]["status"] == 200
    assert server.count("/flaky/2") == 3
    assert all(gap >= 1 for gap in gaps(server))


def test_s2_retry__exponential_doubles_the_wait(api: Api, server: CountingServer) -> None:
    policy = {**FLAKY, "backoff": "exponential", "interval": "1s"}
    run_one(api, "fail-exponential", fetch("a", f"{server.url}/flaky/2", retry=policy))
    first, second = gaps(server)
    assert first >= 1 and second >= 2


def test_s2_retry__without_it_a_step_is_tried_once(api: Api, server: CountingServer) -> None:
    detail = run_one(api, "fail-once", fetch("a", f"{server.url}/flaky/2"))
    assert detail["status"] == "failed"
    assert server.count("/flaky/2") == 1


def test_s2_retry__a_step_fails_when_its_tries_are_used_up(
    api: Api, server: CountingServer
) -> None:
    api.apply(
        workflow(
            "fail-used-up",
            fetch("a", f"{server.url}/status/503", retry={"max_attempts": 2}),
            fetch("b", f"{server.url}/later"),
        )
    )
    run_id = api.run("fail-used-up")
    between = api.until(run_id, lambda found: step_of(found, "a")["error"] is not None)
    assert step_of(between, "a")["status"] in ("running", "failed")
    detail = api.ended(run_id)
    assert detail["status"] == "failed"
    step = step_of(detail, "a")
    assert (step["status"], step["attempts"]) == ("failed", 2)
    assert (server.count("/status/503"), server.count("/later")) == (2, 0)
    assert step_of(detail, "b")["status"] == "skipped"


@pytest.mark.parametrize("status", [400, 404, 500])
def test_s2_http_request__a_status_from_400_fails_the_step(
    api: Api, server: CountingServer, status: int
) -> None:
    url = f"{server.url}/status/{status}"
    detail = run_one(api, f"fail-http-{status}", fetch("a", f"{url}?secret=x"), shape("b"))
    assert detail["status"] == "failed"
    assert step_of(detail, "a")["error"] == f"http_status: GET {url} answered {status}"
    assert step_of(detail, "b")["status"] == "skipped"


def test_s2_http_request__allow_status_names_statuses_that_are_fine(
    api: Api, server: CountingServer
) -> None:
    allowed = {"allow_status": [404, 409]}
    detail = run_one(api, "fail-allowed", fetch("a", f"{server.url}/status/404", allowed))
    assert detail["status"] == "completed"
    output = step_of(detail, "a")["output"]
    assert set(output) == {"status", "headers", "body", "json"}
    assert (output["status"], output["json"]) == (404, {"path": "/status/404"})


def test_s2_failure__a_failing_branch_fails_the_run_and_what_joins_it_is_skipped(
    api: Api, server: CountingServer
) -> None:
    detail = run_one(
        api,
        "fail-branch",
        shape("start", depends_on=[]),
        fetch("bad", f"{server.url}/status/500", depends_on=["start"]),
        shape("good", depends_on=["start"]),
        fetch("join", f"{server.url}/later", depends_on=["bad", "good"]),
    )
    assert detail["status"] == "failed"
    assert detail["error"].startswith("step bad failed: ")
    assert step_of(detail, "join")["status"] == "skipped"
    assert server.count("/later") == 0


def test_s2_timeout__a_step_that_times_out_is_failed_with_error_timeout_and_so_is_its_run(
    api: Api, server: CountingServer
) -> None:
    held, later = fetch("a", f"{server.url}/hold"), fetch("b", f"{server.url}/later")
    for timeout in PATIENT:  # a machine that is too slow for the first gets more
        detail = run_one(api, "fail-timeout", shape("warm"), {**held, "timeout": timeout}, later)
        if server.count("/hold"):
            break
    step = step_of(detail, "a")
    assert (step["status"], step["error"], step["attempts"]) == ("failed", "timeout", 1)
    assert (detail["status"], detail["error"]) == ("failed", "step a failed: timeout")
    assert step_of(detail, "b")["status"] == "skipped"
    assert (server.count("/hold"), server.count("/later")) == (1, 0)


def test_s2_timeout__a_delay_over_its_timeout_fails_with_error_timeout(api: Api) -> None:
    detail = run_one(api, "fail-delay", delay("wait", "1h", timeout="1s"), shape("b"))
    step = step_of(detail, "wait")
    assert (step["status"], step["error"]) == ("failed", "timeout")
    assert (detail["status"], step_of(detail, "b")["status"]) == ("failed", "skipped")


def test_s2_timeout__no_step_of_a_run_starts_after_its_deadline_and_it_is_timed_out(
    api: Api, server: CountingServer
) -> None:
    steps = delay("wait", "2s"), fetch("b", f"{server.url}/later")
    detail = run_one(api, "fail-deadline", *steps, timeout="1s")
    assert (detail["status"], detail["error"]) == ("timed_out", "the run exceeded its timeout")
    lasted = instant(detail["completed_at"]) - instant(detail["started_at"])
    assert lasted.total_seconds() >= 1
    assert step_of(detail, "b")["status"] == "skipped"
    assert server.count("/later") == 0


def test_s2_timeout__the_reconciler_times_out_a_run_whose_step_does_not_end(
    api: Api, server: CountingServer, stack: RunningStack
) -> None:
    first, second = fetch("a", f"{server.url}/hold"), fetch("b", f"{server.url}/later")
    for timeout in ("8s", "40s", "120s"):  # a machine that is too slow for the first gets more
        api.apply(workflow("fail-stuck", shape("warm"), first, second, timeout=timeout))
        run_id = api.run("fail-stuck")
        found = api.until(run_id, lambda run: run["status"] != "running" or is_at_work(run, "a"))
        if found["status"] == "running":
            break

    def reconciled(found: dict[str, Any]) -> bool:
        stack.reconcile()
        return bool(found["status"] != "running")

    detail = api.until(run_id, reconciled)
    assert detail["status"] == "timed_out"
    assert [step["status"] for step in detail["steps"]] == ["completed", "cancelled", "skipped"]
    server.hold.set()
    assert api.detail(run_id) == detail
    assert server.count("/later") == 0
