"""S4, SDKs: "Python"; issue 4: sync and async, typed, with `wait`, `stream` and `cancel`.

Every test holds for the blocking client and for the asynchronous one, against the running stack.
"""

from __future__ import annotations

import itertools
import secrets
from collections.abc import Iterator
from typing import Any

import pytest

import runyard
from chalicelib.core.roles import Role
from tests.support.cutting import cutting_proxy
from tests.support.definitions import delay, fetch, shape, workflow
from tests.support.sdk import KINDS, Sdk
from tests.support.stack import PATIENCE_SECONDS, CountingServer, RunningStack

GREET = """\
name: sdk-greet
inputs:
  who: { type: string }
steps:
  - name: compose
    action: transform
    params: { text: "Hello, {{ inputs.who }}!" }
outputs:
  letter: "{{ steps.compose.output.text }}"
"""
LONG = workflow("sdk-long", shape("before"), delay("think", "1h"), shape("after"))


@pytest.fixture(scope="module")
def applied(stack: RunningStack) -> None:
    stack.api.apply(GREET)
    stack.api.apply(LONG)


@pytest.fixture(params=KINDS)
def kind(request: pytest.FixtureRequest) -> str:
    return str(request.param)


@pytest.fixture
def sdk(stack: RunningStack, applied: None, kind: str) -> Iterator[Sdk]:
    found = KINDS[kind](stack.local.base_url, stack.credentials.token)
    yield found
    found.close()


def test_s4_sdks__a_definition_is_applied_as_text_and_as_data_and_run_to_its_end(sdk: Sdk) -> None:
    client = sdk.client
    applied = sdk.get(client.workflows.apply("sdk-greet", GREET))
    assert (applied["name"], applied["status"]) == ("sdk-greet", "unchanged")
    same = sdk.get(client.workflows.apply("sdk-long", LONG))
    assert same["status"] == "unchanged"
    run = sdk.get(client.start("sdk-greet", {"who": "Ada"}))
    ended = sdk.get(client.wait(run["execution_id"], timeout=PATIENCE_SECONDS))
    assert (ended["status"], ended["outputs"]) == ("completed", {"letter": "Hello, Ada!"})


def test_s4_sdks__a_stream_has_every_event_once_and_ends_with_the_run(sdk: Sdk) -> None:
    run_id = sdk.get(sdk.client.start("sdk-greet", {"who": "Ada"}))["execution_id"]
    events = list(sdk.each(sdk.client.stream(run_id)))
    assert [event["seq"] for event in events] == list(range(1, len(events) + 1))
    kinds = [event["kind"] for event in events]
    assert kinds == ["started", "step_started", "step_completed", "completed"]
    again = list(sdk.each(sdk.client.stream(run_id, after=2)))
    assert again == events[2:]
    assert list(sdk.each(sdk.client.stream(run_id, after=len(events)))) == []


def test_s4_sdks__a_stream_goes_on_where_it_was_after_its_socket_broke(
    stack: RunningStack, applied: None, kind: str, server: CountingServer
) -> None:
    held = workflow("sdk-held", shape("a"), fetch("hold", f"{server.url}/hold"), shape("b"))
    stack.api.apply(held)
    with cutting_proxy(stack.local.base_url) as proxy:
        sdk = KINDS[kind](proxy.url, stack.credentials.token)
        run_id = sdk.get(sdk.client.start("sdk-held"))["execution_id"]
        stream = sdk.each(sdk.client.stream(run_id))
        events = []
        for event in stream:
            events.append(event)
            if event["kind"] == "step_started" and event["step"] == "hold":
                break
        before = proxy.connections
        proxy.cut()
        server.hold.set()
        events += list(stream)
        assert proxy.connections > before
        # The connection of the requests was cut as well; a read is sent again.
        assert sdk.get(sdk.client.runs.get(run_id))["status"] == "completed"
        sdk.close()
    assert [event["seq"] for event in events] == list(range(1, len(events) + 1))
    assert events[-1]["kind"] == "completed"


def test_s4_sdks__a_cancel_ends_the_run_and_its_stream_and_may_be_repeated(sdk: Sdk) -> None:
    client = sdk.client
    run_id = sdk.get(client.start("sdk-long"))["execution_id"]
    stream = sdk.each(client.stream(run_id))
    first = list(itertools.takewhile(lambda event: event.get("step") != "think", stream))
    assert [event["seq"] for event in first] == list(range(1, len(first) + 1))
    cancelled = {"execution_id": run_id, "status": "cancelled"}
    assert sdk.get(client.cancel(run_id)) == cancelled
    assert sdk.get(client.cancel(run_id)) == cancelled
    assert list(stream)[-1]["kind"] == "cancelled"
    assert sdk.get(client.wait(run_id))["status"] == "cancelled"


