"""S3, dynamic topology and scaling: edges, agents and groups of a running swarm."""

from __future__ import annotations

from typing import Any

import pytest

from tests.support.stack import Api
from tests.support.swarm_api import SwarmApi, mock, unique, until

WRONG_COUNT = "Missing or invalid 'count'"


@pytest.fixture
def chain(ours: Api) -> SwarmApi:
    """a → b → c."""
    return SwarmApi.create(
        ours,
        agents=[mock("a"), mock("b"), mock("c")],
        topology=[["a", "b"], ["b", "c"]],
    )


def test_s3_topology__is_an_adjacency_list_of_nodes_with_outgoing_edges(chain: SwarmApi) -> None:
    assert chain.get("/topology") == {
        "topology": [{"from": "a", "targets": ["b"]}, {"from": "b", "targets": ["c"]}]
    }


def test_s3_topology__a_patch_counts_what_really_changed(chain: SwarmApi) -> None:
    change = {
        "add": [["c", "a"], {"from": "a", "to": "c"}, ["a", "b"]],
        "remove": [["b", "c"], ["c", "b"]],
    }
    assert chain.expect(200, "PATCH", "/topology", json=change) == {
        "status": "ok",
        "added": 2,
        "removed": 1,
    }
    assert chain.edges() == {("a", "b"), ("c", "a"), ("a", "c")}


@pytest.mark.parametrize(
    "edge", ["ab", 7, None, [], ["a"], ["a", "b", "c"], ["a", 7], {"from": "a"}, {"to": 7}]
)
def test_s3_topology__an_edge_that_does_not_parse_is_ignored(chain: SwarmApi, edge: Any) -> None:
    change = {"add": [edge, ["c", "a"]], "remove": [edge]}
    found = chain.expect(200, "PATCH", "/topology", json=change)
    assert found == {"status": "ok", "added": 1, "removed": 0}


@pytest.mark.parametrize("edge", [["a", "a"], ["a", "nobody"], ["nobody", "a"]])
def test_s3_topology__edges_to_oneself_and_to_nobody_are_not_added(
    chain: SwarmApi, edge: list[str]
) -> None:
    answer = chain.call("PATCH", "/topology", json={"add": [edge]})
    if answer.status_code == 200:
        assert answer.json() == {"status": "ok", "added": 0, "removed": 0}
    else:
        assert answer.status_code == 400
    assert chain.edges() == {("a", "b"), ("b", "c")}
    assert chain.get("/overlay")["events"] == []


@pytest.mark.parametrize("change", [{"add": "ab"}, {"remove": {}}, {"add": 7}, []])
def test_s3_topology__a_change_of_wrong_types_is_400(chain: SwarmApi, change: Any) -> None:
    assert chain.call("PATCH", "/topology", json=change).status_code == 400
    assert chain.edges() == {("a", "b"), ("b", "c")}


def test_s3_topology__a_new_edge_is_a_way_and_a_removed_one_is_none(chain: SwarmApi) -> None:
    change = {"add": [["a", "c"]], "remove": [["b", "c"]]}
    chain.expect(200, "PATCH", "/topology", json=change)
    chain.message("a", "c", "by the new one")
    chain.handled("c", 1)
    chain.message("b", "c", "by the old one")
    until(lambda: chain.events("invalid_route"), bool)
    assert chain.agent("c")["message_count"] == 1


def test_s3_agents__an_agent_is_added_with_its_edges(chain: SwarmApi) -> None:
    spec = mock("d", connections=["a"], incoming=["b", "c"])
    added = chain.expect(201, "POST", "/agents", json=spec)
    assert added == {"status": "added", "name": "d"}
    assert chain.edges() >= {("d", "a"), ("b", "d"), ("c", "d")}
    chain.message("b", "d", "welcome")
    chain.handled("d", 1)


@pytest.mark.parametrize("backend", ["mock", {"type": "mock"}, None])
def test_s3_agents__a_backend_is_a_word_or_an_object(chain: SwarmApi, backend: Any) -> None:
    chain.expect(201, "POST", "/agents", json={"name": "d", "backend": backend})
    assert chain.agent("d")["backend"] == "mock"


