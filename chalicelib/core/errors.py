"""Every way Runyard says no, in one tree.

    RunyardError                     status  slug (type: /errors/<slug>)
    ├── Fault                        500     internal-error     ours; no details for the client
    ├── BadRequest                   400     bad-request        cannot be parsed
    ├── Invalid                      422     validation-error   parses, but is wrong; all problems at once
    ├── Unauthorized                 401     unauthorized       a bad token
    │   └── TokenRequired            401     unauthorized       no token at all
    ├── BudgetExceeded               402     budget-exceeded    what there was is spent
    ├── PermissionDenied             403     permission-denied  the role is too low
    ├── NotFound                     404     not-found          unknown, or another organisation's
    ├── MethodNotAllowed             405     method-not-allowed
    ├── Conflict                     409     conflict           the state does not allow it
    ├── TooLarge                     413     too-large          over a documented limit
    ├── UnsupportedMediaType         415     unsupported-media-type
    ├── IdempotencyMismatch          422     idempotency-mismatch
    ├── RateLimited                  429     rate-limited       carries retry_after (seconds)
    ├── NotBuilt                     501     not-implemented    named, and not there yet
    └── Unavailable                  503     unavailable        AWS said "later"; carries retry_after

`StepFailed` and its kin in `chalicelib.core.steps` are outcomes of a step, not of a request.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, ClassVar


@dataclass(frozen=True, slots=True)
class Problem:
    """One thing wrong with an input: where (`steps[2].retry.max_attempts`), what, and on which line."""

    location: str
    message: str
    line: int | None = None

    def as_dict(self) -> dict[str, Any]:
        """The member of a problem document's `errors`; `line` only where there is one."""
        found: dict[str, Any] = {"location": self.location, "message": self.message}
        if self.line is not None:
            found["line"] = self.line
        return found


class RunyardError(Exception):
    """Base of every refusal. `detail` is the human sentence; `extra` goes into the problem as it is."""

    status: ClassVar[int] = 500
    slug: ClassVar[str] = "internal-error"
    title: ClassVar[str] = "Internal error"

    def __init__(self, detail: str, **extra: Any) -> None:
        super().__init__(detail)
        self.detail = detail
        self.extra = extra


class Fault(RunyardError):
    """Something went wrong on our side. The correlation id finds it in the logs."""


class BadRequest(RunyardError):
    """It cannot be parsed: JSON, YAML, a query parameter, a frame."""

    status, slug, title = 400, "bad-request", "Bad request"


class Invalid(RunyardError):
    """Parses, but is wrong. Carries every problem found, not the first."""

    status, slug, title = 422, "validation-error", "Validation error"

    def __init__(self, detail: str, problems: Sequence[Problem] = (), **extra: Any) -> None:
        super().__init__(detail, **extra)
        self.problems = tuple(problems)
        if problems:
            self.extra["errors"] = [problem.as_dict() for problem in problems]


class Unauthorized(RunyardError):
    """No token, or one that is wrong, expired or revoked."""

    status, slug, title = 401, "unauthorized", "Unauthorized"


class TokenRequired(Unauthorized):
    """No token at all: S0 tells this from a wrong one."""


class BudgetExceeded(RunyardError):
    """What the organisation may spend is spent."""

    status, slug, title = 402, "budget-exceeded", "Budget exceeded"


class PermissionDenied(RunyardError):
    """The token is good, but its role is too low for this."""

    status, slug, title = 403, "permission-denied", "Permission denied"


class NotFound(RunyardError):
    """There is no such thing, or it belongs to another organisation: the two look alike."""

    status, slug, title = 404, "not-found", "Not found"


class MethodNotAllowed(RunyardError):
    """The path exists, the method does not."""

    status, slug, title = 405, "method-not-allowed", "Method not allowed"


class Conflict(RunyardError):
    """The thing is not in a state that allows this."""

    status, slug, title = 409, "conflict", "Conflict"


class TooLarge(RunyardError):
    """It is over a documented limit."""

    status, slug, title = 413, "too-large", "Too large"


class UnsupportedMediaType(RunyardError):
    """The body's content type is none that this endpoint reads."""

    status, slug, title = 415, "unsupported-media-type", "Unsupported media type"


class IdempotencyMismatch(RunyardError):
    """The key was used before with another request."""

    status, slug, title = 422, "idempotency-mismatch", "Idempotency key reused"


class RateLimited(RunyardError):
    """Over a limit. `retry_after` is in seconds."""

    status, slug, title = 429, "rate-limited", "Rate limited"

    def __init__(self, detail: str, *, retry_after: int, **extra: Any) -> None:
        super().__init__(detail, **extra)
        self.retry_after = retry_after


class TooManyRuns(RateLimited):
    """As many runs of the workflow are live as its definition allows (`on_limit: reject`)."""

    slug, title = "too-many-executions", "Too many executions"


class NotBuilt(RunyardError):
    """A documented feature that this version does not have yet. `problems` names each place."""

    status, slug, title = 501, "not-implemented", "Not implemented"

    def __init__(self, detail: str, problems: Sequence[Problem] = ()) -> None:
        super().__init__(detail)
        if problems:
            self.extra["errors"] = [problem.as_dict() for problem in problems]


class Unavailable(RunyardError):
    """A service behind us said "later". `retry_after` is in seconds."""

    status, slug, title = 503, "unavailable", "Unavailable"

    def __init__(self, detail: str, *, retry_after: int = 1, **extra: Any) -> None:
        super().__init__(detail, **extra)
        self.retry_after = retry_after
