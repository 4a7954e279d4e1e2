"""What `http/request` sends, and what it makes of answers. The client itself is tested over sockets."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, cast

import pytest

from chalicelib.actions import registry
from chalicelib.actions.base import ActionContext
from chalicelib.actions.http_request import output
from chalicelib.cloud.http import HttpAnswer, OutboundHttp
from chalicelib.core.steps import StepFailed

URL = "https://example.org/x"


@dataclass
class Recorder:
    """Stands where the client stands, and answers what it is told to."""

    answer: HttpAnswer = field(default_factory=lambda: HttpAnswer(200, {}, b"", URL))
    calls: list[dict[str, Any]] = field(default_factory=list)

    def request(self, method: str, url: str, **more: Any) -> HttpAnswer:
        self.calls.append({"method": method, "url": url, **more})
        return self.answer


def run(
    params: Mapping[str, Any], http: Recorder, *, key: str | None = None, remaining: float = 60
) -> dict[str, Any]:
    def no_model() -> Any:
        raise AssertionError("no model was asked for")

    context = ActionContext(
        http=cast(OutboundHttp, http),
        bedrock=no_model,
        remaining=lambda: remaining,
        idempotency_key=key,
    )
    return cast(dict[str, Any], registry.run("http/request", params, context))


def sent(params: Mapping[str, Any], **more: Any) -> dict[str, Any]:
    http = Recorder()
    run({"url": URL, **params}, http, **more)
    return http.calls[0]


def test_the_defaults_are_a_get_without_a_body_for_half_a_minute_with_five_redirects() -> None:
    call = sent({})
    assert call == {
        "method": "GET",
        "url": URL,
        "headers": {},
        "body": None,
        "timeout_seconds": 30.0,
        "max_bytes": 5_000_000,
        "follow_redirects": 5,
    }


def test_the_timeout_is_never_longer_than_the_try_has_left() -> None:
    assert sent({"timeout": "1m30s"}, remaining=100)["timeout_seconds"] == 90
    assert sent({"timeout": "1m30s"}, remaining=12.5)["timeout_seconds"] == 12.5
    assert sent({"follow_redirects": False})["follow_redirects"] == 0


def test_json_and_text_bodies_bring_their_content_type_unless_the_author_gives_one() -> None:
    call = sent({"method": "POST", "json": {"a": [1, None, "ü"]}})
    assert json.loads(call["body"]) == {"a": [1, None, "ü"]}
    assert call["headers"] == {"content-type": "application/json"}
    assert sent({"method": "POST", "json": None})["body"] == b"null"
    call = sent({"method": "POST", "body": "ü"})
    assert (call["body"], call["headers"]["content-type"]) == (
        b"\xc3\xbc",
        "text/plain; charset=utf-8",
    )
    call = sent({"method": "POST", "body": "a=1", "headers": {"CONTENT-TYPE": "x/y"}})
    assert call["headers"] == {"content-type": "x/y"}


def test_query_members_are_added_before_the_fragment_and_lists_repeat_their_name() -> None:
    query = {"tag": ["a b", 2], "on": True, "ü": "&"}
    assert sent({"query": query})["url"] == f"{URL}?tag=a+b&tag=2&on=true&%C3%BC=%26"
    assert sent({"url": f"{URL}?z=1#top", "query": {"a": "b"}})["url"] == f"{URL}?z=1&a=b"


@pytest.mark.parametrize(
    ("params", "header"),
    [
        ({"method": "POST"}, "run_1/pay"),
        ({"method": "DELETE"}, "run_1/pay"),
        ({"method": "GET"}, None),
        ({"method": "HEAD"}, None),
        ({"method": "POST", "headers": {"Idempotency-KEY": "mine"}}, "mine"),
    ],
)
def test_a_request_that_changes_something_carries_the_steps_idempotency_key(
    params: dict[str, Any], header: str | None
) -> None:
    assert sent(params, key="run_1/pay")["headers"].get("idempotency-key") == header


def test_a_body_that_json_cannot_write_fails_for_good() -> None:
    for params in ({"json": float("nan")}, {"body": "\ud800"}):
        with pytest.raises(StepFailed) as caught:
            sent({"method": "POST", **params})
        assert (caught.value.code, caught.value.retryable) == ("invalid_params", False)


def test_a_status_from_400_fails_the_step_unless_it_is_allowed() -> None:
    answer = HttpAnswer(404, {}, b"none", f"{URL}?key=secret")
    with pytest.raises(StepFailed) as caught:
        run({"url": URL, "allow_status": [409]}, Recorder(answer))
    assert (caught.value.code, caught.value.retryable) == ("http_status", True)
    assert caught.value.message == f"GET {URL} answered 404"
    assert run({"url": URL, "allow_status": [409, 404]}, Recorder(answer))["status"] == 404
    assert run({"url": URL}, Recorder(HttpAnswer(399, {}, b"", URL)))["status"] == 399


def made(content_type: str | None, body: bytes) -> dict[str, Any]:
    headers = {} if content_type is None else {"content-type": content_type}
    found = dict(output(HttpAnswer(200, headers, body, URL)))
    assert found.pop("status") == 200
    assert found.pop("headers") == headers
    return found


@pytest.mark.parametrize(
    ("content_type", "body", "value"),
    [
        ("application/json", b'{"a": 1}', {"a": 1}),
        ("Application/JSON; charset=utf-8", b"[1.5]", [1.5]),
        ("application/problem+json", b'"x"', "x"),
        ("application/json", b"\xef\xbb\xbf{}", {}),
        ("application/json; charset=utf-16", '{"ü": 1}'.encode("utf-16"), {"ü": 1}),
        ("application/json", b"{oops", None),
        ("application/json", b"", None),
        ("application/json", b"NaN", None),
        ("application/json", b"[1e999]", None),
        ("application/json", b'"\\ud800"', None),
        ("application/json", b'"\\ud83d\\ude00"', "\N{GRINNING FACE}"),
        ("application/json", b"[" * 100_000, None),
        ("application/json", b"1" * 5_000, None),
        ("text/plain", b"{}", None),
        ("application/x-ndjson", b"{}", None),
    ],
)
def test_json_is_parsed_where_the_type_says_so_and_null_where_it_is_none(
    content_type: str, body: bytes, value: Any
) -> None:
    found = made(content_type, body)
    assert found["json"] == value
    assert set(found) == {"body", "json"}


@pytest.mark.parametrize(
    ("content_type", "body", "text"),
    [
        ("text/plain; charset=iso-8859-1", b"\xfc", "ü"),
        ('text/html;Charset="windows-1252"', b"\x80", "€"),
        ("text/plain", b"a\xffb", "a\ufffdb"),
        ("text/plain; charset=undefined", b"ab", "ab"),
        ("text/plain; charset=idna", b"ab", "ab"),
        ("text/plain; charset=\x00", b"ab", "ab"),
        ("text/plain; charset=utf-7", b"+AGE-", "+AGE-"),
        ("image/svg+xml", b"<svg/>", "<svg/>"),
        ("application/x-custom; charset=utf-8", b"ab", "ab"),
        (None, b"plain", "plain"),
        ("image/png", b"", ""),
    ],
)
def test_text_is_decoded_by_its_charset_and_never_fails(
    content_type: str | None, body: bytes, text: str
) -> None:
    assert made(content_type, body) == {"body": text, "json": None}


@pytest.mark.parametrize(
    ("content_type", "body", "coded"),
    [
        ("image/png", b"\x89PNG", "iVBORw=="),
        (None, b"\xff", "/w=="),
        ("application/zip", b"a", "YQ=="),
    ],
)
def test_bytes_that_are_no_text_come_as_base64_and_say_so(
    content_type: str | None, body: bytes, coded: str
) -> None:
    assert made(content_type, body) == {"body": coded, "json": None, "encoding": "base64"}
