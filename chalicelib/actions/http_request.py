"""`http/request`: one HTTP call through the guarded client (S2)."""

from __future__ import annotations

import base64
import codecs
import json
import re
from collections.abc import Mapping
from typing import Annotated, Any, Literal, NotRequired, TypedDict
from urllib.parse import urlencode

from pydantic import BeforeValidator, ConfigDict, Field, WithJsonSchema

from chalicelib.actions.base import JSON, Action, ActionContext, ActionParams
from chalicelib.actions.fields import HeaderName, HeaderValue, ScalarText, Seconds, Url
from chalicelib.actions.json_text import json_or_none
from chalicelib.actions.signing import signed
from chalicelib.cloud.http import MAX_BYTES, HttpAnswer
from chalicelib.core.addresses import parse_url
from chalicelib.core.errors import Problem
from chalicelib.core.steps import StepFailed

_MAX_REDIRECTS = 5
_CHARSET = re.compile(r';\s*charset\s*=\s*"?([^\s;"]+)', re.IGNORECASE)
_CHARSETS = ("utf", "iso8859", "cp125", "ascii", "shift_jis", "euc", "gb", "big5", "koi8")
"""Beginnings of the codecs a server may choose. Python has others (idna, undefined, unicode_escape)
that are no charsets and misbehave on foreign bytes."""
_TEXT_TYPES = (
    "json",
    "xml",
    "yaml",
    "javascript",
    "ecmascript",
    "x-www-form-urlencoded",
    "graphql",
)


def _as_list(value: Any) -> Any:
    return value if isinstance(value, list) else [value]


_Listed = Annotated[
    list[ScalarText],
    BeforeValidator(_as_list),
    WithJsonSchema(
        {
            "type": ["string", "number", "boolean", "array"],
            "items": {"type": ["string", "number", "boolean"]},
        }
    ),
]


class HttpRequestParams(ActionParams):
    """What is sent where, and which answers are fine."""

    model_config = ConfigDict(json_schema_extra={"not": {"required": ["body", "json"]}})

    method: Literal["GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"] = Field(
        default="GET", description="The method, in capitals."
    )
    url: Url = Field(description="An absolute http or https URL, without user name or password.")
    headers: dict[HeaderName, HeaderValue] = Field(
        default_factory=dict, description="Request headers. Host and those about length are ours."
    )
    query: dict[str, _Listed] = Field(
        default_factory=dict, description="Added to the URL's query; a list repeats its name."
    )
    body: str | None = Field(default=None, description="The body as text, sent as UTF-8.")
    json_: JSON = Field(
        default=None, alias="json", description="The body as JSON, any value. Not with `body`."
    )
    allow_status: list[Annotated[int, Field(ge=400, le=999)]] = Field(
        default_factory=list, description="Statuses from 400 on that do not fail the step."
    )
    timeout: Annotated[Seconds, Field(gt=0, le=900)] = Field(
        default=30.0, description="For the whole exchange: a duration (10s, 1m) or seconds."
    )
    follow_redirects: bool = Field(
        default=True, description="Follow up to five redirects; otherwise a redirect is the answer."
    )


class HttpRequestOutput(TypedDict):
    status: int
    headers: dict[str, str]
    body: str
    json: JSON
    encoding: NotRequired[Literal["base64"]]
    """Only there when `body` is not text."""


class HttpRequest(Action[HttpRequestParams]):
    name = "http/request"
    Params = HttpRequestParams
    Output = HttpRequestOutput
    effectful = True
    signs_in = True

    def shape_problems(self, params: Mapping[str, Any]) -> list[Problem]:
        if {"body", "json"} <= params.keys():
            return [Problem("body", "only one of body and json can be given")]
        return []

    def run(self, params: HttpRequestParams, context: ActionContext) -> HttpRequestOutput:
        body, content_type = _body(params)
        headers = {name.lower(): value for name, value in params.headers.items()}
        if content_type is not None:
            headers.setdefault("content-type", content_type)
        if context.idempotency_key is not None and params.method not in ("GET", "HEAD"):
            headers.setdefault("idempotency-key", context.idempotency_key)
        if context.credential is not None:
            headers = signed(headers, context.credential, params.url, self.name)
        answer = context.http.request(
            params.method,
            _with_query(params.url, params.query),
            headers=headers,
            body=body,
            timeout_seconds=min(params.timeout, context.remaining()),
            max_bytes=MAX_BYTES,
            follow_redirects=_MAX_REDIRECTS if params.follow_redirects else 0,
        )
        if answer.status >= 400 and answer.status not in params.allow_status:
            # Neither query nor body: either may hold what must not stand in an event or a log.
            where = parse_url(answer.url).public
            raise StepFailed("http_status", f"{params.method} {where} answered {answer.status}")
        return output(answer)


def output(answer: HttpAnswer) -> HttpRequestOutput:
    """An answer as the step's output: text decoded by its charset (UTF-8 by default, what does not
    decode is replaced), `json` where the type says JSON and the text is, other bytes as base64."""
    content_type = answer.headers.get("content-type", "")
    kind = content_type.split(";", 1)[0].strip().lower()
    charset = _CHARSET.search(content_type)
    text = _text(answer.body, kind, _codec(charset.group(1)) if charset else None)
    found: HttpRequestOutput = {
        "status": answer.status,
        "headers": dict(answer.headers),
        "body": base64.b64encode(answer.body).decode() if text is None else text,
        "json": None,
    }
    if text is None:
        found["encoding"] = "base64"
    elif kind.endswith(("/json", "+json")):
        found["json"] = json_or_none(text.removeprefix("\ufeff"))
    return found


def _text(body: bytes, kind: str, codec: str | None) -> str | None:
    """The body as text, None where it is none: a type that is not text, or no type and no UTF-8."""
    if not kind:
        try:
            return body.decode()
        except UnicodeDecodeError:
            return None
    texty = kind.startswith("text/") or kind.endswith(_TEXT_TYPES)
    if body and codec is None and not texty:
        return None
    return body.decode(codec or "utf-8", errors="replace")


def _codec(charset: str) -> str | None:
    try:
        name = codecs.lookup(charset).name
    except (LookupError, ValueError):
        return None
    return name if name.startswith(_CHARSETS) and name != "utf-7" else None


def _body(params: HttpRequestParams) -> tuple[bytes | None, str | None]:
    """The body's bytes and the content type they have unless the author says otherwise."""
    if "json_" in params.model_fields_set:
        try:
            return json.dumps(params.json_, allow_nan=False).encode(), "application/json"
        except (ValueError, TypeError) as error:
            raise StepFailed("invalid_params", f"json: {error}", retryable=False) from error
    if params.body is None:
        return None, None
    try:
        return params.body.encode(), "text/plain; charset=utf-8"
    except UnicodeEncodeError as error:
        message = "body: contains half a character"
        raise StepFailed("invalid_params", message, retryable=False) from error


def _with_query(url: str, query: Mapping[str, list[str]]) -> str:
    """The URL with more query, before the fragment (which is never sent)."""
    if not query:
        return url
    url = url.split("#", 1)[0]
    return f"{url}{'&' if '?' in url else '?'}{urlencode(query, doseq=True)}"
