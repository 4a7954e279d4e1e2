"""A workflow's triggers as they are in its definition, each with an identity of its own."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final, Literal

Kind = Literal["cron", "event", "webhook", "rrule"]

UTC_ZONE: Final = "UTC"
_HOOKS: Final = "/hooks/"


@dataclass(frozen=True, slots=True)
class Trigger:
    """One trigger. `id` follows from the organisation, the workflow and what the trigger says: the
    same trigger has the same id in every version, and no two workflows share one."""

    id: str
    kind: Kind
    content: Mapping[str, Any]
    """The members of the definition besides `type`, defaults filled in."""

    def key(self, occurrence: str) -> str:
        """The idempotency key of the run that one occurrence starts, at most one for ever. Clients'
        keys have no line break, so none of theirs is ever the same."""
        return f"trigger\n{self.id}\n{occurrence}"


def triggers_of(org: str, workflow: str, source: Mapping[str, Any]) -> tuple[Trigger, ...]:
    """The triggers of a definition that was checked, in its order."""
    return tuple(
        Trigger(_id(org, workflow, kind, content), kind, content)
        for kind, content in map(normal, source.get("triggers") or ())
    )


def normal(member: Mapping[str, Any]) -> tuple[Kind, dict[str, Any]]:
    """A member of `triggers` as (kind, content): with its defaults, and in one spelling."""
    kind: Kind = member["type"]
    if kind == "cron":
        zone = member.get("timezone", UTC_ZONE)
        return kind, {"schedule": member["schedule"], "timezone": zone}
    if kind == "rrule":
        return kind, {"rrule": member["rrule"], "timezone": member["timezone"]}
    if kind == "event":
        return kind, {"pattern": member["pattern"]}
    path = str(member["path"]).removeprefix(_HOOKS)
    return kind, {"path": path, "secret": member.get("secret")}


def _id(org: str, workflow: str, kind: str, content: Mapping[str, Any]) -> str:
    text = json.dumps([org, workflow, kind, content], sort_keys=True, separators=(",", ":"))
    return hashlib.sha256(text.encode()).hexdigest()[:24]
