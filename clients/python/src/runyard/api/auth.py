"""Auth. Made from docs/openapi.json by `make document`: do not edit."""

from __future__ import annotations

from runyard import types as t
from runyard._request import AsyncSend, Request, Send, make, members


def login(*, email: str, password: str) -> Request[t.SessionToken]:
    """Sign in with an e-mail address and a password."""
    return make(
        "POST",
        "/api/v1/auth/login",
        body=members({"email": email, "password": password}, {}, needed=True),
        public=True,
    )


def logout() -> Request[t.LoggedOut]:
    """End the token of a login."""
    return make(
        "POST",
        "/api/v1/auth/logout",
    )


def me() -> Request[t.Me]:
    """Tell who is behind the token."""
    return make(
        "GET",
        "/api/v1/auth/me",
    )


def finish_oidc_login(
    *,
    code: str | None = None,
    state: str | None = None,
    error: str | None = None,
    iss: str | None = None,
) -> Request[t.SessionToken]:
    """Where the issuer sends the browser back to: a token for who signed in."""
    return make(
        "GET",
        "/api/v1/auth/oidc/callback",
        query={"code": code, "state": state, "error": error, "iss": iss},
        public=True,
    )


def begin_oidc_login() -> Request[str]:
    """Sign in at the stage's OpenID Connect issuer."""
    return make(
        "GET",
        "/api/v1/auth/oidc/login",
        public=True,
    )


def refresh() -> Request[t.SessionToken]:
    """Change the token of a login for a fresh one."""
    return make(
        "POST",
        "/api/v1/auth/refresh",
    )


class Auth:
    """Signing in, and API tokens (S4)."""

    def __init__(self, send: Send) -> None:
        self._send = send

    def login(self, *, email: str, password: str) -> t.SessionToken:
        """Sign in with an e-mail address and a password.

        `POST /api/v1/auth/login`; public.
        """
        return self._send(login(email=email, password=password))

    def logout(self) -> t.LoggedOut:
        """End the token of a login.

        `POST /api/v1/auth/logout`; role viewer.
        """
        return self._send(logout())

    def me(self) -> t.Me:
        """Tell who is behind the token.

        `GET /api/v1/auth/me`; role viewer.
        """
        return self._send(me())

    def finish_oidc_login(
        self,
        *,
        code: str | None = None,
        state: str | None = None,
        error: str | None = None,
        iss: str | None = None,
    ) -> t.SessionToken:
        """Where the issuer sends the browser back to: a token for who signed in.

        `GET /api/v1/auth/oidc/callback`; public.

        `code`: The issuer's code for who signed in.

        `state`: As it was sent to the issuer.

        `error`: In place of a code: why nobody signed in.

        `iss`: The issuer (RFC 9207).
        """
        return self._send(finish_oidc_login(code=code, state=state, error=error, iss=iss))

    def begin_oidc_login(self) -> str:
        """Sign in at the stage's OpenID Connect issuer.

        `GET /api/v1/auth/oidc/login`; public.
        """
        return self._send(begin_oidc_login())

    def refresh(self) -> t.SessionToken:
        """Change the token of a login for a fresh one.

        `POST /api/v1/auth/refresh`; role viewer.
        """
        return self._send(refresh())


class AsyncAuth:
    """Signing in, and API tokens (S4)."""

    def __init__(self, send: AsyncSend) -> None:
        self._send = send

    async def login(self, *, email: str, password: str) -> t.SessionToken:
        """Sign in with an e-mail address and a password.

        `POST /api/v1/auth/login`; public.
        """
        return await self._send(login(email=email, password=password))

    async def logout(self) -> t.LoggedOut:
        """End the token of a login.

        `POST /api/v1/auth/logout`; role viewer.
        """
        return await self._send(logout())

    async def me(self) -> t.Me:
        """Tell who is behind the token.

        `GET /api/v1/auth/me`; role viewer.
        """
        return await self._send(me())

    async def finish_oidc_login(
        self,
        *,
        code: str | None = None,
        state: str | None = None,
        error: str | None = None,
        iss: str | None = None,
    ) -> t.SessionToken:
        """Where the issuer sends the browser back to: a token for who signed in.

        `GET /api/v1/auth/oidc/callback`; public.

        `code`: The issuer's code for who signed in.

        `state`: As it was sent to the issuer.

        `error`: In place of a code: why nobody signed in.

        `iss`: The issuer (RFC 9207).
        """
        return await self._send(finish_oidc_login(code=code, state=state, error=error, iss=iss))

    async def begin_oidc_login(self) -> str:
        """Sign in at the stage's OpenID Connect issuer.

        `GET /api/v1/auth/oidc/login`; public.
        """
        return await self._send(begin_oidc_login())

    async def refresh(self) -> t.SessionToken:
        """Change the token of a login for a fresh one.

        `POST /api/v1/auth/refresh`; role viewer.
        """
        return await self._send(refresh())
