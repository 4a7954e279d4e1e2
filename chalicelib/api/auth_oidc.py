"""S4, authentication: signing in at the stage's OpenID Connect issuer ("Sign in … via SSO")."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from chalice.app import Response

from chalicelib.api.auth import SessionToken
from chalicelib.api.requests import ApiRequest
from chalicelib.api.routing import PUBLIC, Parameter, Routes
from chalicelib.core.errors import BadRequest, NotFound
from chalicelib.services import services
from chalicelib.settings import settings

if TYPE_CHECKING:
    from chalicelib.core.identity.oidc import IssuerSignIn

routes = Routes(__name__, tag="auth")

_MARK: Final = "runyard-sign-in"
_NO_STORE: Final = "no-store"


@routes.declare(
    "GET",
    "/api/v1/auth/oidc/login",
    role=PUBLIC,
    summary="Sign in at the stage's OpenID Connect issuer",
    status=302,
    errors=(404, 429, 503),
)
def begin_oidc_login(request: ApiRequest) -> Response:
    """For browsers: sends them to the issuer, with a cookie that they have to bring back within ten
    minutes. 404 on a stage without an issuer."""
    from chalicelib.core.identity.oidc import BEGUN_SECONDS

    departure = _sign_in().begin()
    return Response(
        body="",
        status_code=302,
        headers={
            "Location": departure.url,
            "Set-Cookie": _cookie(departure.mark, BEGUN_SECONDS),
            "Cache-Control": _NO_STORE,
        },
    )


@routes.declare(
    "GET",
    "/api/v1/auth/oidc/callback",
    role=PUBLIC,
    summary="Where the issuer sends the browser back to: a token for who signed in",
    answer=SessionToken,
    parameters=(
        Parameter("code", "The issuer's code for who signed in."),
        Parameter("state", "As it was sent to the issuer."),
        Parameter("error", "In place of a code: why nobody signed in."),
        Parameter("iss", "The issuer (RFC 9207)."),
    ),
    lenient=True,
    errors=(400, 401, 403, 404, 409, 429, 503),
)
def finish_oidc_login(request: ApiRequest) -> Response:
    """Who signs in for the first time becomes a user of the stage's choice of organisation and role.
    Needs the cookie of the browser that began; each sign-in is finished once."""
    sign_in, query = _sign_in(), request.query
    if not query.get("state") or not (query.get("code") or query.get("error")):
        raise BadRequest("an issuer sends `state`, and `code` or `error`")
    issued = sign_in.finish(query, _mark_in(request.headers.get("cookie", "")))
    answer = SessionToken(token=issued.token, expires_in=issued.expires_in)
    return Response(
        body=answer.model_dump_json(),
        status_code=200,
        headers={
            "Content-Type": "application/json",
            "Set-Cookie": _cookie("", 0),
            "Cache-Control": _NO_STORE,
        },
    )


def _sign_in() -> IssuerSignIn:
    found = services().identity.issuer_sign_in
    if found is None:
        raise NotFound("this stage has no OpenID Connect issuer to sign in at")
    return found


def _cookie(mark: str, seconds: int) -> str:
    """The browser's mark. Lax, since it has to come along from the issuer's page to ours."""
    name, secure = _name()
    return f"{name}={mark}; Path=/; Max-Age={seconds}; HttpOnly; SameSite=Lax{secure}"


def _name() -> tuple[str, str]:
    """On https the name says that this host and no neighbour wrote the cookie."""
    https = settings().public_url.startswith("https:")
    return (f"__Host-{_MARK}", "; Secure") if https else (_MARK, "")


def _mark_in(cookies: str) -> str:
    wanted = _name()[0]
    for pair in cookies.split(";"):
        name, _, value = pair.strip().partition("=")
        if name == wanted:
            return value
    return ""
