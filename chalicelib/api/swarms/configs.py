"""S3: configurations, read and validated."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any, Final

from chalice.app import Response

from chalicelib.api.problems import PROBLEM_JSON
from chalicelib.api.requests import ApiRequest
from chalicelib.api.swarms.dialect import SwarmRoutes, read
from chalicelib.api.swarms.other_models import ConfigToValidate, ValidConfig
from chalicelib.core.errors import BadRequest, Invalid, NotFound
from chalicelib.core.roles import Role
from chalicelib.core.swarms.model import SwarmConfig
from chalicelib.services import services

routes = SwarmRoutes(__name__, tag="swarms")

_USAGE: Final = {
    "config": "an object with the configuration",
    "config_path": "the path of a stored .exs, .json or .yaml file",
    "content": "the configuration as text, with 'format': exs, json or yaml",
}


_INVALID: Final[Mapping[str, Any]] = {
    "anyOf": [
        {
            "type": "object",
            "required": ["valid", "errors"],
            "properties": {
                "valid": {"const": False},
                "errors": {"type": "array", "minItems": 1, "items": {"type": "string"}},
            },
        },
        {
            "type": "object",
            "required": ["error", "usage"],
            "properties": {"error": {"type": "string"}, "usage": {"type": "object"}},
        },
    ]
}


def _describe_error(status: int) -> Mapping[str, Any]:
    """A body that cannot be read and a token that is none are refused as everywhere."""
    found = {PROBLEM_JSON: {"schema": {"$ref": "#/components/schemas/Problem"}}}
    return {"application/json": {"schema": _INVALID}, **found} if status in (400, 404) else found


@routes.declare(
    "POST",
    "/api/config/validate",
    role=Role.VIEWER,
    summary="Validate a swarm config",
    body=ConfigToValidate,
    answer=ValidConfig,
    errors=(400, 404, 413, 415),
    describe_error=_describe_error,
)
def validate_config(request: ApiRequest) -> Response:
    """A good one is summed up; of a bad one every problem is told, with its place and its line."""
    from chalicelib.core.swarms.config import summary, texts

    given, echo = read(request, ConfigToValidate), {}
    try:
        if given.config is not None:
            config = config_of(given.config)
        elif given.config_path is not None:
            echo = {"config_path": given.config_path}
            config = config_at(request.caller.org, given.config_path)
        elif given.content is not None:
            format = given.format or "exs"
            echo = {"format": format}
            config = config_in(given.content, format)
        else:
            error = "Missing 'config', 'config_path', or 'content' parameter"
            return _answer(400, {"error": error, "usage": _USAGE})
    except NotFound as error:
        return _answer(404, {"valid": False, "errors": [error.detail]})
    except (BadRequest, Invalid) as error:
        return _answer(400, {"valid": False, "errors": texts(error)})
    return _answer(200, {"valid": True, **echo, "config": summary(config)})


def _answer(status: int, body: dict[str, Any]) -> Response:
    return Response(
        body=json.dumps(body, separators=(",", ":"), ensure_ascii=False),
        status_code=status,
        headers={"Content-Type": "application/json"},
    )


def config_of(value: Any) -> SwarmConfig:
    """A configuration given as JSON. Raises Invalid."""
    from chalicelib.core.swarms.config import read_config

    return read_config(value)


def config_in(text: str, format: str) -> SwarmConfig:
    """A configuration given as text. Raises BadRequest, Invalid, TooLarge."""
    from chalicelib.core.swarms.config import read_config
    from chalicelib.core.swarms.formats import parse_document

    document = parse_document(text, format)
    return read_config(document.value, document.lines)


def config_at(org: str, path: str) -> SwarmConfig:
    """A configuration in a stored file. Raises NotFound, and as `config_in`."""
    from chalicelib.core.swarms.formats import format_of_path

    try:
        text = services().swarms.store.seed(org, path)
    except BadRequest:
        text = None  # no file can be there
    if text is None:
        raise NotFound(f"File not found: {path}")
    return config_in(text, format_of_path(path))
