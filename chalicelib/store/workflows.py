"""Workflows: a head per name (which version is the latest, whether it is archived) and its versions.

Versions never change, so a warm function remembers those it has read.
"""

from __future__ import annotations

import hashlib
import json
import secrets
from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any, Final

from chalicelib.core.ids import RUN_ID
from chalicelib.core.plan import Plan
from chalicelib.core.runs.model import Run
from chalicelib.core.runs.ports import Version
from chalicelib.store import keys
from chalicelib.store.blobs import LARGE, Blobs, definition_key, own_definition_key
from chalicelib.store.run_items import dump
from chalicelib.store.table import ConditionFailed, Put, Table, Update
from chalicelib.store.wire import Item

GRAPH_PREFIX: Final = "wf_"
"""Of workflows that are graphs (S1); no name of S2 has a `_`."""
_IF_STILL: Final = "#latest = :expected"
_IF_NEW: Final = "attribute_not_exists(#pk)"
_IF_THERE: Final = "attribute_exists(#pk) AND attribute_not_exists(#archived)"
_MOST_REMEMBERED: Final = 200
_MOST_REMEMBERED_BYTES: Final = 10_000_000
"""Of JSON; as Python objects it is several times that."""
_LONGEST_NAME: Final = 256
"""Characters: nothing has a longer name, and DynamoDB refuses a key over 1,024 bytes."""


@dataclass(frozen=True, slots=True)
class Head:
    """What the list of workflows shows."""

    name: str
    latest: int
    content_hash: str
    description: str
    archived: bool
    updated_at: str


@dataclass(frozen=True, slots=True)
class VersionLine:
    """What the list of a workflow's versions shows."""

    workflow: str
    number: int
    content_hash: str
    created_at: str
    created_by: str


class Workflows:
    """Implements `core.runs.ports.VersionStore`."""

    def __init__(
        self,
        table: Table,
        blobs: Blobs,
        *,
        newest_graph: Callable[[str, str], Version | None] = lambda org, workflow: None,
    ) -> None:
        """`newest_graph` is asked for the latest version of workflows that are graphs (`wf_…`)."""
        self._newest_graph = newest_graph
        self._table = table
        self._blobs = blobs
        self._remembered: dict[tuple[str, str, int], tuple[Version, int]] = {}
        self._remembered_bytes = 0

    def head(self, org: str, name: str) -> Head | None:
        if len(name) > _LONGEST_NAME:
            return None
        item = self._table.get(keys.workflow_head_key(org, name))
        return _head_from(item) if item else None

    def heads(self, org: str) -> list[Head]:
        """All of an organisation's workflows by name: one Query, a page per MB."""
        key = keys.workflow_head_key(org, "")
        return [_head_from(i) for i in self._table.query_all("#pk = :pk", {"pk": key["pk"]})]

    def latest(self, org: str, workflow: str) -> Version | None:
        """The newest version; None for an unknown or archived workflow. One read when it is known."""
        if RUN_ID.match(workflow):
            return self.version(org, workflow, 1)
        if workflow.startswith(GRAPH_PREFIX):
            return self._newest_graph(org, workflow)
        head = self.head(org, workflow)
        if head is None or head.archived:
            return None
        return self.version(org, workflow, head.latest)

    def version(self, org: str, workflow: str, number: int) -> Version | None:
        """One GetItem, and one GetObject for a large one, unless it is remembered. That of agents'
        tasks is stored nowhere."""
        if number == 0 and "/" in workflow:
            from chalicelib.core.swarms.task_version import task_version

            return task_version(workflow)
        remembered = self._remembered.get((org, workflow, number))
        if remembered is not None:
            return remembered[0]
        if len(workflow) > _LONGEST_NAME:
            return None
        if RUN_ID.match(workflow):
            item = self._table.get(keys.own_version_key(org, workflow))
        else:
            item = self._table.get(keys.workflow_version_key(org, workflow, number))
        if item is None:
            return None
        if "body_at" in item:
            item |= self._blobs.get(item["body_at"])
        version = _version_from(item)
        self._remember((org, workflow, number), version, len(item["plan"]) + len(item["source"]))
        return version

    def _remember(self, key: tuple[str, str, int], version: Version, size: int) -> None:
        self._remembered[key] = version, size
        self._remembered_bytes += size
        while len(self._remembered) > _MOST_REMEMBERED or (
            self._remembered_bytes > _MOST_REMEMBERED_BYTES and len(self._remembered) > 1
        ):
            _, oldest = self._remembered.pop(next(iter(self._remembered)))
            self._remembered_bytes -= oldest

    def versions(self, org: str, workflow: str) -> list[VersionLine]:
        """All versions, newest first: one Query, a page per MB."""
        if len(workflow) > _LONGEST_NAME:
            return []
        key = keys.workflow_version_key(org, workflow, 0)
        return [
            VersionLine(
                workflow=item["workflow"],
                number=item["number"],
                content_hash=item["content_hash"],
                created_at=item["created_at"],
                created_by=item.get("created_by", ""),
            )
            for item in self._table.query_all("#pk = :pk", {"pk": key["pk"]}, forward=False)
        ]

    def publish(self, org: str, version: Version, *, description: str, expected: int) -> bool:
        """Store an immutable version and point the head at it, in one transaction.

        A large one's source and plan go to the bucket first: an apply that dies in between leaves
        an object that the next apply of that content finds again.

        `expected` is the head's version as it was read (0: none). False when another apply came
        first: read again.
        """
        head = keys.workflow_head_key(org, version.workflow)
        members = {
            "name": version.workflow,
            "latest": version.number,
            "content_hash": version.content_hash,
            "description": description,
            "updated_at": version.created_at,
        }
        new_head: Put | Update
        if expected == 0:
            new_head = Put({**head, **members}, condition=_IF_NEW)
        else:
            new_head = Update(
                head,
                "SET "
                + ", ".join(f"#{m} = :{m}" for m in members)
                + " REMOVE #archived, #archived_by",
                condition=_IF_STILL,
                values={**members, "expected": expected},
            )
        try:
            self._table.transact(
                [
                    new_head,
                    stored_version(self._blobs, org, version),
                ]
            )
        except ConditionFailed as failed:
            old = failed.failed.get(0) or {}
            return bool(
                old.get("latest") == version.number
                and old.get("updated_at") == version.created_at
                and old.get("content_hash") == version.content_hash
            )
        return True

    def keep(self, org: str, version: Version) -> Version:
        """Store the version of a graph, unless it is there; it as it is stored."""
        try:
            self._table.write(stored_version(self._blobs, org, version))
        except ConditionFailed:
            return self.version(org, version.workflow, version.number) or version
        return version

    def archive(self, org: str, name: str, *, at: str) -> Head | None:
        """Archive a workflow; its head then. None when it is unknown or archived already."""
        if len(name) > _LONGEST_NAME:
            return None
        mark = secrets.token_hex(8)
        archive = Update(
            keys.workflow_head_key(org, name),
            "SET #archived = :yes, #archived_by = :mark, #updated_at = :at",
            condition=_IF_THERE,
            values={"yes": 1, "mark": mark, "at": at},
        )
        try:
            item = self._table.write(archive)
        except ConditionFailed as failed:
            item = failed.old
            if item is None or item.get("archived_by") != mark:
                return None
        return _head_from(item) if item else None


