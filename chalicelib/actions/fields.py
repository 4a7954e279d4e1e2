"""Types that several actions' parameters share."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Any

from pydantic import AfterValidator, BeforeValidator, ValidationInfo, WithJsonSchema

from chalicelib.core.addresses import url_problem
from chalicelib.core.clock import parse_rfc3339
from chalicelib.core.http_headers import header_name_problem, header_value_problem

ALLOWED_NETWORKS = "allowed_networks"
"""The key in pydantic's validation context. Absent at run time, when `OutboundHttp` does the check
with all the addresses a name has, and with a code of its own."""


def _seconds(value: Any) -> float:
    from chalicelib.core.definitions.durations import parse_duration

    if isinstance(value, str):
        return parse_duration(value)
    if isinstance(value, bool) or not isinstance(value, int | float):
        raise ValueError("must be a duration such as 90s or 1m30s, or a number of seconds")
    return float(value)


def _scalar_text(value: Any) -> str:
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, str | int | float):
        return str(value)
    raise ValueError("must be text, a number or a boolean")


def _instant(value: Any) -> datetime:
    if isinstance(value, datetime) and value.tzinfo is not None:
        return value
    if not isinstance(value, str):
        raise ValueError("must be an RFC 3339 time such as 2026-03-18T09:00:00Z")
    return parse_rfc3339(value)


def _url(value: str, info: ValidationInfo) -> str:
    allowed = (info.context or {}).get(ALLOWED_NETWORKS)
    problem = None if allowed is None else url_problem(value, allowed)
    if problem is not None:
        raise ValueError(problem)
    return value


def _header_name(name: str) -> str:
    problem = header_name_problem(name)
    if problem is not None:
        raise ValueError(problem)
    return name


def _header_value(value: str) -> str:
    problem = header_value_problem(value)
    if problem is not None:
        raise ValueError(problem)
    return value


Seconds = Annotated[
    float,
    BeforeValidator(_seconds),
    WithJsonSchema(
        {"anyOf": [{"type": "number"}, {"type": "string", "pattern": r"^([0-9.]+(ms|[dhms]))+\z"}]}
    ),
]
"""`90s`, `1m30s`, or a number."""
ScalarText = Annotated[
    str,
    BeforeValidator(_scalar_text),
    WithJsonSchema({"type": ["string", "number", "boolean"]}),
]
"""Text; YAML's numbers and booleans are taken as they would be written in JSON."""
Instant = Annotated[datetime, BeforeValidator(_instant)]
Url = Annotated[str, AfterValidator(_url)]
HeaderName = Annotated[str, AfterValidator(_header_name)]
HeaderValue = Annotated[ScalarText, AfterValidator(_header_value)]
