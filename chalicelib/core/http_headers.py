"""Which header fields an author may send. Pure, so that apply time and run time use one rule."""

from __future__ import annotations

import re

_TOKEN = re.compile(r"[!#$%&'*+.^_`|~0-9A-Za-z-]+")
_CONTROL = re.compile(r"[\x00-\x08\x0a-\x1f\x7f]")
"""A tab is allowed in a value (RFC 9110); a line break would begin a header of its own."""

OURS = frozenset(
    {
        "host",
        "content-length",
        "connection",
        "keep-alive",
        "proxy-authenticate",
        "proxy-authorization",
        "proxy-connection",
        "te",
        "trailer",
        "transfer-encoding",
        "upgrade",
        "expect",
    }
)
"""Fields about the connection or the message's length: the client writes them, nobody else."""


def header_name_problem(name: str) -> str | None:
    """Why a request may not carry a header of that name, as a sentence; None when it may."""
    if not _TOKEN.fullmatch(name):
        return f"{name!r} is not a header name"
    if name.lower() in OURS:
        return f"{name} is set by Runyard itself"
    return None


def header_value_problem(value: str) -> str | None:
    """What is wrong with a header's value, without repeating it: it may be a secret."""
    if _CONTROL.search(value):
        return "a header's value must not contain control characters"
    try:
        value.encode()
    except UnicodeEncodeError:
        return "a header's value must not contain half a character"
    return None
