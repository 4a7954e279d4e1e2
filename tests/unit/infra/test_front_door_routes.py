"""One table of cases for both doors: the Python router and the CloudFront function in node."""

from __future__ import annotations

import json
from typing import Any, NamedTuple
from urllib.parse import parse_qsl, unquote

import pytest

from infra.front_door import cloudfront, routes
from infra.gateway_responses import LIMIT_HEADERS, preflight_headers
from infra.node import node


class Case(NamedTuple):
    path: str
    query: str
    upgrade: bool
    target: str
    """rest, socket, or the status of the refusal."""
    arrives: list[tuple[str, str]]
    """The query as the origin reads it."""


def socket(path: str, query: str = "", *kept: tuple[str, str]) -> Case:
    return Case(path, query, True, "socket", [*kept, ("path", path)])


CASES = [
    Case("/", "", False, "rest", []),
    Case("/api/v1/pipelines", "limit=5", False, "rest", [("limit", "5")]),
    Case("/api/v1/pipelines/run_1/events", "", False, "rest", []),
    # On REST, `path` is a name like any other.
    Case("/api/v1/runs", "path=x", False, "rest", [("path", "x")]),
    socket("/ws"),
    socket("/ws", "token=a.b", ("token", "a.b")),
    socket("/swarm/websocket", "vsn=2.0.0&token=t", ("vsn", "2.0.0"), ("token", "t")),
    socket("/api/v1/pipelines/run_1/stream"),
    socket("/api/v1/batch/b-1/stream"),
    socket("/api/v1/deployments/my%20model/events"),
    # Spoofing, in every spelling that API Gateway would read as `path`.
    socket("/ws", "path=/evil"),
    socket("/ws", "path=/evil&path=/worse&token=t", ("token", "t")),
    socket("/ws", "p%61th=/evil"),
    socket("/ws", "%70%61%74%68=/evil"),
    socket("/ws", "%ff=x&%zz=y"),
    socket("/ws", "Path=mine", ("Path", "mine")),
    Case("/ws/", "", True, "404", []),
    Case("/wsx", "", True, "404", []),
    Case("/nope", "", True, "404", []),
    Case("/api/v1/pipelines/a/b/stream", "", True, "404", []),
    Case("/api/v1/pipelines//stream", "", True, "404", []),
    Case("/api/v1/runs", "", True, "404", []),
    Case("/ws", "", False, "400", []),
    Case("/api/v1/batch/b-1/stream", "", False, "400", []),
    Case("/@connections/abc", "", False, "404", []),
    Case("/@connections/abc", "", True, "404", []),
]
IDS = [f"{case.path}?{case.query}{' upgrade' if case.upgrade else ''}" for case in CASES]


def event(case: Case) -> dict[str, Any]:
    """The case as CloudFront hands it to a function: names and values still encoded."""
    query: dict[str, Any] = {}
    for pair in filter(None, case.query.split("&")):
        name, _, value = pair.partition("=")
        query[name] = {"value": value}
    headers = {"host": {"value": "runs.example.com"}, "x-runyard-viewer": {"value": "forged"}}
    if case.upgrade:
        headers["sec-websocket-key"] = {"value": "x"}
    request = {"method": "GET", "uri": case.path, "querystring": query, "headers": headers}
    return {"context": {"requestId": "req-1"}, "viewer": {"ip": "198.51.100.7"}, "request": request}


@pytest.fixture(scope="module")
def from_javascript() -> list[dict[str, Any]]:
    """What the generated function answers for each case."""
    events = json.dumps([event(case) for case in CASES])
    program = f"{cloudfront.javascript()}\nconsole.log(JSON.stringify({events}.map(handler)));"
    done = node("-e", program)
    assert done.returncode == 0, done.stderr
    answers: list[dict[str, Any]] = json.loads(done.stdout)
    return answers


@pytest.mark.parametrize("case", CASES, ids=IDS)
def test_the_local_door_sends_each_request_where_the_table_says(case: Case) -> None:
    found = routes.route(case.path, case.query, upgrade=case.upgrade)
    if found.refusal is not None:
        assert (found.target, str(found.refusal.status)) == ("nowhere", case.target)
        return
    assert found.target == case.target
    assert parse_qsl(found.query, keep_blank_values=True) == case.arrives


@pytest.mark.parametrize("number", range(len(CASES)), ids=IDS)
def test_the_cloudfront_function_agrees_with_the_local_door(
    number: int, from_javascript: list[dict[str, Any]]
) -> None:
    case, answer = CASES[number], from_javascript[number]
    if "statusCode" in answer:
        problem = json.loads(answer["body"]["data"])
        assert str(answer["statusCode"]) == str(problem["status"]) == case.target
        assert problem["correlation_id"] == "req-1"
        assert problem["error"] == problem["detail"]
        return
    arrived = [
        (unquote(name), unquote(value["value"])) for name, value in answer["querystring"].items()
    ]
    assert arrived == case.arrives
    assert answer["uri"] == ("/api" if case.target == "socket" else case.path)
    assert answer["headers"]["x-forwarded-host"] == {"value": "runs.example.com"}
    assert answer["headers"]["x-runyard-viewer"] == {"value": "198.51.100.7"}


@pytest.mark.parametrize("path", ["/", "/api/v1/executions", "/ws", "/@connections/x", "/none"])
def test_the_cloudfront_function_answers_a_preflight_on_every_path(path: str) -> None:
    asked = event(Case(path, "", False, "rest", []))
    asked["request"]["method"] = "OPTIONS"
    source = cloudfront.javascript("https://app.example.com")
    program = f"{source}\nconsole.log(JSON.stringify(handler({json.dumps(asked)})));"
    done = node("-e", program)
    assert done.returncode == 0, done.stderr
    answer = json.loads(done.stdout)
    given = {name: value["value"] for name, value in answer["headers"].items()}
    wanted = {**preflight_headers("https://app.example.com"), **LIMIT_HEADERS}
    wanted["X-Request-Id"] = "req-1"
    assert (answer["statusCode"], given) == (204, {n.lower(): v for n, v in wanted.items()})


def test_every_socket_path_has_a_cloudfront_behaviour() -> None:
    assert cloudfront.path_patterns() == (
        "/ws",
        "/swarm/websocket",
        "/api/v1/pipelines/*/stream",
        "/api/v1/batch/*/stream",
        "/api/v1/deployments/*/events",
    )


def test_the_function_fits_cloudfronts_limit_of_10_kilobytes() -> None:
    assert len(cloudfront.javascript()) < 10_240


def test_only_the_cors_origin_is_left_to_cloudformation() -> None:
    assert cloudfront.javascript("${CorsOrigin}").count("${") == 1
