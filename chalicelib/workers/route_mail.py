"""The stream's consumer for swarms: outboxes are delivered, bells rung for mail that came, and runs
told what agents made of their tasks.

A batch has records of several swarms, each swarm's in order. A swarm that cannot be served now keeps
no other from being: the first record that failed is reported, and the stream delivers it and all
behind it again. Everything here may be done twice.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from chalicelib.core.errors import RunyardError, Unavailable
from chalicelib.core.swarms.model import Outbox, TaskOutcome
from chalicelib.services import Services
from chalicelib.store.swarm_records import Arrived, arrived_from, outbox_from, outcome_told
from chalicelib.telemetry import logger

Record = Mapping[str, Any]


@dataclass(slots=True)
class _OfSwarm:
    """What a batch has of one swarm."""

    outboxes: list[Outbox] = field(default_factory=list)
    arrived: dict[str, Arrived] = field(default_factory=dict)
    """Node → the last mail that came for it."""
    outcomes: list[tuple[int, TaskOutcome]] = field(default_factory=list)
    """Of runs' tasks, each with its record's place in the batch."""
    first: dict[str, int] = field(default_factory=dict)
    """`outboxes`, `arrived` → the first record's place in the batch."""


def route_mail(found: Services, records: Sequence[Record]) -> dict[str, Any]:
    """One batch; the answer names the first record that has to come again, if there is one."""
    failed: list[int] = []
    for (org, swarm), of_swarm in _by_swarm(records).items():
        failed += _deliver(found, org, swarm, of_swarm)
        failed += _ring(found, org, swarm, of_swarm)
        failed += _tell_runs(found, org, of_swarm)
    done = min(failed, default=len(records))
    posted(found, records[:done])
    if not failed:
        return {"batchItemFailures": []}
    sequence = records[done]["dynamodb"]["SequenceNumber"]
    return {"batchItemFailures": [{"itemIdentifier": sequence}]}


def posted(found: Services, records: Sequence[Record]) -> None:
    """Push to sockets what these records tell, which will not come again."""
    from chalicelib.store.swarm_happenings import told_by

    told = [one for one in map(told_by, records) if one is not None]
    if told:
        found.swarm_posts.push(told)


def _by_swarm(records: Sequence[Record]) -> dict[tuple[str, str], _OfSwarm]:
    swarms: dict[tuple[str, str], _OfSwarm] = {}
    for place, record in enumerate(records):
        outbox = outbox_from(record)
        if outbox is not None:
            org, swarm, item = outbox
            of_swarm = swarms.setdefault((org, swarm), _OfSwarm())
            of_swarm.outboxes.append(item)
            of_swarm.first.setdefault("outboxes", place)
            continue
        arrived = arrived_from(record)
        if arrived is not None:
            of_swarm = swarms.setdefault((arrived.org, arrived.swarm), _OfSwarm())
            of_swarm.arrived[arrived.node] = arrived
            of_swarm.first.setdefault("arrived", place)
            continue
        told = outcome_told(record)
        if told is not None:
            org, swarm, outcome = told
            swarms.setdefault((org, swarm), _OfSwarm()).outcomes.append((place, outcome))
    return swarms


def _deliver(found: Services, org: str, swarm: str, of_swarm: _OfSwarm) -> list[int]:
    """Where to begin again; nothing where all went well."""
    if not of_swarm.outboxes:
        return []
    told = {"org": org, "swarm": swarm}
    try:
        found.swarm_router.deliver(org, swarm, of_swarm.outboxes)
    except Unavailable as later:
        logger.warning("mail is late", extra={**told, "why": later.detail})
        return [of_swarm.first["outboxes"]]
    except RunyardError as refusal:
        # It would be refused again. It stays due, where the reconciler tells of it.
        logger.error("mail cannot be delivered", extra={**told, "why": refusal.detail})
    return []


def _ring(found: Services, org: str, swarm: str, of_swarm: _OfSwarm) -> list[int]:
    if not of_swarm.arrived:
        return []
    rings = {node: mail.id for node, mail in of_swarm.arrived.items()}
    try:
        found.bells.ring(org, swarm, rings)
    except Unavailable as later:
        logger.warning("a bell is late", extra={"swarm": swarm, "why": later.detail})
        return [of_swarm.first["arrived"]]
    return []


def _tell_runs(found: Services, org: str, of_swarm: _OfSwarm) -> list[int]:
    """Ends the steps that wait for these turns; one run's trouble keeps no other from being told."""
    failed = []
    for place, outcome in of_swarm.outcomes:
        told = {"org": org, "run_id": outcome.run_id, "step": outcome.step}
        try:
            found.agent_tasks.over(org, outcome)
        except Unavailable as later:
            logger.warning("an outcome is late", extra={**told, "why": later.detail})
            failed.append(place)
        except RunyardError as refusal:
            # The reconciler looks at it again.
            logger.error("an outcome cannot be told", extra={**told, "why": refusal.detail})
    return failed
