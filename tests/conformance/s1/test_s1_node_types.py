"""S1, types of nodes: what each takes and gives, its aliases too, run side by side on the stack."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

import pytest

from chalicelib.core.roles import Role
from tests.support.answers import instant, v1_data, v1_refusal
from tests.support.graphs import graph, log
from tests.support.stack import Api, CountingServer, RunningStack, counting_server
from tests.support.v1 import begin, cancel, create, ended, node_until, results, run_of, statuses

PEOPLE = [{"name": "Ada", "age": 36, "in": {"city": "London"}}, {"name": "Bob", "age": 7}]
ADULTS = {"$and": [{"{{$item.age}}": {"$gte": 18}}]}
ELEMENTS = {
    "filter": {"array": "{{$inputs.people}}", "filter": ADULTS},
    "filter_alias": {"array": "{{$inputs.people}}", "condition": ADULTS},
    "pluck": {"array": "{{$inputs.people}}", "field": "name"},
    "pluck_alias": {"array": "{{$inputs.people}}", "fields": ["name", "age"]},
    "regex": {"text": "a1 b2", "pattern": "[a-z]([0-9])"},
    "regex_alias": {"input": "a1 b2", "pattern": "[a-z][0-9]", "global": True},
    "regex_none": {"text": "a1 b2", "pattern": "z"},
    "format": {"data": "{{$inputs.people}}", "template": "{{$item.name}}", "separator": ", "},
}
WANTED = {
    "filter": {"filtered": PEOPLE[:1]},
    "filter_alias": {"filtered": PEOPLE[:1]},
    "pluck": {"values": ["Ada", "Bob"]},
    "pluck_alias": {"values": [{"name": "Ada", "age": 36}, {"name": "Bob", "age": 7}]},
    "regex": {"matched": True, "matches": ["a1", "1"]},
    "regex_alias": {"matched": True, "matches": ["a1", "b2"]},
    "regex_none": {"matched": False, "matches": []},
    "format": {"formatted": "Ada, Bob"},
}


@pytest.fixture(scope="module")
def ours(stack: RunningStack) -> Api:
    return stack.api_as(Role.OPERATOR, org="org_s1_types", name="s1-types")


@pytest.fixture(scope="module")
def web() -> Iterator[CountingServer]:
    with counting_server() as found:
        yield found


@pytest.fixture(scope="module")
def run(ours: Api, web: CountingServer) -> dict[str, Any]:
    """One run with a node of each type."""
    nodes: dict[str, Any] = {
        name: {"type": name.partition("_")[0], "payload": payload}
        for name, payload in ELEMENTS.items()
    }
    nodes["request"] = {
        "type": "http-request",
        "payload": {"method": "POST", "url": f"{web.url}/request", "body": {"a": 1}},
    }
    nodes["missing"] = {"type": "http-request", "payload": {"url": f"{web.url}/status/404"}}
    nodes["hook"] = {
        "type": "send-webhook",
        "payload": {"url": f"{web.url}/hook", "headers": {"X-A": "b"}, "body": {"a": 1}},
    }
    nodes["ai"] = {"type": "ai", "payload": {"prompt": "Say {{$inputs.people[0].name}}."}}
    nodes["late"] = {
        "type": "wait",
        "payload": {"triggerType": "webhook", "triggerConfig": {"a": 1}, "timeoutMs": 1},
        "children": ["yes", "no"],
    }
    nodes["yes"], nodes["no"] = log(branch="resumed"), log(branch="timed_out")
    nodes["delay"] = {"type": "delay", "payload": {"delayMs": 10}}
    nodes["say"] = log("hello")
    first = [name for name in nodes if name not in ("yes", "no")]
    definition = graph({"children": first}, **nodes)
    return ended(ours, begin(ours, definition, payload={"people": PEOPLE}), seconds=300)


@pytest.fixture(scope="module")
def found(run: dict[str, Any]) -> dict[str, Any]:
    assert run["status"] == "success", run["executionState"]
    return results(run)


@pytest.mark.parametrize("name", list(WANTED))
def test_s1_type__gives(found: dict[str, Any], name: str) -> None:
    assert found[name] == WANTED[name]


def test_s1_type__log_gives_the_message_and_when(found: dict[str, Any]) -> None:
    assert set(found["say"]) == {"message", "loggedAt"}
    assert found["say"]["message"] == "hello"
    instant(found["say"]["loggedAt"])


def test_s1_type__delay_gives_until_when(found: dict[str, Any]) -> None:
    instant(found["delay"]["until"])


def test_s1_type__http_request_gives_status_headers_and_body(
    found: dict[str, Any], web: CountingServer
) -> None:
    assert set(found["request"]) == {"status", "headers", "body"}
    assert (found["request"]["status"], found["request"]["body"]) == (200, {"path": "/request"})
    assert web.requests.count(("POST", "/request")) == 1


def test_s1_type__http_request_gives_any_status(found: dict[str, Any]) -> None:
    assert found["missing"]["status"] == 404


def test_s1_type__send_webhook_posts_once(found: dict[str, Any], web: CountingServer) -> None:
    assert found["hook"] == {"status": 200, "delivered": True}
    assert web.requests.count(("POST", "/hook")) == 1


def test_s1_type__ai_gives_a_models_answer(found: dict[str, Any]) -> None:
    assert set(found["ai"]) == {"text", "json", "model", "finishReason", "usage"}
    assert isinstance(found["ai"]["text"], str) and found["ai"]["text"]
    assert found["ai"]["usage"]["input_tokens"] > 0


def test_s1_type__a_wait_that_nobody_resumes_goes_the_way_timed_out(run: dict[str, Any]) -> None:
    assert run["executionState"]["late"]["result"]["branch"] == "timed_out"
    assert (statuses(run)["yes"], statuses(run)["no"]) == ("skipped", "success")


@pytest.mark.parametrize("kind", ["manual", "webhook", None])
def test_s1_wait__trigger_type_is_manual_or_webhook(viewer: Api, kind: str | None) -> None:
    payload = {} if kind is None else {"triggerType": kind}
    definition = graph(ask={"type": "wait", "payload": payload})
    told = v1_data(viewer.post("/v1/workflows/validate", json={"definition": definition}))
    assert told == {"valid": True, "errors": []}


def test_s1_wait__another_trigger_type_is_400(ours: Api) -> None:
    definition = graph(ask={"type": "wait", "payload": {"triggerType": "smoke"}})
    refusal = v1_refusal(
        ours.post("/v1/runs", json={"definition": definition}), 400, "validation-error", "errors"
    )
    assert refusal["details"]["errors"][0]["field"] == "payload.triggerType"


def test_s1_wait__waits_five_minutes_unless_it_says_otherwise(viewer: Api) -> None:
    page = v1_data(viewer.get("/v1/actions", params={"limit": 100}))
    (wait,) = [item for item in page["items"] if item["type"] == "wait"]
    (timeout,) = [field for field in wait["payload"] if field["name"] == "timeoutMs"]
    assert "300,000 by default" in timeout["description"]


def test_s1_ai__in_a_simulation_asks_no_model(ours: Api) -> None:
    definition = graph(ai={"type": "ai", "payload": {"prompt": "Say hello."}})
    done = v1_data(ours.post("/v1/runs/sync", json={"definition": definition, "simulate": True}))
    assert done["executionState"]["ai"]["result"] == {"text": "", "json": None, "simulated": True}


def test_s1_trigger_workflow__gives_the_childs_id_status_and_result(ours: Api) -> None:
    child = create(ours, graph(say=log("{{$inputs.n}}")))
    payload = {"workflowId": child, "payload": {"n": 3}}
    run = ended(ours, begin(ours, graph(sub={"type": "trigger-workflow", "payload": payload})))
    result = run["executionState"]["sub"]["result"]
    assert set(result) == {"runId", "status", "result"}
    assert (result["status"], result["result"]["message"]) == ("success", 3)
    assert run_of(ours, result["runId"])["workflowId"] == child


def test_s1_trigger_workflow__the_child_is_cancelled_along_with_its_parent(ours: Api) -> None:
    child = create(ours, graph(ask={"type": "wait"}))
    definition = graph(
        sub={"type": "trigger-workflow", "payload": {"workflowId": child}, "children": ["after"]},
        after=log(),
    )
    parent = begin(ours, definition)

    def children() -> list[dict[str, Any]]:
        return list(v1_data(ours.get(f"/v1/workflows/{child}/runs"))["items"])

    ours.once(lambda: bool(children()), parent)
    inner = children()[0]["id"]
    node_until(ours, inner, "ask", "waiting")
    assert run_of(ours, parent)["executionState"]["sub"]["status"] == "running"
    shown = statuses(cancel(ours, parent))
    assert shown == {"root": "success", "sub": "cancelled", "after": "cancelled"}
    run = run_of(ours, inner)
    assert (run["status"], statuses(run)["ask"]) == ("cancelled", "cancelled")


def test_s1_trigger_workflow__one_that_nobody_knows_fails_the_node(ours: Api) -> None:
    payload = {"workflowId": "wf_none"}
    run = ended(ours, begin(ours, graph(sub={"type": "trigger-workflow", "payload": payload})))
    assert run["status"] == "failure"
    assert "wf_none" in json.dumps(run["executionState"]["sub"]["error"])
