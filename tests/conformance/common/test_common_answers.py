"""For all dialects: what every answer carries, whatever its status (contract; S4, Rate limits and
Errors), and what a preflight gets."""

from __future__ import annotations

import http.client
from collections.abc import Callable
from urllib.parse import urlsplit

import pytest
import requests

from tests.support.answers import has_common_headers, problem
from tests.support.definitions import delay, shape, workflow
from tests.support.stack import PATIENCE_SECONDS, Api, RunningStack

ONE = workflow("common-one", shape("a"), inputs={"who": {"type": "string", "default": "you"}})


@pytest.fixture(scope="module")
def api(stack: RunningStack) -> Api:
    stack.api.apply(ONE)
    return stack.api


ANSWERS: dict[str, tuple[int, Callable[[Api], requests.Response]]] = {
    "200": (200, lambda api: api.get("/api/v1/executions?limit=1")),
    "200 public": (200, lambda api: api.get("/healthz")),
    "202": (202, lambda api: api.post("/api/v1/run/common-one")),
    "400 query": (400, lambda api: api.get("/api/v1/executions?limit=0")),
    "400 body": (400, lambda api: api.post("/api/v1/run/common-one", data=b"{")),
    "400 socket path": (400, lambda api: api.get("/ws")),
    "404 id": (404, lambda api: api.get("/api/v1/executions/run_x")),
    "404 path": (404, lambda api: api.get("/api/v2/executions")),
    "405": (405, lambda api: api.call("DELETE", "/api/v1/executions")),
    "405 of run": (405, lambda api: api.get("/api/v1/run/common-one")),
    "404 management": (404, lambda api: api.get("/@connections/abc")),
    "404 slug": (404, lambda api: api.get("/errors/no-such")),
    "413": (413, lambda api: api.put("common-one", b"x" * 1_000_001)),
    "413 gateway": (413, lambda api: api.put("common-one", b"x" * 10_500_000)),
    "415": (
        415,
        lambda api: api.post(
            "/api/v1/run/common-one", data=b"a=b", headers={"Content-Type": "text/plain"}
        ),
    ),
    "422": (422, lambda api: api.post("/api/v1/run/common-one", json={"inputs": {"x": 1}})),
}
"""A way to every status."""


@pytest.mark.parametrize("case", ANSWERS)
def test_all_dialects__every_answer_has_an_id_rate_limits_and_cors(api: Api, case: str) -> None:
    status, ask = ANSWERS[case]
    answer = ask(api)
    assert answer.status_code == status, answer.text[:300]
    has_common_headers(answer)


@pytest.mark.parametrize("case", [name for name, (status, _) in ANSWERS.items() if status >= 400])
def test_s4_errors__every_refusal_is_a_problem_with_the_members_of_the_page(
    api: Api, case: str
) -> None:
    status, ask = ANSWERS[case]
    answer = ask(api)
    slug = answer.json()["type"].removeprefix("/errors/")
    extra = {"422": ["errors"]}.get(case, [])
    found = problem(answer, status, slug, *extra)
    assert found["instance"] == urlsplit(str(answer.request.url)).path


@pytest.mark.parametrize(
    "slug",
    [
        "bad-request",
        "unauthorized",
        "permission-denied",
        "not-found",
        "method-not-allowed",
        "conflict",
        "too-large",
        "unsupported-media-type",
        "validation-error",
        "idempotency-mismatch",
        "rate-limited",
        "not-implemented",
        "unavailable",
        "internal-error",
    ],
)
def test_s4_errors__a_type_resolves_to_its_explanation(nobody: Api, slug: str) -> None:
    answer = nobody.get(f"/errors/{slug}")
    assert answer.status_code == 200
    found = answer.json()
    assert set(found) == {"type", "title", "status", "description"}
    assert found["type"] == f"/errors/{slug}"
    assert 400 <= found["status"] < 600 and found["title"] and found["description"]


def test_s4_errors__a_refusals_title_and_status_are_those_of_its_type(api: Api) -> None:
    for status, ask in ANSWERS.values():
        if status >= 400:
            found = ask(api).json()
            page = api.get(found["type"]).json()
            assert (page["title"], page["status"]) == (found["title"], found["status"])


