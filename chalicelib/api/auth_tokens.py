"""S4: API tokens are created (and shown once), listed and revoked."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, Literal

from chalice.app import Response
from pydantic import BaseModel, ConfigDict, Field

from chalicelib.api.creations import Keep, once
from chalicelib.api.models import ApiModel, WholeNumber
from chalicelib.api.offset_pages import PARAMETERS, page_of
from chalicelib.api.requests import ApiRequest
from chalicelib.api.routing import IDEMPOTENCY_KEY, Routes
from chalicelib.core.errors import PermissionDenied
from chalicelib.core.roles import Role
from chalicelib.services import services

if TYPE_CHECKING:
    from chalicelib.store.tokens import Token

routes = Routes(__name__, tag="auth")

DEFAULT_SECONDS: Final = 30 * 86_400
MOST_SECONDS: Final = 3650 * 86_400


class NewToken(ApiModel):
    """Without a role it has the caller's, without an end 30 days."""

    model_config = ConfigDict(extra="forbid", strict=True)
    name: str = Field(pattern=r"^[a-z0-9][a-z0-9_-]{0,63}$")
    role: Literal["viewer", "operator", "admin"] | None = None
    expires_in: WholeNumber = Field(
        default=DEFAULT_SECONDS, ge=1, le=MOST_SECONDS, description="In seconds."
    )


class CreatedToken(ApiModel):
    """`token` is shown here and never again: to a repeated request with the same `Idempotency-Key`
    it is null."""

    id: str
    name: str
    token: str | None
    role: str
    expires_at: str


class TokenLine(ApiModel):
    """`last_used_at` is recorded about every five minutes; null before the first use."""

    id: str
    name: str
    role: str
    created_at: str
    expires_at: str
    last_used_at: str | None


class TokenPage(ApiModel):
    items: list[TokenLine]
    total: int
    limit: int
    offset: int


class RevokedToken(ApiModel):
    id: str
    status: str = "revoked"


@routes.declare(
    "POST",
    "/api/v1/auth/tokens",
    role=Role.VIEWER,
    summary="Create an API token, which is shown once",
    status=201,
    answer=CreatedToken,
    body=NewToken,
    parameters=(IDEMPOTENCY_KEY,),
    errors=(400, 409, 413, 415, 422),
)
def create_token(request: ApiRequest) -> BaseModel | Response:
    """It belongs to the caller's organisation and has at most the caller's role. A name is one
    living token's. Whoever lost the answer learns the id by a repeated request with the same
    `Idempotency-Key`, revokes the token and creates another."""
    given, caller = request.read(NewToken), request.caller
    role = Role.named(given.role) if given.role else caller.role
    if role > caller.role:
        raise PermissionDenied(
            f"a token with the role {role.word} needs that role; yours is {caller.role.word}",
            rule_source="role",
        )

    def create(keep: Keep) -> CreatedToken:
        token, text = services().identity.api_tokens.create(
            caller,
            request.bearer,
            given.name,
            role,
            given.expires_in,
            also=lambda token: keep(_created(token, None)),
        )
        return _created(token, text)

    return once(request, given, create)


def _created(token: Token, text: str | None) -> CreatedToken:
    return CreatedToken(
        id=token.id,
        name=token.name,
        token=text,
        role=token.role.word,
        expires_at=token.expires_at,
    )


@routes.declare(
    "GET",
    "/api/v1/auth/tokens",
    role=Role.VIEWER,
    summary="List API tokens by name",
    answer=TokenPage,
    errors=(400, 422),
    parameters=PARAMETERS,
)
def list_tokens(request: ApiRequest) -> TokenPage:
    """One's own; an admin sees all of the organisation."""
    from chalicelib.store.api_tokens import visible

    limit, offset = page_of(request.query)
    found, caller = services().identity.api_tokens, request.caller
    lines = [line for line in found.lines(caller.org) if visible(line, caller)]
    items = [
        TokenLine(
            id=line.id,
            name=line.name,
            role=line.role.word,
            created_at=line.created_at,
            expires_at=line.expires_at,
            last_used_at=line.last_used_at,
        )
        for line in found.with_last_use(lines[offset : offset + limit])
    ]
    return TokenPage(items=items, total=len(lines), limit=limit, offset=offset)


@routes.declare(
    "DELETE",
    "/api/v1/auth/tokens/{id}",
    role=Role.VIEWER,
    summary="Revoke an API token",
    answer=RevokedToken,
    errors=(404,),
)
def revoke_token(request: ApiRequest, id: str) -> RevokedToken:
    """It stops working within 60 seconds everywhere. One's own; an admin any of the organisation."""
    services().identity.api_tokens.revoke(request.caller, id)
    return RevokedToken(id=id)
