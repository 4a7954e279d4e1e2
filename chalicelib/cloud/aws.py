"""What a failed AWS call means to the step that made it. Messages never name accounts or ARNs."""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Final

from botocore.exceptions import (
    BotoCoreError,
    ClientError,
    ConnectTimeoutError,
    NoCredentialsError,
    ReadTimeoutError,
)

from chalicelib.cloud.calls import LATER, code_of
from chalicelib.core.steps import StepFailed

_FAILURES: Final = {
    "throttled": ("throttled", True),
    "unavailable": ("unavailable", True),
    "denied": ("access_denied", False),
    "missing": ("not_found", False),
    "refused": ("request_refused", False),
}
_DENIED: Final = frozenset(
    {
        "403",
        "AccessDenied",
        "AccessDeniedException",
        "AllAccessDisabled",
        "AuthorizationError",
        "AuthorizationErrorException",
        "KMSAccessDeniedException",
        "NotAuthorizedException",
        "UnauthorizedOperation",
    }
)
_MISSING: Final = frozenset(
    {
        "404",
        "AWS.SimpleQueueService.NonExistentQueue",
        "NoSuchBucket",
        "NoSuchKey",
        "NoSuchVersion",
        "NotFound",
        "NotFoundException",
        "QueueDoesNotExist",
        "ResourceNotFoundException",
    }
)
_THROTTLED: Final = re.compile(r"Throttl|TooManyRequests|SlowDown|LimitExceeded|RequestLimit")
_PRIVATE: Final = re.compile(r"arn:[\w-]*:\S*|\b\d{12}\b|https?://\S+")


@contextmanager
def calling(what: str) -> Iterator[None]:
    """The calls inside fail as StepFailed: `throttled`, `unavailable`, `timeout` (worth another
    try), `access_denied`, `not_found`, `request_refused` (final). `what` begins the message: what
    was to be done, in the author's own names."""
    try:
        yield
    except ClientError as error:
        raise _failure(error, what) from error
    except (ReadTimeoutError, ConnectTimeoutError) as error:
        raise StepFailed("timeout", f"{what}: AWS did not answer in time") from error
    except NoCredentialsError as error:
        raise _failed("denied", f"{what}: this stage has no AWS credentials") from error
    except BotoCoreError as error:
        # What botocore refuses before it sends anything, and connections that fail.
        sent = type(error).__name__ not in ("ParamValidationError", "InvalidArnException")
        kind = "unavailable" if sent else "refused"
        reason = "AWS cannot be reached" if sent else "a parameter has no form that AWS takes"
        raise _failed(kind, f"{what}: {reason}") from error


def _failure(error: ClientError, what: str) -> StepFailed:
    code = code_of(error)
    status = error.response.get("ResponseMetadata", {}).get("HTTPStatusCode", 0)
    if _THROTTLED.search(code):
        return _failed("throttled", f"{what}: too many requests at the moment")
    if code in LATER or status >= 500:
        return _failed("unavailable", f"{what}: the service failed ({code})")
    if code in _DENIED:
        # AWS's own sentence names the role and the account: not the author's business.
        return _failed("denied", f"{what}: this stage may not do that")
    if code in _MISSING:
        return _failed("missing", f"{what}: there is none")
    said = _PRIVATE.sub("…", str(error.response.get("Error", {}).get("Message", "")))[:300]
    return _failed("refused", f"{what}: {code}: {said}")


def _failed(kind: str, message: str) -> StepFailed:
    code, retryable = _FAILURES[kind]
    return StepFailed(code, message, retryable=retryable)
