"""The queue of bells: one FIFO message for each node that has mail, in a group of its own."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Mapping
from itertools import islice
from typing import Any, Final

from chalicelib.cloud.calls import later_is_unavailable
from chalicelib.core.errors import Unavailable

_AT_ONCE: Final = 10
"""SQS's limit of a batch."""


class Bells:
    """Implements `core.swarms.ports.Doorbell`."""

    def __init__(self, client: Callable[[], Any], queue_url: str) -> None:
        self._client = client
        self._queue_url = queue_url

    def ring(self, org: str, swarm: str, nodes: Mapping[str, str]) -> None:
        """One call for each ten nodes. Raises Unavailable; some may have been rung for then."""
        left = iter(nodes.items())
        while batch := list(islice(left, _AT_ONCE)):
            entries = [
                {
                    "Id": str(number),
                    "MessageBody": json.dumps({"org": org, "swarm": swarm, "node": node}),
                    "MessageGroupId": _digest(org, swarm, node),
                    "MessageDeduplicationId": _digest(org, swarm, node, ring),
                }
                for number, (node, ring) in enumerate(batch)
            ]
            with later_is_unavailable("SQS"):
                answer = self._client().send_message_batch(
                    QueueUrl=self._queue_url, Entries=entries
                )
            if answer.get("Failed"):
                raise Unavailable(f"SQS: {answer['Failed'][0].get('Code')}")


def _digest(*parts: str) -> str:
    """Of any length, as the 128 characters that SQS takes."""
    return hashlib.sha256("\n".join(parts).encode()).hexdigest()