def test_s4_sdks__a_wait_that_is_too_long_ends_and_the_run_goes_on(sdk: Sdk) -> None:
    run_id = sdk.get(sdk.client.start("sdk-long"))["execution_id"]
    with pytest.raises(runyard.WaitTimeout) as told:
        sdk.get(sdk.client.wait(run_id, timeout=0.3))
    assert (told.value.run_id, told.value.status) == (run_id, "running")
    assert sdk.get(sdk.client.cancel(run_id))["status"] == "cancelled"


def test_s4_sdks__a_start_with_the_same_key_is_the_same_run(sdk: Sdk) -> None:
    key = secrets.token_hex(8)
    one, two = (sdk.get(sdk.client.start("sdk-greet", {"who": "Ada"}, key=key)) for _ in "ab")
    assert one == two
    with pytest.raises(runyard.IdempotencyMismatch):
        sdk.get(sdk.client.start("sdk-greet", {"who": "Grace"}, key=key))


def test_s4_sdks__refusals_are_exceptions_with_the_problems_members(
    sdk: Sdk, stack: RunningStack, kind: str
) -> None:
    client = sdk.client
    with pytest.raises(runyard.NotFound) as missing:
        sdk.get(client.runs.get("run_nowhere"))
    assert (missing.value.status, missing.value.slug) == (404, "not-found")
    assert missing.value.correlation_id is not None
    assert missing.value.instance == "/api/v1/executions/run_nowhere"
    with pytest.raises(runyard.NotFound):
        sdk.get(client.cancel("run_nowhere"))
    with pytest.raises(runyard.NotFound):
        list(sdk.each(client.stream("run_nowhere")))
    with pytest.raises(runyard.ValidationFailed) as wrong:
        sdk.get(client.start("sdk-greet", {"whom": "Ada"}))
    assert "inputs.who" in {place.location for place in wrong.value.errors}
    with pytest.raises(runyard.BadRequest):
        sdk.get(client.runs.list(since="yesterday"))
    with pytest.raises(runyard.ValidationFailed):
        sdk.get(client.tokens.list(limit=1001))
    viewer = KINDS[kind](stack.local.base_url, stack.token(Role.VIEWER, name="sdk-viewer"))
    with pytest.raises(runyard.PermissionDenied):
        viewer.get(viewer.client.start("sdk-greet", {"who": "Ada"}))
    viewer.close()


def test_s4_sdks__a_wrong_token_is_unauthorized_over_rest_and_at_the_socket(
    stack: RunningStack, kind: str
) -> None:
    sdk = KINDS[kind](stack.local.base_url, f"sdk-{secrets.token_hex(4)}.wrong")
    with pytest.raises(runyard.Unauthorized):
        sdk.get(sdk.client.auth.me())
    with pytest.raises(runyard.Unauthorized):
        list(sdk.each(sdk.client.stream("run_any")))
    # S0's endpoints say it in plain text.
    with pytest.raises(runyard.Unauthorized):
        sdk.get(sdk.client.runs.cancel_one("workflow-run", "run_any"))
    sdk.close()


def test_s4_sdks__lists_are_walked_through_page_by_page(
    sdk: Sdk, stack: RunningStack, kind: str
) -> None:
    client = sdk.client
    started = {
        sdk.get(client.start("sdk-greet", {"who": str(n)}))["execution_id"] for n in range(3)
    }
    for run_id in started:
        sdk.get(client.wait(run_id, timeout=PATIENCE_SECONDS))
    walked = [
        run["id"] for run in sdk.each(client.runs.list_all(workflow="sdk-greet", page_size=2))
    ]
    assert started <= set(walked)
    assert len(walked) == len(set(walked))
    lines: list[Any] = list(sdk.each(client.runs.logs_all(started.pop(), page_size=1)))
    assert len(lines) == 4
    names = {f"sdk-{secrets.token_hex(6)}" for _ in range(3)}
    for name in names:
        sdk.get(client.tokens.create(name=name, role="viewer"))
    tokens = [token["name"] for token in sdk.each(client.tokens.list_all(page_size=2))]
    assert names <= set(tokens)


def test_s4_sdks__a_login_gives_a_token_for_another_client(stack: RunningStack, kind: str) -> None:
    guest = KINDS[kind](stack.local.base_url, None)
    found = stack.credentials
    session = guest.get(guest.client.auth.login(email=found.email, password=found.password))
    user = KINDS[kind](stack.local.base_url, session["token"])
    assert user.get(user.client.auth.me())["email"] == found.email
    assert user.get(user.client.auth.logout())["status"] == "logged_out"
    assert guest.get(guest.client.health.healthz())["status"] == "ok"
    assert guest.get(guest.client.documentation.openapi())["openapi"] == "3.1.0"
    for one in (user, guest):
        one.close()
