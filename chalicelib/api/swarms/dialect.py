"""How S3's routes read and refuse: 400 for everything that is wrong with an input.

Unknown members of a body and unknown query parameters are ignored, as S3's clients expect. Only a
reused `Idempotency-Key` stays 422, as in every dialect.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Final, TypeVar

from chalice.app import Response
from pydantic import BaseModel, ConfigDict

from chalicelib.api.models import ApiModel
from chalicelib.api.problems import render_problem
from chalicelib.api.requests import ApiRequest, parse_json, validated
from chalicelib.api.routing import Routes, View
from chalicelib.core.errors import BadRequest, Invalid, RunyardError
from chalicelib.core.roles import Role

BODY_ERRORS: Final = (400, 404, 413, 415)
"""What a route with a body and a swarm in its path may refuse with."""
_TOLD: Final = 5
"""Problems that the one sentence of a refusal names; `errors` has all."""
Model = TypeVar("Model", bound=BaseModel)


class SwarmBody(ApiModel):
    """What clients send: every type as it is declared, whatever else is there."""

    model_config = ConfigDict(extra="ignore", strict=True, populate_by_name=True)


class SwarmModel(ApiModel):
    """What is answered. Members called `from` have another name inside."""

    model_config = ConfigDict(populate_by_name=True)


def render_error(error: RunyardError, path: str, correlation_id: str) -> Response:
    """A problem document, of status 400 where other dialects say 422."""
    if isinstance(error, Invalid):
        error = BadRequest(error.detail, **error.extra)
    return render_problem(error, path, correlation_id)


class SwarmRoutes(Routes):
    """Routes that refuse in this way and ignore unknown query parameters."""

    def declare(
        self, method: str, path: str, *, role: Role | None, summary: str, **more: Any
    ) -> Callable[[View], View]:
        """As `Routes.declare`, with S3's way of refusing."""
        more = {"render_error": render_error, "lenient": True, **more}
        return super().declare(method, path, role=role, summary=summary, **more)


def read(request: ApiRequest, model: type[Model], *, missing: str | None = None) -> Model:
    """The JSON body as a model; an absent body is an empty object.

    `missing` is what the page says where a required member is absent or null. Raises BadRequest with
    it, or with every problem for wrong types.
    """
    given = read_object(request)
    if missing is not None and any(
        field.is_required() and given.get(field.alias or name) is None
        for name, field in model.model_fields.items()
    ):
        raise BadRequest(missing)
    try:
        return validated(model, given)
    except Invalid as wrong:
        # S3's clients show one sentence: it has to say what is wrong.
        told = "; ".join(f"{one.location}: {one.message}" for one in wrong.problems[:_TOLD])
        raise BadRequest(told, **wrong.extra) from wrong


def read_object(request: ApiRequest) -> dict[str, Any]:
    """The JSON body, which has to be an object; an absent one is empty. Raises BadRequest,
    UnsupportedMediaType, TooLarge."""
    body = request.body()
    if not body.strip():
        return {}
    request.content_type(("application/json",), "application/json")
    given = parse_json(body)
    if not isinstance(given, dict):
        raise BadRequest("the body has to be a JSON object")
    return given


def limited(name: str, text: str, most: int) -> str:
    """A text of at most so many bytes in UTF-8. Raises BadRequest naming the member."""
    if len(text.encode()) > most:
        raise BadRequest(f"'{name}' has more than {most:,} bytes")
    return text


def flag(request: ApiRequest, name: str) -> bool:
    """Whether a query parameter says `true`; anything else is no, as S3's server reads it."""
    return request.query.get(name) == "true"
