"""S3, overlay and snapshot: what was changed of a running swarm, and what that makes of it."""

from __future__ import annotations

import json

import pytest

from tests.support.answers import problem
from tests.support.stack import Api
from tests.support.swarm_api import SwarmApi, mock


@pytest.fixture
def changed(ours: Api) -> SwarmApi:
    """a → b, to which c was added, b scaled to 2, and a counter."""
    swarm = SwarmApi.create(
        ours,
        agents=[mock("a", config={"api_key": "hush", "tone": "kind"}), mock("b")],
        topology=[["a", "b"]],
    )
    swarm.expect(201, "POST", "/agents", json=mock("c", incoming=["a"]))
    swarm.expect(200, "POST", "/agents/b/scale", json={"count": 2})
    swarm.expect(201, "POST", "/objects", json={"name": "n", "handler": "counter"})
    swarm.expect(200, "PATCH", "/topology", json={"add": [["c", "n"]]})
    return swarm


def test_s3_overlay__shows_the_recorded_events_in_order(changed: SwarmApi) -> None:
    found = changed.get("/overlay")
    assert set(found) == {"swarm", "events"}
    assert found["swarm"] == changed.name
    assert all(set(event) == {"op", "payload"} for event in found["events"])
    assert [event["op"] for event in found["events"]] == [
        "add_agent",
        "scale_agent_group",
        "add_object",
        "add_topology_edges",
    ]
    assert found["events"][1]["payload"] == {"base_name": "b", "target_count": 2}


def test_s3_overlay__a_new_start_of_the_name_replays_it(changed: SwarmApi) -> None:
    edges = changed.edges()
    changed.expect(200, "DELETE")
    changed.expect(200, "POST", "/restart")
    assert changed.names() == ["a", "b_1", "b_2", "c"]
    assert changed.edges() == edges


def test_s3_overlay__cleared_the_swarm_is_its_seed_again(changed: SwarmApi) -> None:
    cleared = changed.expect(200, "DELETE", "/overlay")
    assert cleared == {"status": "cleared", "swarm": changed.name}
    assert changed.get("/overlay")["events"] == []
    assert (changed.names(), changed.names("objects")) == (["a", "b"], [])


def test_s3_snapshot__is_elixir_source_without_secrets(changed: SwarmApi) -> None:
    answer = changed.call("POST", "/snapshot")
    assert answer.status_code == 200
    assert answer.headers["Content-Type"].startswith("text/x-elixir")
    assert answer.text.lstrip().startswith("%{")
    assert "hush" not in answer.text
    assert '"[REDACTED]"' in answer.text
    assert "kind" in answer.text


@pytest.mark.parametrize("format", ["exs", "json", "yaml"])
def test_s3_snapshot__is_read_back_as_the_same_swarm(changed: SwarmApi, format: str) -> None:
    answer = changed.call("POST", f"/snapshot?format={format}")
    assert answer.status_code == 200
    given = {"content": answer.text, "format": format}
    found = changed.api.expect(200, "POST", "/api/config/validate", json=given)["config"]
    assert sorted(agent["name"] for agent in found["agents"]) == changed.names()
    assert {(edge["from"], edge["to"]) for edge in found["topology"]} == changed.edges()
    assert [one["handler"] for one in found["objects"]] == ["counter"]


def test_s3_snapshot__a_snapshot_makes_a_swarm(changed: SwarmApi) -> None:
    config = json.loads(changed.call("POST", "/snapshot?format=json").text)
    again = SwarmApi.create(changed.api, **{**config, "name": f"{changed.name}-again"})
    assert again.edges() == changed.edges()


def test_s3_snapshot__another_format_is_400(changed: SwarmApi) -> None:
    assert "xml" in changed.refused(400, "POST", "/snapshot?format=xml")["error"]


def test_s3_overlay__of_an_unknown_swarm_is_404(ours: Api) -> None:
    for method, path in (("GET", "overlay"), ("DELETE", "overlay"), ("POST", "snapshot")):
        answer = ours.call(method, f"/api/swarms/nowhere/{path}")
        assert problem(answer, 404, "not-found")["error"] == "Swarm not found"