def new_version(org: str, version: Version) -> Put:
    """The write of an immutable version, which must not be there yet."""
    key = keys.workflow_version_key(org, version.workflow, version.number)
    return Put({**key, **_version_item(version)}, condition=_IF_NEW)


def stored_version(blobs: Blobs, org: str, version: Version) -> Put:
    """The same, with the body of a large one in the bucket, where it is put before."""
    put = new_version(org, version)
    body = {name: put.item[name] for name in ("plan", "source")}
    encoded = "\n".join(body.values()).encode()
    if len(encoded) <= LARGE:
        return put
    digest = hashlib.sha256(encoded).hexdigest()[:32]
    at = blobs.put(definition_key(org, version.workflow, digest), body)
    rest = {name: value for name, value in put.item.items() if name not in body}
    return replace(put, item={**rest, "body_at": at})


def own_version(blobs: Blobs, run: Run, version: Version, expires_at: int) -> Put:
    """The write of a version that belongs to one run, and goes with it."""
    item = _version_item(version)
    body = {name: item.pop(name) for name in ("plan", "source")}
    if len("\n".join(body.values()).encode()) > LARGE:
        body = {"body_at": blobs.put(own_definition_key(run.org, run.id), body)}
    key = keys.own_version_key(run.org, run.id)
    return Put({**key, **item, **body, "expires_at": expires_at})


def _head_from(item: Item) -> Head:
    return Head(
        name=item["name"],
        latest=item["latest"],
        content_hash=item["content_hash"],
        description=item.get("description", ""),
        archived=bool(item.get("archived")),
        updated_at=item["updated_at"],
    )


def _version_item(version: Version) -> Item:
    return {
        "workflow": version.workflow,
        "number": version.number,
        "content_hash": version.content_hash,
        "machine": version.machine,
        "gates": version.gates or None,
        "hooks": version.hooks,
        "plan": dump(version.plan.to_dict()),
        "source": dump(version.source),
        "created_at": version.created_at,
        "created_by": version.created_by,
    }


def _version_from(item: dict[str, Any]) -> Version:
    return Version(
        workflow=item["workflow"],
        number=item["number"],
        content_hash=item["content_hash"],
        machine=item["machine"],
        gates=item.get("gates", 0),
        hooks=item.get("hooks"),
        plan=Plan.from_dict(json.loads(item["plan"])),
        source=json.loads(item["source"]),
        created_at=item["created_at"],
        created_by=item.get("created_by", ""),
    )
