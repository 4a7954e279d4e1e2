"""Claims of hook paths: who is behind `/hooks/<path>`, over all organisations. First come, first
served; a claim that nobody stands behind any more can be taken over."""

from __future__ import annotations

from contextlib import suppress
from dataclasses import dataclass
from typing import Final

from chalicelib.core.clock import Clock, rfc3339
from chalicelib.core.errors import Conflict
from chalicelib.core.triggers.follow import FORGOTTEN_AFTER, Heads, Placed
from chalicelib.core.triggers.model import Trigger, triggers_of
from chalicelib.store import keys
from chalicelib.store.table import ConditionFailed, Delete, Table, Update
from chalicelib.store.wire import Item

_CLAIM: Final = (
    "SET #org = :org, #workflow = :workflow, #name = :name, #version = :version,"
    " #touched = :touched"
)
_IF_FREE: Final = (
    "attribute_not_exists(#pk) OR (#org = :org AND #workflow = :workflow AND #version <= :version)"
)
_IF_STILL: Final = "#name = :old_name AND #touched = :old_touched"
_IF_MINE: Final = "#org = :org AND #workflow = :workflow AND #name = :name"


@dataclass(frozen=True, slots=True)
class Owner:
    """Whose a path is."""

    org: str
    workflow: str


class HookClaims:
    """Implements `core.triggers.follow.Outside` for webhooks, and finds who is behind a path."""

    def __init__(self, table: Table, workflows: Heads, *, clock: Clock) -> None:
        self._table = table
        self._workflows = workflows
        self._clock = clock

    def owner(self, path: str) -> Owner | None:
        """One read."""
        item = self._table.get(keys.claim_key(path))
        return Owner(item["org"], item["workflow"]) if item else None

    def put(self, org: str, workflow: str, trigger: Trigger, placed: Placed) -> None:
        """One write, where the path is free or ours. Raises Conflict when it is another's."""
        known = self._claim(org, workflow, placed, _IF_FREE)
        if known is None or (known["org"], known["workflow"]) == (org, workflow):
            return  # ours, or a later apply's, before which this one loses
        if self._is_in_use(known, placed.path):
            raise Conflict(f"another workflow listens at /hooks/{placed.path}")
        known = self._claim(org, workflow, placed, _IF_STILL, known)
        if known is not None and known["name"] != placed.name:  # else the first answer was lost
            raise Conflict(f"another workflow listens at /hooks/{placed.path}")

    def remove(self, org: str, workflow: str, placed: Placed) -> None:
        """One write. A path that has another owner by now, or a newer claim of ours, stays."""
        delete = Delete(
            keys.claim_key(placed.path),
            condition=_IF_MINE,
            values={"org": org, "workflow": workflow, "name": placed.name},
        )
        with suppress(ConditionFailed):
            self._table.write(delete)

    def _claim(
        self, org: str, workflow: str, placed: Placed, condition: str, old: Item | None = None
    ) -> Item | None:
        """None when the claim is written, else the item in its way."""
        values = {
            "org": org,
            "workflow": workflow,
            "name": placed.name,
            "version": placed.version,
            "touched": placed.at,
        }
        if old is not None:
            values |= {"old_name": old["name"], "old_touched": old["touched"]}
        key = keys.claim_key(placed.path)
        try:
            self._table.write(Update(key, _CLAIM, condition=condition, values=values))
        except ConditionFailed as failed:
            return failed.old or {"org": "", "workflow": "", "name": "", "touched": ""}
        return None

    def _is_in_use(self, claim: Item, path: str) -> bool:
        """Whether its owner's newest version has the path, or an apply of his is on its way."""
        org, workflow = claim.get("org", ""), claim.get("workflow", "")
        head = self._workflows.head(org, workflow)
        number = head.latest if head is not None else 0
        if claim.get("version", 0) > number:
            return bool(claim["touched"] > rfc3339(self._clock() - FORGOTTEN_AFTER))
        if head is None or head.archived:
            return False
        version = self._workflows.version(org, workflow, number)
        triggers = triggers_of(org, workflow, version.source) if version is not None else ()
        return any(trigger.content.get("path") == path for trigger in triggers)
