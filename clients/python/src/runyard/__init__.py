"""Runyard's API: start, watch, stream and stop workflow runs. `Client` blocks, `AsyncClient` awaits."""

from runyard._async_client import AsyncClient
from runyard._client import Client
from runyard._request import Definition, Request
from runyard._retries import Retries
from runyard.errors import (
    BadRequest,
    BudgetExceeded,
    Conflict,
    ConnectionFailed,
    IdempotencyMismatch,
    NotBuilt,
    NotFound,
    PermissionDenied,
    Place,
    Problem,
    RateLimited,
    RunyardError,
    ServerProblem,
    StreamLost,
    TooLarge,
    TooManyExecutions,
    Unauthorized,
    Unavailable,
    UnsupportedMedia,
    ValidationFailed,
    WaitTimeout,
)
from runyard.events import Event

__all__ = [
    "AsyncClient",
    "BadRequest",
    "BudgetExceeded",
    "Client",
    "Conflict",
    "ConnectionFailed",
    "Definition",
    "Event",
    "IdempotencyMismatch",
    "NotBuilt",
    "NotFound",
    "PermissionDenied",
    "Place",
    "Problem",
    "RateLimited",
    "Request",
    "Retries",
    "RunyardError",
    "ServerProblem",
    "StreamLost",
    "TooLarge",
    "TooManyExecutions",
    "Unauthorized",
    "Unavailable",
    "UnsupportedMedia",
    "ValidationFailed",
    "WaitTimeout",
]
__version__ = "0.1.0"
