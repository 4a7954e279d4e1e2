"""Nodes' lives, mailboxes, turns and history."""

from __future__ import annotations

from datetime import timedelta

from chalicelib.core.clock import Clock
from chalicelib.store.swarm_boxes import SwarmBoxes
from chalicelib.store.swarm_due import SwarmDue
from chalicelib.store.swarm_event_items import EventItems
from chalicelib.store.swarm_history import SwarmHistory
from chalicelib.store.swarm_lives import SwarmLives
from chalicelib.store.swarm_turns import SwarmTurns
from chalicelib.store.table import Table


class SwarmMail(SwarmLives, SwarmBoxes, SwarmDue, SwarmTurns, SwarmHistory):
    """Implements `core.swarms.ports.MailStore`."""

    def __init__(self, table: Table, *, clock: Clock, shards: int, retention_days: int) -> None:
        self._table = table
        self._clock = clock
        self._retention = timedelta(days=retention_days)
        self._events = EventItems(shards=shards, retention_days=retention_days)
