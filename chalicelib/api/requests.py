"""A request as views see it: who asks, the parsed body, the checked query."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final, TypeVar

from pydantic import BaseModel, ValidationError

from chalicelib.core.errors import (
    BadRequest,
    Invalid,
    Problem,
    TooLarge,
    UnsupportedMediaType,
)
from chalicelib.core.json_text import read_json
from chalicelib.core.roles import Principal

MOST_BODY_BYTES: Final = 6_000_000
_KEY: Final = re.compile(r"^[\x21-\x7e]{1,255}\Z")
Model = TypeVar("Model", bound=BaseModel)


@dataclass(frozen=True, slots=True)
class ApiRequest:
    """One authenticated request. `principal` of a public route may be nobody (None)."""

    principal: Principal | None
    headers: Mapping[str, str]
    query: Mapping[str, str]
    raw_body: bytes
    path: str
    correlation_id: str

    @property
    def caller(self) -> Principal:
        """The principal of a route that has a role."""
        if self.principal is None:
            raise AssertionError(f"{self.path} is public: nobody is behind it")
        return self.principal

    @property
    def bearer(self) -> str:
        """The token that the caller sent; empty where none was asked for."""
        return self.headers.get("authorization", "").partition(" ")[2].strip()

    @property
    def idempotency_key(self) -> str | None:
        """The header, if it is there. Raises BadRequest when it is not sane."""
        key = self.headers.get("idempotency-key")
        if key is not None and not _KEY.match(key):
            raise BadRequest("Idempotency-Key has to be 1 to 255 visible ASCII characters")
        return key

    def content_type(self, accepted: tuple[str, ...], default: str) -> str:
        """The body's media type. Raises UnsupportedMediaType for one that is not accepted."""
        given = self.headers.get("content-type", default).partition(";")[0].strip().lower()
        if given not in accepted:
            raise UnsupportedMediaType(
                f"content type {given!r} is not accepted here; send {' or '.join(accepted)}"
            )
        return given

    def body(self) -> bytes:
        """The raw body. Raises TooLarge over 6 MB."""
        if len(self.raw_body) > MOST_BODY_BYTES:
            raise TooLarge(f"the body is over {MOST_BODY_BYTES} bytes")
        return self.raw_body

    def read(self, model: type[Model], *, required: bool = True) -> Model:
        """The JSON body as a model; an absent one is `{}` where it is not required.

        Raises UnsupportedMediaType, TooLarge, BadRequest for what is no JSON, and Invalid with
        every problem for what is JSON but wrong.
        """
        body = self.body()
        if not body.strip():
            if required:
                raise BadRequest("a JSON body is required")
            return validated(model, {})
        self.content_type(("application/json",), "application/json")
        return validated(model, parse_json(body))


def parse_json(body: bytes) -> Any:
    """Strict JSON in UTF-8 (`core.json_text`). Raises BadRequest."""
    try:
        return read_json(body.decode("utf-8"))
    except UnicodeDecodeError as problem:
        raise BadRequest("the body is not UTF-8") from problem
    except ValueError as problem:
        raise BadRequest(f"the body is not JSON: {problem}") from problem


def validated(model: type[Model], value: Any) -> Model:
    """A parsed body as a model. Raises Invalid with every problem."""
    try:
        return model.model_validate(value)
    except ValidationError as error:
        problems = [
            Problem(_location(problem["loc"]), problem["msg"]) for problem in error.errors()
        ]
        count = len(problems)
        raise Invalid(f"{count} problem{'s' if count > 1 else ''} in the body", problems) from error


def _location(parts: tuple[int | str, ...]) -> str:
    text = "".join(f"[{part}]" if isinstance(part, int) else f".{part}" for part in parts)
    return text.lstrip(".") or "body"


def limit_of(query: Mapping[str, str], *, default: int, most: int) -> int:
    """The `limit` parameter. Raises BadRequest naming it."""
    text = query.get("limit")
    if text is None:
        return default
    if not re.fullmatch(r"[0-9]{1,6}", text) or not 1 <= int(text) <= most:
        raise BadRequest(f"limit {text[:32]!r} is not a whole number from 1 to {most}")
    return int(text)
