"""Graph workflows (S1): a head for each, written only over the revision that was read, and versions.

A version is an item as S2's versions are, large ones in the bucket (decision 87), so runs and their
steps read it like any other. Versions never change, so a warm function remembers those it has read.
"""

from __future__ import annotations

import json
import secrets
from collections.abc import Callable, Iterator
from dataclasses import replace
from typing import Any, Final

from chalicelib.core.graph_workflows.model import GraphVersion, GraphWorkflow, VersionLine
from chalicelib.core.graphs.definition import graph_of
from chalicelib.core.graphs.versions import graph_version
from chalicelib.store import keys
from chalicelib.store.blobs import Blobs
from chalicelib.store.table import ConditionFailed, Put, Table, Write
from chalicelib.store.wire import Item
from chalicelib.store.workflows import stored_version

_IF_NEW: Final = "attribute_not_exists(#pk)"
_IF_STILL: Final = "#revision = :expected"
_MOST_REMEMBERED: Final = 100
_PLAIN: Final = (
    "org",
    "id",
    "name",
    "description",
    "latest",
    "content_hash",
    "created_at",
    "created_by",
    "updated_at",
    "published",
    "revision",
)


class GraphWorkflows:
    """Implements `core.graph_workflows.model.GraphStore`."""

    def __init__(self, table: Table, blobs: Blobs, machine: Callable[[], str]) -> None:
        """`machine` names the one that runs any graph, and makes it where it is not there."""
        self._table = table
        self._machine = machine
        self._blobs = blobs
        self._remembered: dict[tuple[str, str, int], GraphVersion] = {}

    def get(self, org: str, workflow: str) -> GraphWorkflow | None:
        """One GetItem."""
        item = self._table.get(keys.graph_key(org, workflow))
        return _head_from(item) if item else None

    def newest(self, org: str) -> Iterator[GraphWorkflow]:
        """All heads, newest first, as far as they are asked for: one Query, a page per MB."""
        pk = keys.graph_key(org, "")["pk"]
        for item in self._table.query_all("#pk = :pk", {"pk": pk}, forward=False):
            yield _head_from(item)

    def version(self, org: str, workflow: str, number: int) -> GraphVersion | None:
        """One GetItem, and one GetObject for a large one, unless it is remembered."""
        known = self._remembered.get((org, workflow, number))
        if known is not None:
            return known
        item = self._table.get(keys.workflow_version_key(org, workflow, number))
        if item is None:
            return None
        if "body_at" in item:
            item |= self._blobs.get(item["body_at"])
        found = _version_from(item)
        if len(self._remembered) >= _MOST_REMEMBERED:
            del self._remembered[next(iter(self._remembered))]
        if "body_at" not in item:
            self._remembered[org, workflow, number] = found
        return found

    def versions(self, org: str, workflow: str) -> Iterator[VersionLine]:
        """All versions, newest first, as far as they are asked for, without their definitions."""
        pk = keys.workflow_version_key(org, workflow, 0)["pk"]
        only = ("workflow", "number", "name", "content_hash", "created_at", "created_by")
        for item in self._table.query_all("#pk = :pk", {"pk": pk}, forward=False, only=only):
            yield VersionLine(**{member: item[member] for member in only})

    def create(self, head: GraphWorkflow, version: GraphVersion) -> GraphWorkflow | None:
        """One transaction: the head and its first version, if there is none of this id."""
        mark = secrets.token_hex(8)
        put = Put({**_head_item(head), "written_by": mark}, condition=_IF_NEW)
        try:
            self._table.transact([put, self._new_version(head.org, version)])
        except ConditionFailed as failed:
            old = failed.failed.get(0)
            if old is None:
                raise
            return None if old.get("written_by") == mark else _head_from(old)
        return None

    def save(
        self, head: GraphWorkflow, *, expected: int, version: GraphVersion | None = None
    ) -> bool:
        """One write, or one transaction with the version that is new."""
        mark = secrets.token_hex(8)
        put = Put(
            {**_head_item(head), "written_by": mark},
            condition=_IF_STILL,
            values={"expected": expected},
        )
        writes: list[Write] = [put]
        if version is not None:
            writes.append(self._new_version(head.org, version))
        try:
            if len(writes) == 1:
                self._table.write(put)
            else:
                self._table.transact(writes)
        except ConditionFailed as failed:
            old = failed.failed.get(0)
            return old is not None and old.get("written_by") == mark
        return True

    def _new_version(self, org: str, version: GraphVersion) -> Put:
        """The write of a version that must not be there yet, in the form in which runs read it. A
        large one's body is in the bucket before: whoever dies in between leaves an object that is
        written again."""
        runnable = graph_version(
            graph_of(version.definition),
            workflow=version.workflow,
            number=version.number,
            machine=self._machine(),
            created_at=version.created_at,
            created_by=version.created_by,
        )
        put = stored_version(self._blobs, org, replace(runnable, content_hash=version.content_hash))
        named = {"name": version.name, "description": version.description}
        return replace(put, item={**put.item, **named})


def _head_item(head: GraphWorkflow) -> Item:
    return {
        **keys.graph_key(head.org, head.id),
        **{member: getattr(head, member) for member in _PLAIN},
        "machine": head.machine,
        "gates": head.gates or None,
        "paused": head.paused,
        "archived": 1 if head.archived else None,
    }


def _head_from(item: dict[str, Any]) -> GraphWorkflow:
    return GraphWorkflow(
        **{member: item[member] for member in _PLAIN},
        machine=item.get("machine"),
        gates=item.get("gates", 0),
        paused=item.get("paused"),
        archived=bool(item.get("archived")),
    )


def _version_from(item: dict[str, Any]) -> GraphVersion:
    return GraphVersion(
        workflow=item["workflow"],
        number=item["number"],
        name=item["name"],
        description=item["description"],
        definition={
            name: member
            for name, member in json.loads(item["source"]).items()
            if name != "blockExpansions"
        },
        content_hash=item["content_hash"],
        created_at=item["created_at"],
        created_by=item["created_by"],
    )
