"""What is shown of a configuration has no secrets in it."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any, Final

REDACTED: Final = "[REDACTED]"

_SECRET = re.compile("key|secret|token|password|credential", re.IGNORECASE)


def redacted(value: Any) -> Any:
    """The value with `[REDACTED]` for whatever stands under a name like `api_key`, `Token`,
    `db_password`, at any depth. `max_tokens` looks like one too: better a number too few."""
    if isinstance(value, Mapping):
        return {
            name: REDACTED if _SECRET.search(str(name)) else redacted(inner)
            for name, inner in value.items()
        }
    if isinstance(value, list | tuple):
        return [redacted(inner) for inner in value]
    return value
