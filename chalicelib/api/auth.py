"""S4, authentication: login, refresh, logout, and who one is."""

from __future__ import annotations

from typing import Literal

from pydantic import ConfigDict, Field

from chalicelib.api.models import ApiModel
from chalicelib.api.requests import ApiRequest
from chalicelib.api.routing import PUBLIC, Routes
from chalicelib.core.roles import Role
from chalicelib.services import services

routes = Routes(__name__, tag="auth")


class Login(ApiModel):
    """Who wants in. The password is in no answer and no log."""

    model_config = ConfigDict(extra="forbid", hide_input_in_errors=True)
    email: str = Field(max_length=254)
    password: str = Field(max_length=1024)


class SessionToken(ApiModel):
    """A token for `Authorization: Bearer`; `expires_in` is in seconds."""

    token: str
    token_type: str = "bearer"  # noqa: S105 - a word of the protocol
    expires_in: int


class LoggedOut(ApiModel):
    status: str = "logged_out"


class Me(ApiModel):
    """Who is behind a token: a user, or an API token (`email` is null)."""

    id: str
    kind: Literal["user", "token"]
    name: str
    email: str | None
    org: str
    role: str


@routes.declare(
    "POST",
    "/api/v1/auth/login",
    role=PUBLIC,
    summary="Sign in with an e-mail address and a password",
    answer=SessionToken,
    body=Login,
    errors=(400, 401, 413, 415, 422, 429, 503),
)
def login(request: ApiRequest) -> SessionToken:
    """The token is good for 24 hours. What was wrong with the two is not told. After five wrong ones
    for an address, whoever's it is, it is 429 until the minute is over."""
    given = request.read(Login)
    issued = services().identity.sign_in.login(given.email, given.password)
    return SessionToken(token=issued.token, expires_in=issued.expires_in)


@routes.declare(
    "POST",
    "/api/v1/auth/refresh",
    role=Role.VIEWER,
    summary="Change the token of a login for a fresh one",
    answer=SessionToken,
    errors=(503,),
)
def refresh(request: ApiRequest) -> SessionToken:
    """The fresh token has the role that the user has now. The old one stays good until it ends."""
    issued = services().identity.sign_in.refresh(request.caller, request.bearer)
    return SessionToken(token=issued.token, expires_in=issued.expires_in)


@routes.declare(
    "POST",
    "/api/v1/auth/logout",
    role=Role.VIEWER,
    summary="End the token of a login",
    answer=LoggedOut,
)
def logout(request: ApiRequest) -> LoggedOut:
    """It stops working within 60 seconds, everywhere."""
    services().identity.sign_in.logout(request.caller, request.bearer)
    return LoggedOut()


@routes.declare(
    "GET",
    "/api/v1/auth/me",
    role=Role.VIEWER,
    summary="Tell who is behind the token",
    answer=Me,
)
def me(request: ApiRequest) -> Me:
    caller = request.caller
    return Me(
        id=caller.user_id or caller.token_id,
        kind="user" if caller.user_id else "token",
        name=caller.name,
        email=caller.name if caller.user_id else None,
        org=caller.org,
        role=caller.role.word,
    )
