"""What one turn may send and remember, and whose turns ask nobody outside."""

from __future__ import annotations

import json
from typing import Final

from chalicelib.core.steps import StepFailed
from chalicelib.core.swarms.model import MOST_CONTENT_BYTES, AgentSpec, Node
from chalicelib.core.swarms.ports import TurnResult
from chalicelib.core.swarms.routing import as_text

MOST_OUTGOING: Final = 500
"""Messages that one turn may send."""
MOST_SENT_BYTES: Final = 250_000
MOST_MEMORY_BYTES: Final = 250_000
_OUTSIDE: Final = frozenset({"lambda", "webhook"})
"""Handlers of objects that ask somebody."""


def is_fast(node: Node) -> bool:
    """Whether its turns ask nobody outside: mocks, and objects that are built in."""
    spec = node.spec
    if isinstance(spec, AgentSpec):
        return spec.backend.type == "mock"
    return spec.backend is None and spec.handler not in _OUTSIDE


def check_limits(result: TurnResult) -> None:
    """Raises StepFailed, not to be tried again, for more than one turn may send or remember."""
    sizes = [content_bytes(one.content) for one in result.outgoing]
    if len(sizes) > MOST_OUTGOING or sum(sizes) > MOST_SENT_BYTES:
        message = (
            f"a turn sends at most {MOST_OUTGOING} messages of {MOST_SENT_BYTES:,} bytes in all"
        )
        raise StepFailed("too_much_sent", message, retryable=False)
    if any(size > MOST_CONTENT_BYTES for size in sizes):
        message = f"a message has at most {MOST_CONTENT_BYTES:,} bytes"
        raise StepFailed("message_too_large", message, retryable=False)
    if len(json.dumps(result.memory)) > MOST_MEMORY_BYTES:
        message = f"a node remembers at most {MOST_MEMORY_BYTES:,} bytes"
        raise StepFailed("memory_too_large", message, retryable=False)


def content_bytes(content: object) -> int:
    """Bytes of a message's content as it is sent."""
    return len(as_text(content).encode())
