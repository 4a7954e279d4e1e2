"""Swarms: heads and overlays, nodes, configuration files, and how all of it goes."""

from __future__ import annotations

from chalicelib.store.blobs import Blobs
from chalicelib.store.swarm_heads import SwarmHeads
from chalicelib.store.swarm_nodes import SwarmNodes
from chalicelib.store.swarm_purge import SwarmPurge
from chalicelib.store.swarm_seeds import SwarmSeeds
from chalicelib.store.table import Table


class Swarms(SwarmHeads, SwarmNodes, SwarmSeeds, SwarmPurge):
    """Implements `core.swarms.ports.SwarmStore`."""

    def __init__(self, table: Table, blobs: Blobs, *, shards: int, retention_days: int) -> None:
        super().__init__(table, shards=shards, retention_days=retention_days)
        self._blobs = blobs
