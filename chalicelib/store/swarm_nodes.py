"""A swarm's nodes as they are to be: what `effective(seed, overlay)` makes, written down."""

from __future__ import annotations

from collections.abc import Iterable

from chalicelib.core.swarms.model import Node, Swarm
from chalicelib.store import swarm_keys
from chalicelib.store.swarm_items import checked, node_from, node_members
from chalicelib.store.table import Delete, Put, Table


class SwarmNodes:
    """The part of `core.swarms.ports.SwarmStore` that is about nodes."""

    _table: Table

    def nodes(self, org: str, name: str) -> list[Node]:
        """All of a swarm's nodes by name: one Query, a page per MB."""
        values = {"pk": swarm_keys.swarm_pk(org, name), "prefix": swarm_keys.NODE_PREFIX}
        found = self._table.query_all("#pk = :pk AND begins_with(#sk, :prefix)", values)
        return [node_from(item) for item in found]

    def node(self, org: str, name: str, node: str) -> Node | None:
        """One GetItem."""
        item = self._table.get(swarm_keys.node_key(org, name, node))
        return node_from(item) if item else None

    def write_nodes(self, swarm: Swarm, put: Iterable[Node], drop: Iterable[str]) -> None:
        """One BatchWriteItem for each 25. A write that dies half-way is made again as a whole: the
        head's `applied` says that it has to be. Raises TooLarge for a node that no item takes."""

        def key(node: str) -> dict[str, str]:
            return swarm_keys.node_key(swarm.org, swarm.name, node)

        puts = [Put(checked({**key(one.name), **node_members(one)}, one.name)) for one in put]
        kept = {one.item["name"] for one in puts}
        self._table.write_many([*puts, *(Delete(key(one)) for one in drop if one not in kept)])
