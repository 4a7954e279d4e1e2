"""S3, objects: the non-agentic components of a swarm."""

from __future__ import annotations

from typing import Any

import pytest

from tests.support.answers import problem
from tests.support.stack import Api
from tests.support.swarm_api import SwarmApi, mock, until

NO_HANDLER = "Invalid or missing object handler"


@pytest.fixture
def counting(ours: Api) -> SwarmApi:
    """An agent that may send to a counter, and hears from it."""
    return SwarmApi.create(
        ours,
        agents=[mock("a")],
        objects=[{"name": "n", "handler": "counter"}],
        topology=[["a", "n"], ["n", "a"]],
    )


def test_s3_objects__the_list_has_name_state_and_handler(counting: SwarmApi) -> None:
    found = counting.get("/objects")
    assert set(found) == {"objects"}
    (line,) = found["objects"]
    assert set(line) == {"name", "state", "handler"}
    assert (line["name"], line["handler"]) == ("n", "counter")


def test_s3_objects__a_counter_counts_and_answers(counting: SwarmApi) -> None:
    counting.message("a", "n", "one")
    counting.message("a", "n", '{"op": "add", "by": 5}')
    until(lambda: counting.state("n"), lambda state: state["count"] == 6)
    assert counting.state("n")["last_from"] == "a"

    def answers() -> list[dict[str, object]]:
        history = counting.get("/agents/a/history")["history"]
        return [line for line in history if line["type"] == "incoming"]

    assert {line["from"] for line in until(answers, lambda found: len(found) == 2)} == {"n"}
    counting.message("a", "n", '{"op": "reset"}')
    until(lambda: counting.state("n"), lambda state: state["count"] == 0)


def test_s3_objects__an_object_is_added_with_its_edges_and_removed(counting: SwarmApi) -> None:
    spec = {
        "name": "m",
        "handler": "counter",
        "config": {"step": 3},
        "incoming": ["a"],
        "connections": ["a"],
    }
    added = counting.expect(201, "POST", "/objects", json=spec)
    assert added == {"status": "added", "name": "m"}
    assert counting.edges() >= {("a", "m"), ("m", "a")}
    counting.message("a", "m", "x")
    until(lambda: counting.state("m"), lambda state: state["count"] == 3)
    assert counting.expect(200, "DELETE", "/objects/m") == {"status": "removed", "name": "m"}
    assert counting.names("objects") == ["n"]
    assert counting.refused(404, "GET", "/objects/m")["error"] == "Object not found"
    assert counting.refused(404, "DELETE", "/objects/m")["error"] == "Object not found"


@pytest.mark.parametrize("handler", ["nothing", "", None, 7, "os.system", "../counter"])
def test_s3_objects__an_unknown_handler_is_400(counting: SwarmApi, handler: Any) -> None:
    answer = counting.call("POST", "/objects", json={"name": "m", "handler": handler})
    assert answer.status_code == 400
    if handler != 7:
        assert NO_HANDLER in answer.json()["error"]
    assert counting.names("objects") == ["n"]


def test_s3_objects__a_name_that_is_taken_is_400(counting: SwarmApi) -> None:
    for name in ("n", "a"):
        spec = {"name": name, "handler": "counter"}
        answer = counting.call("POST", "/objects", json=spec)
        assert problem(answer, 400, "bad-request")["error"] == "already_exists"


def test_s3_objects__an_agent_is_no_object(counting: SwarmApi) -> None:
    assert counting.refused(404, "GET", "/objects/a")["error"] == "Object not found"
    assert counting.refused(404, "DELETE", "/objects/a")["error"] == "Object not found"


def test_s3_objects__its_configuration_can_be_changed(counting: SwarmApi) -> None:
    found = counting.expect(200, "PATCH", "/objects/n/config", json={"step": 10})
    assert found == {"status": "updated", "object": "n", "keys": ["step"]}
    counting.message("a", "n", "x")
    until(lambda: counting.state("n"), lambda state: state["count"] == 10)
    (event,) = counting.get("/overlay")["events"]
    assert event["op"] == "update_config"


@pytest.mark.parametrize("body", [[], "x", 7])
def test_s3_objects__a_configuration_that_is_no_object_is_400(
    counting: SwarmApi, body: Any
) -> None:
    assert counting.call("PATCH", "/objects/n/config", json=body).status_code == 400
    assert counting.get("/overlay")["events"] == []


def test_s3_objects__below_an_unknown_swarm_everything_is_404(ours: Api) -> None:
    for method, path, body in (
        ("GET", "", None),
        ("POST", "", {"name": "m", "handler": "counter"}),
        ("GET", "/n", None),
        ("DELETE", "/n", None),
        ("PATCH", "/n/config", {"step": 2}),
    ):
        answer = ours.call(method, f"/api/swarms/nowhere/objects{path}", json=body)
        assert problem(answer, 404, "not-found")["error"] == "Swarm not found"
