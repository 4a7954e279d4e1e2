"""S3, API info: the descriptor at the root; base URL and conventions."""

from __future__ import annotations

from tests.support.answers import has_common_headers
from tests.support.stack import Api

EVENTS = {
    "client_to_server": {
        "send_task",
        "get_status",
        "subscribe_logs",
        "unsubscribe_logs",
        "subscribe_events",
        "unsubscribe_events",
    },
    "server_to_client": {
        "agent_output",
        "agent_status",
        "message_routed",
        "message_broadcast",
        "agent_added",
        "agent_removed",
        "topology_changed",
        "swarm_started",
        "swarm_stopped",
        "log_entry",
        "event",
    },
}


def test_s3_api_info__the_root_describes_the_api_to_everybody(nobody: Api) -> None:
    answer = nobody.get("/")
    assert answer.status_code == 200
    has_common_headers(answer)
    found = answer.json()
    assert set(found) == {
        "name",
        "version",
        "description",
        "endpoints",
        "websocket",
        "documentation",
    }
    assert found["version"] == "1.0.0"
    assert found["name"] and found["description"]
    assert found["endpoints"]["swarms"] == "/api/swarms"
    assert found["documentation"]


def test_s3_api_info__the_websocket_section_has_url_topic_and_events(nobody: Api) -> None:
    found = nobody.get("/").json()["websocket"]
    assert (found["url"], found["channel"]) == ("/swarm", "swarm:{swarm_name}")
    assert {kind: set(names) for kind, names in found["events"].items()} == EVENTS


def test_s3_conventions__cors_is_on_for_all_origins(nobody: Api) -> None:
    asked = {"Origin": "https://elsewhere.example", "Access-Control-Request-Method": "POST"}
    answer = nobody.call("OPTIONS", "/api/swarms", headers=asked)
    assert answer.status_code in (200, 204)
    assert answer.headers["Access-Control-Allow-Origin"] == "*"


def test_s3_conventions__bodies_are_json_only(ours: Api) -> None:
    for media in ("text/plain", "application/x-www-form-urlencoded", "application/yaml"):
        answer = ours.post("/api/swarms", data=b"{}", headers={"Content-Type": media})
        assert answer.status_code == 415, media
