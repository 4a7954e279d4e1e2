"""What has to hold for answers of the running stack, whichever route gave them."""

from __future__ import annotations

import re
from datetime import UTC, datetime
from typing import Any

import requests

PROBLEM_MEMBERS = {
    "type",
    "title",
    "status",
    "detail",
    "instance",
    "correlation_id",
    "error",
}
RATE_HEADERS = ("X-RateLimit-Limit", "X-RateLimit-Remaining", "X-RateLimit-Reset")
_TIME = re.compile(r"^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?Z$")


def has_common_headers(answer: requests.Response) -> None:
    """Fails unless the answer has what every answer has: an id, rate limits, CORS."""
    assert re.fullmatch(r"[A-Za-z0-9._-]{1,128}", answer.headers.get("X-Request-Id", ""))
    for name in RATE_HEADERS:
        assert answer.headers.get(name, "").isdecimal(), f"{name} of {answer.headers}"
    assert answer.headers.get("Access-Control-Allow-Origin") == "*"


def v1_data(answer: requests.Response) -> Any:
    """What S1's envelope is around; fails unless it is one around something good."""
    assert answer.status_code == 200, f"{answer.status_code} {answer.text[:600]}"
    assert answer.headers["Content-Type"] == "application/json"
    has_common_headers(answer)
    found = answer.json()
    assert set(found) == {"code", "data", "message", "requestId"}
    assert (found["code"], found["message"]) == (200, "success")
    assert found["requestId"] == answer.headers["X-Request-Id"]
    return found["data"]


def v1_refusal(answer: requests.Response, status: int, slug: str, *extra: str) -> dict[str, Any]:
    """S1's refusal; fails unless it is one, with exactly `type` and `extra` in its details."""
    assert answer.status_code == status, f"{answer.status_code} {answer.text[:600]}"
    assert answer.headers["Content-Type"] == "application/json"
    has_common_headers(answer)
    found: dict[str, Any] = answer.json()
    assert set(found) == {"code", "details", "message", "requestId"}
    assert found["code"] == status
    assert found["message"]
    assert found["requestId"] == answer.headers["X-Request-Id"]
    assert set(found["details"]) == {"type", *extra}, found
    assert found["details"]["type"] == f"/errors/{slug}"
    return found


def problem(answer: requests.Response, status: int, slug: str, *extra: str) -> dict[str, Any]:
    """The problem document of a refusal; fails unless it is one, with exactly the members that
    every problem has and `extra`."""
    assert answer.status_code == status, f"{answer.status_code} {answer.text[:600]}"
    assert answer.headers["Content-Type"] == "application/problem+json"
    has_common_headers(answer)
    found: dict[str, Any] = answer.json()
    assert set(found) == PROBLEM_MEMBERS | set(extra), found
    assert found["type"] == f"/errors/{slug}"
    assert found["status"] == status
    assert found["error"] == found["detail"]
    assert found["correlation_id"] == answer.headers["X-Request-Id"]
    assert all(isinstance(found[name], str) for name in PROBLEM_MEMBERS - {"status"})
    return found


def places(found: dict[str, Any]) -> dict[str, str]:
    """The places that a problem document's `errors` name, with what is wrong there."""
    return {one["location"]: one["message"] for one in found["errors"]}


def instant(text: Any) -> datetime:
    """A time of an answer; fails unless it is RFC 3339 in UTC with `Z`."""
    assert isinstance(text, str) and _TIME.match(text), text
    return datetime.fromisoformat(text).astimezone(UTC)
