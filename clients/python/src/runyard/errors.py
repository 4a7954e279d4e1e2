"""What can go wrong, as one tree.

RunyardError
├── Problem                  the API refused; `status` says how
│   ├── BadRequest           400: it cannot be parsed
│   ├── Unauthorized         401: no token, or one that is wrong or expired
│   ├── BudgetExceeded       402: what was to be spent is spent
│   ├── PermissionDenied     403: the token's role is too low
│   ├── NotFound             404: there is no such thing, or it is another organisation's
│   ├── Conflict             409: it is not in a state that allows this
│   ├── TooLarge             413: over a limit
│   ├── UnsupportedMedia     415: a content type that is not read
│   ├── ValidationFailed     422: it parses, but is wrong; `errors` has every place
│   │   └── IdempotencyMismatch  the key was used with another request
│   ├── RateLimited          429: `retry_after` seconds
│   │   └── TooManyExecutions    as many runs are live as the workflow allows
│   └── ServerProblem        5xx: a fault of the API's
│       ├── NotBuilt         501: documented, and not there yet
│       └── Unavailable      503: `retry_after` seconds, where it says
├── ConnectionFailed         no answer came
├── StreamLost               a stream could not be taken up again; `last_seq` is where it was
└── WaitTimeout              the run was not over in time; it goes on
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any


class RunyardError(Exception):
    """Everything that this package raises by itself, wrong arguments (ValueError) aside."""


@dataclass(frozen=True)
class Place:
    """One of the things that are wrong: where, and what."""

    location: str
    message: str
    line: int | None = None
    """Of a definition that was sent as text, counted from 1."""


class Problem(RunyardError):
    """A refusal (RFC 9457). `body` is the whole of it, as it came."""

    def __init__(
        self,
        status: int,
        detail: str,
        *,
        type: str = "about:blank",
        title: str = "",
        instance: str | None = None,
        correlation_id: str | None = None,
        errors: tuple[Place, ...] = (),
        retry_after: float | None = None,
        body: Mapping[str, Any] | None = None,
    ) -> None:
        super().__init__(detail)
        self.status = status
        self.detail = detail
        self.type = type
        self.title = title
        self.instance = instance
        self.correlation_id = correlation_id
        """The request's id; it finds the request in the logs."""
        self.errors = errors
        self.retry_after = retry_after
        """Seconds."""
        self.body: Mapping[str, Any] = body or {}

    @property
    def slug(self) -> str:
        """The kind of the problem: `not-found`."""
        return self.type.rpartition("/")[2]

    def __str__(self) -> str:
        places = "".join(f"\n  {place.location}: {place.message}" for place in self.errors)
        request = f" ({self.correlation_id})" if self.correlation_id else ""
        return f"{self.status} {self.detail}{request}{places}"


class BadRequest(Problem):
    """400."""


class Unauthorized(Problem):
    """401."""


class BudgetExceeded(Problem):
    """402."""


class PermissionDenied(Problem):
    """403."""


class NotFound(Problem):
    """404."""


class Conflict(Problem):
    """409."""


class TooLarge(Problem):
    """413."""


class UnsupportedMedia(Problem):
    """415."""


class ValidationFailed(Problem):
    """422; `errors` names every place."""


class IdempotencyMismatch(ValidationFailed):
    """422: the `Idempotency-Key` was used before with another request."""


class RateLimited(Problem):
    """429; `retry_after` says when."""


class TooManyExecutions(RateLimited):
    """429: the workflow allows no more live runs, and says `on_limit: reject`."""


class ServerProblem(Problem):
    """500 and above."""


class NotBuilt(ServerProblem):
    """501."""


class Unavailable(ServerProblem):
    """503; send it again after `retry_after`."""


class ConnectionFailed(RunyardError):
    """There was no answer: whether the request was done is unknown."""


class StreamLost(RunyardError):
    """A stream ended before its run, and could not be taken up again."""

    def __init__(self, run_id: str, last_seq: int, reason: str) -> None:
        super().__init__(f"the stream of {run_id} was lost after event {last_seq}: {reason}")
        self.run_id = run_id
        self.last_seq = last_seq
        """Of the last event that was handed out: `stream(run_id, after=last_seq)` goes on."""


class WaitTimeout(RunyardError, TimeoutError):
    """The run was not over in time. It goes on."""

    def __init__(self, run_id: str, status: str, seconds: float) -> None:
        super().__init__(f"{run_id} is {status!r} after {seconds:g} s")
        self.run_id = run_id
        self.status = status
        """What it read last."""


_BY_STATUS: Mapping[int, type[Problem]] = {
    400: BadRequest,
    401: Unauthorized,
    402: BudgetExceeded,
    403: PermissionDenied,
    404: NotFound,
    409: Conflict,
    413: TooLarge,
    415: UnsupportedMedia,
    422: ValidationFailed,
    429: RateLimited,
    501: NotBuilt,
    503: Unavailable,
}
_BY_SLUG: Mapping[str, type[Problem]] = {
    "idempotency-mismatch": IdempotencyMismatch,
    "too-many-executions": TooManyExecutions,
}


def problem_class(status: int, slug: str) -> type[Problem]:
    """The class of a refusal."""
    fallback = ServerProblem if status >= 500 else Problem
    return _BY_SLUG.get(slug) or _BY_STATUS.get(status, fallback)
