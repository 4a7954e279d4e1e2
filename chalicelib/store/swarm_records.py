"""What records of the table's stream say of swarms' mail."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

from chalicelib.core.swarms.model import Outbox, TaskOutcome
from chalicelib.store.swarm_due import outbox_of
from chalicelib.store.swarm_items import outcome_from
from chalicelib.store.swarm_keys import DONE_PREFIX
from chalicelib.store.wire import Item, from_wire

_OUT: Final = "!OUT#"
_MAIL: Final = "!MAIL#"


@dataclass(frozen=True, slots=True)
class Arrived:
    """Mail that came into a mailbox."""

    org: str
    swarm: str
    node: str
    id: str


def outbox_from(record: Mapping[str, Any]) -> tuple[str, str, Outbox] | None:
    """Organisation, swarm and the outbox item that a record brings; None for any other record."""
    key, item = _put(record, _OUT)
    if item is None:
        return None
    org, _, swarm = key["pk"].split("#", 2)
    return org, swarm, outbox_of(item)


def arrived_from(record: Mapping[str, Any]) -> Arrived | None:
    """The mail that a record brings; None for any other record."""
    key, item = _put(record, _MAIL)
    if item is None:
        return None
    org, _, swarm = key["pk"].split("#", 2)
    return Arrived(org, swarm, key["sk"].removeprefix(_MAIL).split("#")[0], item["id"])


def outcome_told(record: Mapping[str, Any]) -> tuple[str, str, TaskOutcome] | None:
    """Organisation, swarm and what a turn on a run's task came to; None for any other record. Mail
    that was dead and was put back may come to something else the second time."""
    body = record["dynamodb"]
    if not body["Keys"]["sk"]["S"].startswith(DONE_PREFIX) or "NewImage" not in body:
        return None
    org, _, swarm = from_wire(body["Keys"])["pk"].split("#", 2)
    return org, swarm, outcome_from(from_wire(body["NewImage"]))


def _put(record: Mapping[str, Any], prefix: str) -> tuple[Item, Item | None]:
    """The key and the item, where a record says that one of that kind was put and not before."""
    body = record["dynamodb"]
    if not body["Keys"]["sk"]["S"].startswith(prefix) or "NewImage" not in body:
        return {}, None
    if body.get("OldImage"):
        return {}, None
    return from_wire(body["Keys"]), from_wire(body["NewImage"])
