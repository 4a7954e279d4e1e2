"""A request as data, typed by what its answer is. Nothing here talks to a network."""

from __future__ import annotations

import json
import uuid
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Generic, Protocol, TypeVar
from urllib.parse import quote, urlsplit

T = TypeVar("T")
T_co = TypeVar("T_co", covariant=True)

Definition = Mapping[str, Any] | str | bytes
"""A workflow: data, or YAML text."""

_REPEATABLE = frozenset({"GET", "PUT", "DELETE", "HEAD", "OPTIONS"})


@dataclass(frozen=True)
class Request(Generic[T]):
    """What is sent; `T` is the type of the answer's content."""

    method: str
    path: str
    query: Mapping[str, Any] = field(default_factory=dict)
    headers: Mapping[str, str] = field(default_factory=dict)
    content: bytes | None = None
    media: str | None = None
    """The content type of `content`."""
    public: bool = False
    """Public ones are sent without the token."""
    repeatable: bool = False
    """Sending it twice does what sending it once does."""

    def all_headers(self, token: str | None) -> dict[str, str]:
        """What is sent beside the content, the token with it where that is needed."""
        found = dict(self.headers)
        if self.media is not None:
            found["Content-Type"] = self.media
        if token is not None and not self.public:
            found["Authorization"] = f"Bearer {token}"
        return found


class Send(Protocol):
    """What a group of methods needs of the client."""

    def __call__(self, request: Request[T], /) -> T: ...


class AsyncSend(Protocol):
    """The same of the asynchronous client."""

    async def __call__(self, request: Request[T], /) -> T: ...


def base_of(url: str) -> str:
    """The address that paths are added to. Raises ValueError for what is none."""
    parts = urlsplit(url)
    if parts.scheme not in ("http", "https") or not parts.netloc or parts.query or parts.fragment:
        raise ValueError(f"{url!r} is not the address of an API: http://… or https://…")
    return url.rstrip("/")


def make(
    method: str,
    template: str,
    *,
    path: Mapping[str, object] | None = None,
    query: Mapping[str, object] | None = None,
    headers: Mapping[str, str | None] | None = None,
    body: Any = None,
    media: str | None = None,
    public: bool = False,
    idempotency_key: str | None = None,
    takes_key: bool = False,
) -> Request[Any]:
    """A request from the values of its places; those that are None are left out.

    A request that takes an `Idempotency-Key` and was given none gets a new one, so that it can be
    sent again. Raises ValueError for a value that cannot stand in a path and for a body that JSON
    cannot say (NaN, an infinity).
    """
    found = {name: value for name, value in (headers or {}).items() if value is not None}
    if takes_key:
        found["Idempotency-Key"] = idempotency_key or str(uuid.uuid4())
    content, content_type = encoded(body, media)
    return Request(
        method=method,
        path=_filled(template, path or {}),
        query={k: _plain(v) for k, v in (query or {}).items() if v is not None},
        headers=found,
        content=content,
        media=content_type,
        public=public,
        repeatable=method in _REPEATABLE or takes_key,
    )


def members(
    required: Mapping[str, Any], optional: Mapping[str, Any], *, needed: bool
) -> dict[str, Any] | None:
    """An object of the required members and of those optional ones that are not None. An empty one
    is no body at all, unless one is needed."""
    found = {**required, **{name: value for name, value in optional.items() if value is not None}}
    return found if found or needed else None


def encoded(body: Any, media: str | None) -> tuple[bytes | None, str | None]:
    """A body as bytes with its content type: text and bytes as they are, all else as JSON."""
    if body is None:
        return None, None
    if isinstance(body, bytes):
        return body, media or "application/octet-stream"
    if isinstance(body, str):
        return body.encode(), media or "text/plain; charset=utf-8"
    return json.dumps(body, allow_nan=False).encode(), media or "application/json"


def media_of_definition(definition: Definition) -> str:
    """YAML for text, which JSON's text is too; JSON for data."""
    return "application/yaml" if isinstance(definition, str | bytes) else "application/json"


def _filled(template: str, values: Mapping[str, object]) -> str:
    path = template
    for name, value in values.items():
        text = str(value)
        if text in ("", ".", ".."):
            raise ValueError(f"{name} cannot be {text!r}")
        path = path.replace("{" + name + "}", quote(text, safe=""), 1)
    return path


def _plain(value: object) -> Any:
    """A value of a query as text, or as several texts."""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, Sequence) and not isinstance(value, str):
        return [_plain(one) for one in value]
    return str(value)
