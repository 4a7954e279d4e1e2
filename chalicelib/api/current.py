"""The request that is being answered: set by the middleware, read by the routes."""

from __future__ import annotations

from contextvars import ContextVar

from chalice.app import ChaliceUnhandledError

from chalicelib.api.requests import ApiRequest
from chalicelib.core.errors import RunyardError

_CURRENT: ContextVar[ApiRequest] = ContextVar("request")


class Refusal(ChaliceUnhandledError):
    """Carries a RunyardError past Chalice's own error handling to the middleware."""

    def __init__(self, error: RunyardError) -> None:
        super().__init__(error.detail)
        self.error = error


def current_request() -> ApiRequest:
    """The request that is being answered."""
    return _CURRENT.get()


def set_current(request: ApiRequest) -> None:
    _CURRENT.set(request)
