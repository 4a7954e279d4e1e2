"""What the Python client sends, what it makes of answers, and when it sends again."""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from typing import Any

import httpx
import pytest

import runyard
from infra.paths import ROOT
from runyard._answer import Answer, problem, read, retry_after
from runyard._client import Client
from runyard._pages import EnvelopeCursor, walk
from runyard._request import Request, make
from runyard._retries import backoff
from tests.support.sdk import KINDS, Sdk

Handler = Callable[[httpx.Request], httpx.Response]
OPENAPI = json.loads((ROOT / "docs" / "openapi.json").read_text())


class Server:
    """Answers by a list, and remembers what it was asked and how long the client paused."""

    def __init__(self, *answers: httpx.Response | Exception) -> None:
        self.answers = list(answers)
        self.asked: list[httpx.Request] = []
        self.pauses: list[float] = []

    def sdk(self, kind: str, monkeypatch: pytest.MonkeyPatch) -> Sdk:
        """A client of one kind whose requests come here."""
        transport = httpx.MockTransport(self._answer)
        plain, asynchronous = (
            httpx.Client(transport=transport),
            httpx.AsyncClient(transport=transport),
        )
        http: Any = asynchronous if kind == "async" else plain
        sdk = KINDS[kind]("http://runyard.test/stage/", "ada.secret", http=http)
        monkeypatch.setattr(sdk.client, "_sleep", self._later if kind == "async" else self._pause)
        return sdk

    def _answer(self, request: httpx.Request) -> httpx.Response:
        self.asked.append(request)
        answer = self.answers.pop(0)
        if isinstance(answer, Exception):
            raise answer
        return answer

    def _pause(self, seconds: float) -> None:
        self.pauses.append(seconds)

    async def _later(self, seconds: float) -> None:
        self.pauses.append(seconds)


@pytest.fixture(params=KINDS)
def kind(request: pytest.FixtureRequest) -> str:
    return str(request.param)


STARTED = {"execution_id": "run_1", "workflow": "greet", "version": 1}


def _refusal(status: int, **headers: str) -> httpx.Response:
    return httpx.Response(status, json={"detail": "later"}, headers=headers)


