"""What happens to every HTTP request, in one place: id, authentication, role, errors, headers, counts."""

from __future__ import annotations

import re
import time
from collections.abc import Callable, Mapping, Sequence
from typing import Any, Final

from botocore.exceptions import BotoCoreError, ClientError
from chalice.app import Response

from chalicelib.api.current import Refusal, set_current
from chalicelib.api.problems import render_problem
from chalicelib.api.rate_limits import Budget, Count
from chalicelib.api.requests import ApiRequest
from chalicelib.api.routing import Route, cors, route_of, routes_at
from chalicelib.core.clock import utc_now
from chalicelib.core.errors import (
    Fault,
    MethodNotAllowed,
    PermissionDenied,
    RunyardError,
    TokenRequired,
    Unauthorized,
)
from chalicelib.core.ids import new_id
from chalicelib.core.roles import Principal, Role
from chalicelib.settings import settings
from chalicelib.telemetry import logger

_SANE_ID: Final = re.compile(r"^[A-Za-z0-9._-]{1,128}\Z")
LOCAL_ORG: Final = "org_local"
"""Whose everything is where AUTH_MODE=none asks for no token (S0)."""

_FAULT: Final = Fault("something went wrong on our side; the correlation id finds it in the logs")
Authenticate = Callable[[str], Principal | None]


def middleware(
    authenticate: Callable[[], Authenticate],
    count: Callable[[str, str, str, int], None],
    limit: Callable[[], Count],
) -> Callable[[Any, Callable[[Any], Response]], Response]:
    """The one middleware. `authenticate` is asked for only when there is a token to check;
    `count` is told organisation, method, route and status of every answer; `limit` is asked for
    only when a request counts against a rate limit."""

    def handle(event: Any, get_response: Callable[[Any], Response]) -> Response:
        started = time.perf_counter()
        correlation_id = _correlation_id(event.headers)
        path = event.to_original_event().get("path") or event.path
        pattern = event.context.get("resourcePath", event.path)
        route = route_of(event.method, pattern)
        principal: Principal | None = None
        budget = Budget(event.method, pattern, limit)
        # A method that the path does not have is refused as its dialect refuses.
        neighbours = [] if route else routes_at(pattern)
        render = (route or neighbours[0]).render_error if route or neighbours else render_problem
        logger.append_keys(correlation_id=correlation_id)
        try:
            budget.spend_by_address(route, event)
            if route is not None and route.role is not None:
                principal = _authenticated(event.headers, authenticate)
                budget.spend_by_token(principal)
                require(route.role, principal)
            request = ApiRequest(
                principal=principal,
                headers={name.lower(): value for name, value in dict(event.headers).items()},
                query=dict((event.query_params or {}).items()),
                raw_body=event.raw_body or b"",
                path=path,
                correlation_id=correlation_id,
            )
            set_current(request)
            response = get_response(event)
            if _made_by_chalice(response):
                response = render(_as_refusal(response, event.method, path), path, correlation_id)
        except Refusal as refusal:
            response = render(refusal.error, path, correlation_id)
        except RunyardError as error:
            response = render(error, path, correlation_id)
        except (BotoCoreError, ClientError):
            # AWS failed us before a view was reached: what is in the view Chalice catches itself.
            logger.exception("a call to AWS failed")
            response = render(_FAULT, path, correlation_id)
        if neighbours:
            response.headers["Allow"] = _allowed(neighbours)
        response.headers["X-Request-Id"] = correlation_id
        for name, value in cors().get_access_control_headers().items():
            response.headers.setdefault(name, value)
        response.headers.update(budget.headers())
        if route is not None and route.deprecated is not None:
            response.headers.update(route.deprecated.headers())
        org = principal.org if principal else ""
        count(org, event.method, pattern, response.status_code)
        logger.info(
            "request",
            extra={
                "method": event.method,
                "route": pattern,
                "status": response.status_code,
                "org": org,
                "milliseconds": round(1000 * (time.perf_counter() - started), 1),
            },
        )
        return response

    return handle


def _correlation_id(headers: Mapping[str, str]) -> str:
    given = headers.get("x-request-id", "")
    return given if _SANE_ID.match(given) else new_id("req", utc_now())


def principal_with(
    role: Role, headers: Mapping[str, str], authenticate: Callable[[], Authenticate]
) -> Principal:
    """Who asks, if the token has at least this role; header names are small. Raises Unauthorized
    without a good token, RateLimited while the token's name is locked, PermissionDenied below the
    role."""
    found = _authenticated(headers, authenticate)
    require(role, found)
    return found


def _authenticated(
    headers: Mapping[str, str], authenticate: Callable[[], Authenticate]
) -> Principal:
    if settings().auth_mode == "none":
        return Principal("local", LOCAL_ORG, Role.ADMIN)
    header = headers.get("authorization")
    if header is None:
        raise TokenRequired("token required: send `Authorization: Bearer <token>`")
    scheme, _, token = header.partition(" ")
    found = authenticate()(token.strip()) if scheme.lower() == "bearer" else None
    if found is None:
        raise Unauthorized("the token is not valid")
    return found


def require(role: Role, principal: Principal) -> None:
    """Raises PermissionDenied below the role."""
    if principal.role < role:
        raise PermissionDenied(
            f"this needs the role {role.word}; the token has {principal.role.word}",
            rule_source="role",
        )


def _made_by_chalice(response: Response) -> bool:
    """Whether the framework itself answered: its bodies are `{Code, Message}` objects."""
    body = response.body
    return (
        response.status_code >= 400 and isinstance(body, dict) and set(body) == {"Code", "Message"}
    )


def _allowed(routes: Sequence[Route]) -> str:
    """The header `Allow` (RFC 9110) of a path with these routes; API Gateway answers OPTIONS."""
    return ", ".join([*(route.method for route in routes), "OPTIONS"])


def _as_refusal(response: Response, method: str, path: str) -> RunyardError:
    if response.status_code == 405:
        return MethodNotAllowed(f"{method} is not possible on {path}")
    return _FAULT
