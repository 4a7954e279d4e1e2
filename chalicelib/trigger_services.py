"""The wiring of triggers: a part of `services`, which remembers what is made here."""

from __future__ import annotations

from typing import TYPE_CHECKING

from chalicelib.core.triggers.follow import Follower

if TYPE_CHECKING:
    from chalicelib.cloud.rules import Rules
    from chalicelib.cloud.schedules import Schedules
    from chalicelib.core.triggers.archive import Archiver
    from chalicelib.core.triggers.fire import Firer
    from chalicelib.core.triggers.follow import Heads
    from chalicelib.services import Services
    from chalicelib.store.workflows import Head


def follower(found: Services) -> Follower:
    from chalicelib.store.triggers import TriggerRegister

    clock = schedules(found)
    return Follower(
        TriggerRegister(found.table),
        heads(found),
        {"cron": clock, "rrule": clock, "event": rules(found), "webhook": found.hooks},
        found.clock,
    )


def heads(found: Services) -> Heads:
    """The heads of all workflows: of graphs (`wf_…`) and of S2."""
    from chalicelib.core.graph_workflows.triggers import GraphHeads
    from chalicelib.core.triggers.heads import AllHeads

    return AllHeads(found.workflows, GraphHeads(found.v1.workflows))


def schedules(found: Services) -> Schedules:
    from chalicelib.cloud.schedules import Schedules

    settings = found.settings
    return Schedules(
        lambda: found.client("scheduler"),
        group=settings.schedule_group,
        role_arn=settings.schedule_role_arn,
        target_arn=settings.fire_arn,
    )


def rules(found: Services) -> Rules:
    from chalicelib.cloud.rules import Rules

    settings = found.settings
    return Rules(
        lambda: found.client("events"),
        prefix=settings.machine_prefix,
        target_arn=settings.fire_arn,
    )


def archiver(found: Services) -> Archiver[Head]:
    from chalicelib.core.triggers.archive import Archiver

    return Archiver(found.workflows, found.triggers.tidy, found.clock)


def firer(found: Services) -> Firer:
    from chalicelib.core.triggers.fire import Firer

    return Firer(
        found.workflows,
        found.starter,
        found.triggers.tidy,
        found.settings.machine_prefix,
        found.clock,
    )
