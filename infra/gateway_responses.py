"""What API Gateway says on its own, in Runyard's error shape (RFC 9457 plus `error`).

One table, three readers: the template (GatewayResponses), the CloudFront function and the local
front door, which answers the same for what the emulator refuses before a Lambda runs.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import Any, Final

PROBLEM_JSON: Final = "application/problem+json"
LIMIT_HEADERS: Final = {
    "X-RateLimit-Limit": "1000",
    "X-RateLimit-Remaining": "1000",
    "X-RateLimit-Reset": "60",
}
"""S4 wants them on every answer. What the gateway refuses is counted against nothing, so they are
the numbers of a read with its whole window left."""


@dataclass(frozen=True, slots=True)
class Refusal:
    """One answer of the gateway: HTTP status, slug of `/errors/<slug>`, title and sentence."""

    status: int
    slug: str
    title: str
    detail: str

    def body(self, correlation_id: str, instance: str) -> dict[str, Any]:
        """The problem document. Both may be gateway variables; `instance` is the path asked for."""
        return {
            "type": f"/errors/{self.slug}",
            "title": self.title,
            "status": self.status,
            "detail": self.detail,
            "instance": instance,
            "error": self.detail,
            "correlation_id": correlation_id,
        }


NOT_FOUND = Refusal(404, "not-found", "Not found", "no such path")
NO_SOCKET = Refusal(404, "not-found", "Not found", "no socket at this path")
SOCKET_ONLY = Refusal(
    400, "bad-request", "Bad request", "this path speaks WebSocket only: ask for an upgrade"
)
BAD_REQUEST = Refusal(400, "bad-request", "Bad request", "the request cannot be read")
UNAUTHORIZED = Refusal(401, "unauthorized", "Unauthorized", "a valid token is required")
FORBIDDEN = Refusal(403, "permission-denied", "Permission denied", "access denied")
MEDIA_TYPE = Refusal(
    415, "unsupported-media-type", "Unsupported media type", "this content type is not accepted"
)
TOO_LARGE = Refusal(413, "too-large", "Too large", "the request is larger than the gateway takes")
RATE_LIMITED = Refusal(429, "rate-limited", "Rate limited", "too many requests: try again later")
INTERNAL = Refusal(500, "internal-error", "Internal error", "something went wrong on our side")
UNREACHABLE = Refusal(502, "unavailable", "Bad gateway", "the service cannot be reached just now")
TIMEOUT = Refusal(504, "unavailable", "Gateway timeout", "the service took too long to answer")

RESPONSES: Final[dict[str, Refusal]] = {
    "DEFAULT_4XX": BAD_REQUEST,
    "DEFAULT_5XX": INTERNAL,
    "RESOURCE_NOT_FOUND": NOT_FOUND,
    # "Missing Authentication Token" is how API Gateway says that a path does not exist.
    "MISSING_AUTHENTICATION_TOKEN": NOT_FOUND,
    "UNAUTHORIZED": UNAUTHORIZED,
    "ACCESS_DENIED": FORBIDDEN,
    "INVALID_API_KEY": FORBIDDEN,
    "INVALID_SIGNATURE": FORBIDDEN,
    "EXPIRED_TOKEN": UNAUTHORIZED,
    "WAF_FILTERED": FORBIDDEN,
    "BAD_REQUEST_PARAMETERS": BAD_REQUEST,
    "BAD_REQUEST_BODY": BAD_REQUEST,
    "UNSUPPORTED_MEDIA_TYPE": MEDIA_TYPE,
    "REQUEST_TOO_LARGE": TOO_LARGE,
    "THROTTLED": RATE_LIMITED,
    "QUOTA_EXCEEDED": RATE_LIMITED,
    "INTEGRATION_FAILURE": TIMEOUT,
    "INTEGRATION_TIMEOUT": TIMEOUT,
    "API_CONFIGURATION_ERROR": INTERNAL,
    "AUTHORIZER_CONFIGURATION_ERROR": INTERNAL,
    "AUTHORIZER_FAILURE": INTERNAL,
}
"""API Gateway's name for a case → our answer. Every name it has, so that no body lies about its
status: an unnamed case would keep its own status and get the default's body."""


def cors_headers(origin: str) -> dict[str, str]:
    """The headers that let a browser on `origin` read an answer."""
    return {
        "Access-Control-Allow-Origin": origin,
        "Access-Control-Expose-Headers": (
            "X-Request-Id,X-RateLimit-Limit,X-RateLimit-Remaining,X-RateLimit-Reset,"
            "Retry-After,Idempotent-Replayed,Deprecation,Sunset,Link"
        ),
    }


def preflight_headers(origin: str) -> dict[str, str]:
    """The headers of an answer to OPTIONS."""
    return {
        **cors_headers(origin),
        "Access-Control-Allow-Methods": "GET,POST,PUT,PATCH,DELETE,OPTIONS",
        "Access-Control-Allow-Headers": "Authorization,Content-Type,Idempotency-Key,X-Request-Id",
        "Access-Control-Max-Age": "600",
    }


def swagger_extension() -> dict[str, Any]:
    """`x-amazon-apigateway-gateway-responses`: in the API's body, so that it is part of the
    deployment that SAM makes (separate resources would come after it and stay unseen)."""
    headers: dict[str, Any] = {
        f"gatewayresponse.header.{name}": {"Fn::Sub": f"'{value}'"}
        if "${" in value
        else f"'{value}'"
        for name, value in cors_headers("${CorsOrigin}").items()
    }
    for name, value in LIMIT_HEADERS.items():
        headers[f"gatewayresponse.header.{name}"] = f"'{value}'"
    headers["gatewayresponse.header.Content-Type"] = f"'{PROBLEM_JSON}'"
    headers["gatewayresponse.header.X-Request-Id"] = "context.requestId"
    found: dict[str, Any] = {}
    for name, refusal in RESPONSES.items():
        limited = refusal.status == RATE_LIMITED.status
        extra = {"gatewayresponse.header.Retry-After": "'1'"} if limited else {}
        found[name] = {
            "statusCode": refusal.status,
            "responseParameters": {**headers, **extra},
            "responseTemplates": {
                "application/json": json.dumps(refusal.body("$context.requestId", "$context.path"))
            },
        }
    return found
