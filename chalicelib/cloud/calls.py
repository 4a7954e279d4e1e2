"""What a failed AWS call means to us: "later" (Unavailable), or a fault of ours (raised as it is)."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Final

from botocore.exceptions import (
    ClientError,
    ConnectionError,
    HTTPClientError,
)

from chalicelib.core.errors import Unavailable

LATER: Final = frozenset(
    {
        "InternalServerError",
        "ItemCollectionSizeLimitExceededException",
        "LimitExceededException",
        "ProvisionedThroughputExceededException",
        "RequestLimitExceeded",
        "ServiceUnavailable",
        "SlowDown",
        "StateMachineDeleting",
        "ThrottledException",
        "ThrottlingException",
        "TooManyRequestsException",
    }
)
"""Error codes that a later call may not meet: throttles, quotas and AWS's own faults."""


def code_of(error: ClientError) -> str:
    """The service's error code, e.g. `ConditionalCheckFailedException`."""
    return str(error.response.get("Error", {}).get("Code", ""))


@contextmanager
def later_is_unavailable(what: str) -> Iterator[None]:
    """Turn throttles, AWS faults and lost connections into `Unavailable`; leave the rest alone."""
    try:
        yield
    except ClientError as error:
        if code_of(error) in LATER:
            raise Unavailable(f"{what}: {code_of(error)}") from error
        raise
    except (ConnectionError, HTTPClientError) as error:
        raise Unavailable(f"{what}: the connection failed") from error