@pytest.mark.parametrize("given", ["req-1", "A.b_c-9", "a" * 128, "0"])
def test_all_dialects__a_sane_request_id_is_taken(api: Api, given: str) -> None:
    for path, status in (("/healthz", 200), ("/api/v1/executions/run_x", 404)):
        answer = api.get(path, headers={"X-Request-Id": given})
        assert (answer.status_code, answer.headers["X-Request-Id"]) == (status, given)


@pytest.mark.parametrize(
    "given", ["a" * 129, "a b", "a;b", "a/b", "a\tb", "<script>", "\u00fc", "a%0d%0aX: y", "{}"]
)
def test_all_dialects__another_request_id_is_replaced(api: Api, given: str) -> None:
    answer = api.get("/healthz", headers={"X-Request-Id": given.encode()})
    assert answer.status_code == 200
    assert answer.headers["X-Request-Id"].startswith("req_")


def test_all_dialects__a_request_id_that_is_folded_to_inject_a_header_injects_none(
    stack: RunningStack,
) -> None:
    port = urlsplit(stack.local.base_url).port
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=PATIENCE_SECONDS)
    connection.putrequest("GET", "/healthz")
    connection._buffer.append(b"X-Request-Id: a\r\n X-Injected: yes")  # type: ignore[attr-defined]
    connection.endheaders()
    answer = connection.getresponse()
    assert answer.status in (200, 400)
    assert answer.getheader("X-Injected") is None
    assert "Injected" not in (answer.getheader("X-Request-Id") or "")
    connection.close()


def test_all_dialects__every_request_gets_an_id_of_its_own(api: Api) -> None:
    ids = [api.get("/healthz").headers["X-Request-Id"] for _ in range(5)]
    assert len(set(ids)) == 5


def test_s4_rate_limits__headers_tell_the_class_of_the_route(api: Api) -> None:
    read, write = api.get("/api/v1/executions"), api.post("/api/v1/run/common-one")
    assert read.headers["X-RateLimit-Limit"] == "1000"
    assert write.headers["X-RateLimit-Limit"] == "100"
    for answer in (read, write):
        assert 1 <= int(answer.headers["X-RateLimit-Reset"]) <= 60
        limit, left = (int(answer.headers[f"X-RateLimit-{n}"]) for n in ("Limit", "Remaining"))
        assert 0 <= left <= limit


def test_all_dialects__a_browser_may_read_what_we_send(api: Api) -> None:
    for path in ("/api/v1/executions", "/api/v1/executions/run_x", "/nowhere"):
        exposed = api.get(path).headers["Access-Control-Expose-Headers"].lower()
        for name in ("X-Request-Id", "X-RateLimit-Remaining", "Retry-After", "Idempotent-Replayed"):
            assert name.lower() in exposed


def test_all_dialects__preflight_is_answered_on_every_documented_path(nobody: Api) -> None:
    paths = nobody.get("/openapi.json").json()["paths"]
    assert len(paths) >= 10
    for path, methods in paths.items():
        answer = nobody.call(
            "OPTIONS",
            path.replace("{", "").replace("}", ""),
            headers={
                "Origin": "https://example.org",
                "Access-Control-Request-Method": next(iter(methods)).upper(),
                "Access-Control-Request-Headers": "authorization,content-type,idempotency-key",
            },
        )
        assert answer.status_code in (200, 204)
        assert answer.headers["Access-Control-Allow-Origin"] == "*"
        allowed = answer.headers["Access-Control-Allow-Methods"]
        assert {method.upper() for method in methods} <= set(allowed.split(","))
        given = answer.headers["Access-Control-Allow-Headers"].lower().split(",")
        assert {"authorization", "content-type", "idempotency-key", "x-request-id"} <= set(given)


@pytest.mark.parametrize("path", ["/nowhere", "/ws", "/swarm/websocket", "/@connections/abc"])
def test_all_dialects__preflight_is_answered_on_every_other_path_too(
    nobody: Api, path: str
) -> None:
    answer = nobody.call("OPTIONS", path, headers={"Origin": "https://example.org"})
    assert answer.status_code in (200, 204)
    assert "POST" in answer.headers["Access-Control-Allow-Methods"]
    has_common_headers(answer)


def test_all_dialects__times_are_the_only_difference_between_two_reads(api: Api) -> None:
    api.apply(workflow("common-still", delay("wait", "1h")))
    run_id = api.run("common-still")
    api.step_running(run_id, "wait")
    assert api.detail(run_id) == api.detail(run_id)
    api.post(f"/api/v1/cancel/{run_id}")
