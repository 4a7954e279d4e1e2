"""Answers: content for what was asked, an exception for every refusal."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from typing import Any, TypeVar, cast

from runyard._request import Request
from runyard.errors import ConnectionFailed, Place, Problem, problem_class

T = TypeVar("T")


@dataclass(frozen=True)
class Answer:
    """An answer before it is read. Names of `headers` are in small letters."""

    status: int
    headers: Mapping[str, str]
    content: bytes


def read(request: Request[T], answer: Answer) -> T:
    """The content of an answer: JSON as data, other types as text, a redirect as where it leads,
    nothing (304, or no content) as None. Raises Problem for a refusal, and ConnectionFailed for
    what says it is JSON and is not, and for a web page where the API has none."""
    if answer.status >= 400:
        raise problem(answer)
    if answer.status == 304 or (not answer.content and answer.status < 300):
        return cast(T, None)
    if answer.status >= 300:
        return cast(T, answer.headers.get("location", ""))
    if _media(answer) == "text/html" and not request.path.startswith("/docs"):
        # A proxy that wants a sign-in, or the address of something else.
        raise ConnectionFailed(
            f"{request.method} {request.path}: a web page, not an answer of Runyard"
        )
    if not _is_json(answer):
        return cast(T, answer.content.decode("utf-8", "replace"))
    try:
        return cast(T, json.loads(answer.content))
    except ValueError as error:
        raise ConnectionFailed(f"{request.method} {request.path}: half an answer") from error


def problem(answer: Answer) -> Problem:
    """A refusal as an exception, whatever dialect it speaks: a problem document, S0's
    `{status, message}`, S1's `{code, message, details: {type, errors}}`, plain text, or nothing."""
    body = _members(answer)
    text = answer.content.decode("utf-8", "replace").strip() if not body else ""
    details = body.get("details")
    told = {**details, **body} if isinstance(details, dict) else body
    slug = str(told.get("type", "about:blank"))
    detail = next(
        (found for name in ("detail", "message", "error") if (found := body.get(name))),
        text[:500] or f"the answer was {answer.status}",
    )
    correlation = body.get("correlation_id") or body.get("requestId")
    return problem_class(answer.status, slug.rpartition("/")[2])(
        answer.status,
        str(detail),
        type=slug,
        title=str(body.get("title", "")),
        instance=_text(body.get("instance")),
        correlation_id=_text(correlation) or answer.headers.get("x-request-id"),
        errors=places(told.get("errors")),
        retry_after=retry_after(answer.headers),
        body=body,
    )


def places(found: Any) -> tuple[Place, ...]:
    """The `errors` of a refusal; texts among them have no location."""
    if not isinstance(found, list):
        return ()
    return tuple(
        Place(str(one.get("location", "")), str(one.get("message", "")), one.get("line"))
        if isinstance(one, Mapping)
        else Place("", str(one))
        for one in found
    )


def retry_after(headers: Mapping[str, str]) -> float | None:
    """Seconds until the request may be sent again; None where nothing, or nonsense, is said."""
    said = headers.get("retry-after", "").strip()
    if said.isdecimal():
        return float(said)
    try:
        at = parsedate_to_datetime(said)
    except ValueError:
        return None
    now = datetime.now(UTC)
    return max(0.0, (at.replace(tzinfo=at.tzinfo or UTC) - now).total_seconds())


def _is_json(answer: Answer) -> bool:
    media = _media(answer)
    return media == "application/json" or media.endswith("+json")


def _media(answer: Answer) -> str:
    return answer.headers.get("content-type", "").partition(";")[0].strip().lower()


def _members(answer: Answer) -> Mapping[str, Any]:
    try:
        found = json.loads(answer.content)
    except ValueError:
        return {}
    return found if isinstance(found, dict) else {}


def _text(value: Any) -> str | None:
    return value if isinstance(value, str) else None
