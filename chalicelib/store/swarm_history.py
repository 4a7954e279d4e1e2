"""What a node was sent, sent and said, newest first, read only as far as it is asked for."""

from __future__ import annotations

import heapq
from collections.abc import Iterator
from typing import Any, Final

from chalicelib.core.swarms.model import MOST_LIMIT, LogLine
from chalicelib.core.swarms.ports import HistoryLine
from chalicelib.store import swarm_keys
from chalicelib.store.swarm_items import log_from, mail_from, outgoing_from, size_of
from chalicelib.store.table import Table

_IN_SWARM: Final = "#pk = :pk AND begins_with(#sk, :prefix)"
MOST_BYTES: Final = 4_000_000
"""Of one answer: a Lambda's takes 6 MB as JSON."""


class SwarmHistory:
    """The part of `core.swarms.ports.MailStore` that is about what was."""

    _table: Table

    def history(self, org: str, swarm: str, node: str, limit: int) -> list[HistoryLine]:
        """The newest `limit` lines, at most 4 MB: a Query of the mail and one of the outbox, each a
        page for each MB."""
        incoming = self._incoming(org, swarm, node, limit)
        outgoing = self._outgoing(org, swarm, node, limit)
        merged = heapq.merge(incoming, outgoing, key=lambda line: line.timestamp, reverse=True)
        found: list[HistoryLine] = []
        size = 0
        for line in merged:
            size += size_of(line.content)
            if len(found) >= min(limit, MOST_LIMIT) or size > MOST_BYTES:
                break
            found.append(line)
        return found

    def _incoming(self, org: str, swarm: str, node: str, limit: int) -> Iterator[HistoryLine]:
        for item in self._newest(org, swarm, swarm_keys.mail_prefix(node), limit):
            mail = mail_from(item)
            kind = "task" if mail.kind == "task" else "incoming"
            yield HistoryLine(kind, mail.content, mail.at, mail.sender, mail.type)

    def _outgoing(self, org: str, swarm: str, node: str, limit: int) -> Iterator[HistoryLine]:
        for item in self._newest(org, swarm, swarm_keys.out_prefix(node), limit):
            for one in reversed(outgoing_from(item)):
                yield HistoryLine("outgoing", one.content, item["at"], one.to, one.type)

    def logs(self, org: str, swarm: str, node: str, limit: int) -> list[LogLine]:
        """The newest `limit` lines, at most 4 MB, oldest first: one Query, a page for each MB."""
        found: list[LogLine] = []
        size = 0
        for item in self._newest(org, swarm, swarm_keys.log_prefix(node), limit):
            size += size_of(item["content"])
            if len(found) >= min(limit, MOST_LIMIT) or size > MOST_BYTES:
                break
            found.append(log_from(item))
        return found[::-1]

    def _newest(self, org: str, swarm: str, prefix: str, limit: int) -> Iterator[dict[str, Any]]:
        return self._table.query_all(
            _IN_SWARM,
            {"pk": swarm_keys.swarm_pk(org, swarm), "prefix": prefix},
            forward=False,
            limit=max(1, min(limit, MOST_LIMIT)),
        )
