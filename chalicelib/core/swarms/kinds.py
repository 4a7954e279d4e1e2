"""The names of what agents run on and of what objects do (S3). What is behind them is elsewhere."""

from __future__ import annotations

import re
from collections.abc import Mapping
from types import MappingProxyType
from typing import Final

BACKENDS: Final = frozenset(
    {"mock", "local", "bwrap", "bedrock", "http", "lambda", "docker", "ssh"}
)
HANDLERS: Final = frozenset({"counter", "queue", "kv", "timer", "aggregator", "webhook", "lambda"})

OPTIONS: Final[Mapping[str, str]] = MappingProxyType(
    {
        "docker": "image",
        "ssh": "host",
        "bedrock": "model",
        "http": "url",
        "lambda": "arn",
        "bwrap": "opts",
    }
)
"""The one option of a backend that has a name of its own; the second part of `{:docker, "coder"}`."""
NEEDING: Final = frozenset({"http", "lambda", "docker", "ssh"})
"""Backends that cannot run without it."""

_MODULE = re.compile(r"(?:[A-Z][A-Za-z0-9_]*\.)*([A-Z][A-Za-z0-9_]*)\Z")
_INNER_CAPITAL = re.compile(r"(?<=[a-z0-9])(?=[A-Z])")


def handler_name(text: str) -> str | None:
    """The handler that a name means: itself, or the last part of a module's name
    (`Genswarms.Objects.Counter` is `counter`). None: there is no such handler."""
    module = _MODULE.match(text)
    name = _INNER_CAPITAL.sub("_", module.group(1)).lower() if module else text
    return name if name in HANDLERS else None