@pytest.mark.parametrize(
    "spec",
    [
        {"backend": "mock"},
        {"name": "a"},
        {"name": "d", "backend": "teleport"},
        {"name": "d", "backend": 7},
        {"name": "d", "backend": {"type": "docker", "image": "coder"}},
        {"name": "d", "skills": "writing"},
        {"name": "d", "config": []},
        {"name": "d", "connections": "a"},
    ],
)
def test_s3_agents__an_agent_that_cannot_be_is_400_and_not_added(
    chain: SwarmApi, spec: dict[str, Any]
) -> None:
    answer = chain.call("POST", "/agents", json=spec)
    assert answer.status_code == 400, answer.text
    assert answer.json()["error"]
    assert chain.names() == ["a", "b", "c"]
    assert chain.get("/overlay")["events"] == []


def test_s3_agents__a_removed_agent_takes_its_edges_along(chain: SwarmApi) -> None:
    assert chain.expect(200, "DELETE", "/agents/b") == {"status": "removed", "name": "b"}
    assert (chain.names(), chain.edges()) == (["a", "c"], set())
    assert chain.refused(404, "DELETE", "/agents/b")["error"] == "Agent not found"


def test_s3_agents__the_same_key_adds_one_agent(chain: SwarmApi) -> None:
    headers = {"Idempotency-Key": unique("key")}
    first = chain.call("POST", "/agents", json=mock("d"), headers=headers)
    again = chain.call("POST", "/agents", json=mock("d"), headers=headers)
    assert (first.status_code, again.status_code) == (201, 201)
    assert again.headers["Idempotent-Replayed"] == "true"
    assert chain.names() == ["a", "b", "c", "d"]


def test_s3_scale__a_bare_agent_becomes_a_group_with_its_edges(chain: SwarmApi) -> None:
    found = chain.expect(200, "POST", "/agents/b/scale", json={"count": 2})
    assert set(found) == {"status", "result"}
    assert found["status"] == "ok"
    result = found["result"]
    assert sorted(result["added"]) == ["b_1", "b_2"]
    assert (result["removed"], result["failed"]) == (["b"], [])
    assert chain.names() == ["a", "b_1", "b_2", "c"]
    assert chain.edges() == {("a", "b_1"), ("a", "b_2"), ("b_1", "c"), ("b_2", "c")}
    chain.message("a", "b_2", "you are new")
    chain.handled("b_2", 1)


def test_s3_scale__down_and_to_nothing_and_up_again(chain: SwarmApi) -> None:
    chain.expect(200, "POST", "/agents/b/scale", json={"count": 3})
    fewer = chain.expect(200, "POST", "/agents/b/scale", json={"count": 1})["result"]
    assert (fewer["added"], len(fewer["removed"])) == ([], 2)
    none = chain.expect(200, "POST", "/agents/b/scale", json={"count": 0})["result"]
    assert len(none["removed"]) == 1
    assert (chain.names(), chain.edges()) == (["a", "c"], set())
    again = chain.expect(200, "POST", "/agents/b/scale", json={"count": 1})["result"]
    assert again["added"] == ["b_1"]
    assert chain.edges() == {("a", "b_1"), ("b_1", "c")}


@pytest.mark.parametrize(
    "body", [{}, *({"count": wrong} for wrong in (None, "2", 1.5, 2.0, -1, True, [], {}))]
)
def test_s3_scale__a_count_that_is_none_is_400(chain: SwarmApi, body: dict[str, Any]) -> None:
    found = chain.call("POST", "/agents/b/scale", json=body)
    assert found.status_code == 400
    assert found.json()["error"] == WRONG_COUNT
    assert chain.names() == ["a", "b", "c"]


def test_s3_scale__too_many_and_of_nobody_are_refused(chain: SwarmApi) -> None:
    assert chain.call("POST", "/agents/b/scale", json={"count": 100_000}).status_code == 400
    answer = chain.call("POST", "/agents/nobody/scale", json={"count": 2})
    assert answer.status_code in (400, 404)
    assert answer.json()["error"]
    assert chain.names() == ["a", "b", "c"]
