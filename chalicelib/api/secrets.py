"""S2: credentials are named secrets. They are written and never read back."""

from __future__ import annotations

import re
from typing import Any, Final

from pydantic import ConfigDict, Field

from chalicelib.api.models import ApiModel
from chalicelib.api.requests import ApiRequest
from chalicelib.api.routing import Routes
from chalicelib.core.errors import Invalid, Problem, TooLarge
from chalicelib.core.roles import Role
from chalicelib.services import services

routes = Routes(__name__, tag="secrets")

_NAME: Final = re.compile(r"[A-Za-z0-9][A-Za-z0-9_.-]{0,127}\Z")


class SecretValue(ApiModel):
    """What is stored. It is in no answer, ever."""

    model_config = ConfigDict(extra="forbid", hide_input_in_errors=True)
    value: str | dict[str, Any] = Field(
        description="Text, or an object; at most 65,536 bytes as UTF-8.",
        json_schema_extra={"anyOf": [{"type": "string", "pattern": r"\S"}, {"type": "object"}]},
    )


class Secret(ApiModel):
    name: str
    updated_at: str


class SecretList(ApiModel):
    secrets: list[Secret]


class DeletedSecret(ApiModel):
    name: str
    status: str = "deleted"


@routes.declare(
    "GET",
    "/api/v1/secrets",
    role=Role.ADMIN,
    summary="List the names of secrets",
    answer=SecretList,
)
def list_secrets(request: ApiRequest) -> SecretList:
    lines = services().secrets.lines(request.caller.org)
    return SecretList(
        secrets=[Secret(name=line.name, updated_at=line.updated_at) for line in lines]
    )


@routes.declare(
    "PUT",
    "/api/v1/secrets/{name}",
    role=Role.ADMIN,
    summary="Store a secret, or put another value in its place",
    answer=Secret,
    body=SecretValue,
    errors=(400, 413, 415, 422),
)
def put_secret(request: ApiRequest, name: str) -> Secret:
    """The value is sealed by KMS and never answered; steps use it by its name."""
    from chalicelib.store.secrets import MOST_BYTES, as_text

    if not _NAME.match(name):
        problem = "letters, digits, `_`, `.` and `-`, at most 128, a letter or digit first"
        raise Invalid("The name is none for a secret.", [Problem("name", problem)])
    text = as_text(request.read(SecretValue).value)
    if not text.strip():
        raise Invalid("The value is empty.", [Problem("value", "must not be empty")])
    try:
        size = len(text.encode())
    except UnicodeEncodeError as error:
        problem = "contains half a character"
        raise Invalid("The value is no text.", [Problem("value", problem)]) from error
    if size > MOST_BYTES:
        raise TooLarge(f"the value is over {MOST_BYTES:,} bytes")
    line = services().secrets.put(request.caller.org, name, text)
    return Secret(name=line.name, updated_at=line.updated_at)


@routes.declare(
    "DELETE",
    "/api/v1/secrets/{name}",
    role=Role.ADMIN,
    summary="Forget a secret",
    answer=DeletedSecret,
    errors=(404,),
)
def delete_secret(request: ApiRequest, name: str) -> DeletedSecret:
    """Runs that use it fail from now on, with `credential_not_found`."""
    services().secrets.delete(request.caller.org, name)
    return DeletedSecret(name=name)
