"""Levels and categories follow from an event's type; filters hold all at once (S3's Events)."""

from __future__ import annotations

from itertools import product

import pytest

from chalicelib.core.swarms.model import SwarmEvent
from chalicelib.core.swarms.ports import EventFilters
from chalicelib.core.swarms.taxonomy import (
    CATEGORIES,
    LEVELS,
    TYPES,
    event,
    filter_problem,
    matches,
    types_of,
    types_with,
)

NAMED_IN_THE_CONTRACT = {
    *("swarm_started", "swarm_stopped", "agent_added", "agent_removed", "agent_error"),
    *("task_sent", "message_received", "message_delivered", "inbox_full", "object_added"),
    *("object_removed", "handler_crashed", "message_routed", "message_broadcast"),
    *("invalid_route", "target_not_found"),
}


def an_event(event_type: str = "task_sent", timestamp: str = "2026-03-18T09:00:00Z") -> SwarmEvent:
    return event(
        event_type, swarm="house", agent="coder", message="m", id="evt_1", timestamp=timestamp
    )


def test_every_type_of_the_contract_is_there_with_a_known_level_and_category() -> None:
    assert TYPES.keys() >= NAMED_IN_THE_CONTRACT
    for kind in TYPES.values():
        assert kind.level in LEVELS
        assert kind.category in CATEGORIES
        assert kind.meaning.endswith(".")


def test_every_category_and_level_has_a_type() -> None:
    assert {kind.category for kind in TYPES.values()} == set(CATEGORIES)
    assert {kind.level for kind in TYPES.values()} == set(LEVELS)


def test_an_event_takes_level_and_category_from_its_type() -> None:
    found = an_event("invalid_route")
    assert (found.level, found.category) == ("warning", "routing")


def test_a_type_that_is_not_there_makes_no_event() -> None:
    with pytest.raises(KeyError):
        an_event("agent_sneezed")


@pytest.mark.parametrize(("level", "category"), [*product((None, *LEVELS), (None, *CATEGORIES))])
def test_filters_by_types_and_by_events_agree(level: str | None, category: str | None) -> None:
    filters = EventFilters(level=level, category=category)
    types = types_with(level, category)
    assert types_of(filters) == types
    for name in TYPES:
        assert matches(filters, an_event(name)) == (types is None or name in types)


def test_a_type_outside_of_the_level_matches_nothing() -> None:
    assert types_of(EventFilters(level="error", event_type="task_sent")) == frozenset()
    assert types_of(EventFilters(level="info", event_type="task_sent")) == {"task_sent"}


@pytest.mark.parametrize(
    ("filters", "fits"),
    [
        (EventFilters(), True),
        (EventFilters(swarm="house", agent="coder", event_type="task_sent"), True),
        (EventFilters(swarm="other"), False),
        (EventFilters(agent="writer"), False),
        (EventFilters(swarm="house", agent="writer"), False),
        (EventFilters(since="2026-03-18T09:00:00Z"), True),
        (EventFilters(since="2026-03-18T10:30:00+02:00"), True),
        (EventFilters(since="2026-03-18T09:00:00.001Z"), False),
    ],
)
def test_all_that_a_filter_names_must_hold(filters: EventFilters, fits: bool) -> None:
    assert matches(filters, an_event()) is fits


@pytest.mark.parametrize(
    ("filters", "problem"),
    [
        (EventFilters(), None),
        (EventFilters(level="info", category="object", event_type="inbox_full"), None),
        (EventFilters(level="fatal"), "level must be one of error, warning, info, debug"),
        (EventFilters(event_type="nope"), "event_type must be a type of event"),
        (EventFilters(since="yesterday"), "since must be an RFC 3339 time"),
    ],
)
def test_values_that_are_not_there_are_named(filters: EventFilters, problem: str | None) -> None:
    assert filter_problem(filters) == problem
    assert filter_problem(EventFilters(category="x")) is not None