def test_a_request_has_the_token_the_body_and_every_place_quoted(
    kind: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    server = Server(httpx.Response(202, json=STARTED), httpx.Response(200, json={"executions": []}))
    sdk = server.sdk(kind, monkeypatch)
    assert sdk.get(sdk.client.start("a/b?c", {"who": "Ada"})) == STARTED
    sdk.get(sdk.client.runs.list(limit=5, status="failed"))
    start, listing = server.asked
    assert start.url.raw_path == b"/stage/api/v1/run/a%2Fb%3Fc"
    assert start.headers["authorization"] == "Bearer ada.secret"
    assert start.headers["content-type"] == "application/json"
    assert json.loads(start.content) == {"inputs": {"who": "Ada"}}
    assert dict(listing.url.params) == {"limit": "5", "status": "failed"}
    assert "content-type" not in listing.headers


def test_public_operations_are_asked_without_the_token(
    kind: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    server = Server(httpx.Response(200, json={"status": "ok", "version": "1"}))
    sdk = server.sdk(kind, monkeypatch)
    sdk.get(sdk.client.health.healthz())
    assert "authorization" not in server.asked[0].headers


@pytest.mark.parametrize("bad", ["", ".", ".."])
def test_what_would_be_another_path_is_refused(bad: str) -> None:
    with pytest.raises(ValueError, match="id cannot be"):
        Client("http://runyard.test").runs.get(bad)


@pytest.mark.parametrize("bad", ["localhost:8000", "ws://a.test", "http://", "http://a.test/?b=c"])
def test_an_address_that_is_none_is_refused_at_once(kind: str, bad: str) -> None:
    with pytest.raises(ValueError, match="not the address"):
        KINDS[kind](bad, "ada.secret")


def test_text_is_yaml_and_data_is_json(kind: str, monkeypatch: pytest.MonkeyPatch) -> None:
    applied = {"name": "a", "version": 1, "status": "created", "content_hash": "x"}
    server = Server(*[httpx.Response(201, json=applied) for _ in range(2)])
    sdk = server.sdk(kind, monkeypatch)
    sdk.get(sdk.client.workflows.apply("a", "name: a"))
    sdk.get(sdk.client.workflows.apply("a", {"name": "a"}))
    text, data = server.asked
    assert (text.headers["content-type"], text.content) == ("application/yaml", b"name: a")
    assert (data.headers["content-type"], data.content) == ("application/json", b'{"name": "a"}')


def test_a_start_is_sent_again_with_the_same_key(
    kind: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    server = Server(
        httpx.ReadError("broken"),
        _refusal(502),
        _refusal(503, **{"Retry-After": "3"}),
        httpx.Response(202, json=STARTED),
    )
    sdk = server.sdk(kind, monkeypatch)
    assert sdk.get(sdk.client.start("greet")) == STARTED
    assert len({request.headers["idempotency-key"] for request in server.asked}) == 1
    assert server.pauses[2] == 3.0
    assert 0.125 <= server.pauses[0] <= 0.25 <= server.pauses[1] <= 0.5


def test_two_starts_have_two_keys(kind: str, monkeypatch: pytest.MonkeyPatch) -> None:
    server = Server(*[httpx.Response(202, json=STARTED) for _ in range(2)])
    sdk = server.sdk(kind, monkeypatch)
    for _ in "ab":
        sdk.get(sdk.client.start("greet"))
    assert len({request.headers["idempotency-key"] for request in server.asked}) == 2


def test_what_cannot_be_repeated_is_not_sent_again_after_it_may_have_been_done(
    kind: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    server = Server(httpx.ReadError("broken"), _refusal(502), _refusal(503))
    sdk = server.sdk(kind, monkeypatch)
    given = {"email": "ada@example.org", "password": "a password"}
    with pytest.raises(runyard.ConnectionFailed):
        sdk.get(sdk.client.auth.login(**given))
    for _ in range(2):
        with pytest.raises(runyard.ServerProblem):
            sdk.get(sdk.client.auth.login(**given))
    assert server.pauses == []


def test_what_was_refused_or_never_sent_is_sent_again_whatever_it_is(
    kind: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    created = {"id": "usr_1", "email": "a@b.c", "role": "viewer", "org": "o", "created_at": "…"}
    server = Server(
        httpx.ConnectError("nobody"),
        _refusal(429, **{"Retry-After": "7"}),
        httpx.Response(201, json=created),
    )
    sdk = server.sdk(kind, monkeypatch)
    answer = sdk.client.users.create(email="a@b.c", password="a password", role="viewer")
    assert sdk.get(answer) == created
    assert server.pauses[1] == 7.0


def test_patience_ends_and_the_caller_gets_what_came_last(
    kind: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    server = Server(*[_refusal(429, **{"Retry-After": "2"}) for _ in range(5)], _refusal(429))
    sdk = server.sdk(kind, monkeypatch)
    with pytest.raises(runyard.RateLimited) as told:
        sdk.get(sdk.client.runs.get("run_1"))
    assert told.value.retry_after == 2.0
    assert server.pauses == [2.0, 2.0, 2.0]


def test_an_hour_is_not_waited_for(kind: str, monkeypatch: pytest.MonkeyPatch) -> None:
    server = Server(_refusal(429, **{"Retry-After": "3600"}))
    sdk = server.sdk(kind, monkeypatch)
    with pytest.raises(runyard.RateLimited) as told:
        sdk.get(sdk.client.runs.get("run_1"))
    assert (told.value.retry_after, server.pauses) == (3600.0, [])


def test_a_cancel_whose_answer_was_lost_is_asked_again_and_is_a_cancel(
    kind: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    missing = httpx.Response(404, json={"detail": "execution not found or not cancellable"})
    server = Server(
        httpx.ReadTimeout("slow"), missing, httpx.Response(200, json={"status": "cancelled"})
    )
    sdk = server.sdk(kind, monkeypatch)
    cancelled = {"execution_id": "run_1", "status": "cancelled"}
    assert sdk.get(sdk.client.cancel("run_1")) == cancelled
    over = httpx.Response(404, json={"detail": "over"})
    server.answers = [over, httpx.Response(200, json={"status": "completed"})]
    with pytest.raises(runyard.NotFound, match="over"):
        sdk.get(sdk.client.cancel("run_1"))


def test_a_wait_looks_less_often_with_time_and_ends_with_the_run(
    kind: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    going, over = {"status": "running"}, {"status": "timed_out"}
    answers = [httpx.Response(200, json=one) for one in (going, going, over)]
    server = Server(*answers)
    sdk = server.sdk(kind, monkeypatch)
    assert sdk.get(sdk.client.wait("run_1")) == over
    assert len(server.pauses) == 2
    assert all(0.1 <= pause <= 5.0 for pause in server.pauses)
    server.answers = [httpx.Response(200, json=going)]
    with pytest.raises(TimeoutError):
        sdk.get(sdk.client.wait("run_1", timeout=0))


def test_pages_are_fetched_until_the_last(kind: str, monkeypatch: pytest.MonkeyPatch) -> None:
    server = Server(
        httpx.Response(200, json={"executions": [1, 2], "next_page_token": "x"}),
        httpx.Response(200, json={"executions": [3]}),
        httpx.Response(200, json={"items": ["a"], "total": 3, "limit": 1, "offset": 0}),
        httpx.Response(200, json={"items": ["b"], "total": 3, "limit": 1, "offset": 1}),
        httpx.Response(200, json={"items": [], "total": 3, "limit": 1, "offset": 2}),
        httpx.Response(200, json={"items": ["t"], "total": 1, "limit": 50, "offset": 0}),
        httpx.Response(200, json={"logs": ["m"], "next": 1}),
        httpx.Response(200, json={"logs": [], "next": None}),
    )
    sdk = server.sdk(kind, monkeypatch)
    assert list(sdk.each(sdk.client.runs.list_all(page_size=2))) == [1, 2, 3]
    assert list(sdk.each(sdk.client.users.list_all())) == ["a", "b"]
    assert list(sdk.each(sdk.client.tokens.list_all())) == ["t"]
    assert list(sdk.each(sdk.client.runs.logs_all("run_1"))) == ["m"]
    queries = [str(request.url.query.decode()) for request in server.asked]
    assert queries == [
        "limit=2",
        "limit=2&page_token=x",
        "",
        "offset=1",
        "offset=2",
        "",
        "",
        "after=1",
    ]


def test_pages_in_envelopes_are_walked_through_too() -> None:
    pages = [
        {"data": {"items": ["a", "b"], "offset": 0, "limit": 2, "hasMore": True}},
        {"data": {"items": ["c"], "offset": 2, "limit": 2, "hasMore": False}},
    ]
    asked: list[Any] = []

    def page(place: Any) -> Request[Any]:
        asked.append(place)
        return make("GET", "/v1/runs", query={"offset": place})

    def send(request: Request[Any]) -> Any:
        return pages.pop(0)

    assert list(walk(send, EnvelopeCursor(), page)) == ["a", "b", "c"]
    assert asked == [None, 2]


def _examples() -> list[Any]:
    media = "application/problem+json"
    return [
        pytest.param(example["value"], id=name)
        for response in OPENAPI["components"]["responses"].values()
        for name, example in response["content"][media]["examples"].items()
    ]


@pytest.mark.parametrize("body", _examples())
def test_every_kind_of_problem_of_the_document_has_an_exception(body: dict[str, Any]) -> None:
    answer = Answer(body["status"], {}, json.dumps(body).encode())
    found = problem(answer)
    named = {404: runyard.NotFound, 409: runyard.Conflict, 429: runyard.RateLimited}
    assert isinstance(found, named.get(body["status"], runyard.Problem))
    assert type(found) is not runyard.Problem or body["status"] == 405
    assert (found.status, found.type, found.detail) == (
        body["status"],
        body["type"],
        body["detail"],
    )
    assert found.correlation_id == body["correlation_id"]
    assert found.title == body["title"]


def test_refusals_of_other_dialects_keep_their_words() -> None:
    spoken = {
        b'{"status": "error", "message": "No"}': "No",
        b'{"code": 404, "message": "Gone", "requestId": "req_1"}': "Gone",
        b"Unauthorized: token required": "Unauthorized: token required",
        b"": "the answer was 400",
        b"[1]": "[1]",
    }
    for content, detail in spoken.items():
        assert problem(Answer(400, {"x-request-id": "req_1"}, content)).detail == detail
    wrong = {"type": "/errors/validation-error", "errors": [{"location": "a", "message": "b"}]}
    envelope = {"code": 400, "message": "Wrong", "details": wrong, "requestId": "req_1"}
    found = problem(Answer(400, {}, json.dumps(envelope).encode()))
    assert isinstance(found, runyard.BadRequest)
    assert (found.slug, found.correlation_id) == ("validation-error", "req_1")
    assert found.errors == (runyard.Place("a", "b"),)
    texts = problem(
        Answer(400, {}, b'{"errors": ["one", {"location": "a", "message": "b", "line": 3}]}')
    )
    assert texts.errors == (runyard.Place("", "one"), runyard.Place("a", "b", 3))
    assert str(texts) == "400 the answer was 400\n  : one\n  a: b"


def test_answers_are_read_by_what_they_are() -> None:
    request: Request[Any] = make("GET", "/a")
    json_type = {"content-type": "application/schema+json; charset=utf-8"}
    assert read(request, Answer(200, json_type, b'{"a": 1}')) == {"a": 1}
    assert read(request, Answer(200, {"content-type": "text/plain"}, "é".encode())) == "é"
    assert read(request, Answer(304, {}, b"")) is None
    assert read(request, Answer(204, {}, b"")) is None
    assert read(request, Answer(302, {"location": "https://elsewhere"}, b"")) == "https://elsewhere"
    page = Answer(200, {"content-type": "text/html; charset=utf-8"}, b"<html>")
    assert read(make("GET", "/docs"), page) == "<html>"
    with pytest.raises(runyard.ConnectionFailed, match="GET /a: a web page"):
        read(request, page)
    with pytest.raises(runyard.ConnectionFailed, match="half an answer"):
        read(request, Answer(200, {"content-type": "application/json"}, b'{"a":'))


def test_retry_after_is_seconds_or_a_date() -> None:
    soon = format_datetime(datetime.now(UTC) + timedelta(seconds=90), usegmt=True)
    assert retry_after({"retry-after": "12"}) == 12.0
    assert 60 < (retry_after({"retry-after": soon}) or 0) <= 90
    assert retry_after({"retry-after": "Wed, 21 Oct 2015 07:28:00 GMT"}) == 0.0
    assert retry_after({"retry-after": "soon"}) is None
    assert retry_after({}) is None


def test_pauses_double_up_to_the_longest() -> None:
    for failures, whole in ((1, 0.25), (2, 0.5), (5, 4.0), (40, 10.0)):
        assert whole / 2 <= backoff(failures, 0.25, 10.0) <= whole


def test_a_body_that_json_cannot_say_is_refused() -> None:
    with pytest.raises(ValueError, match="JSON"):
        make("POST", "/a", body={"a": float("nan")})
