"""docs/sockets.md has the requests, events and codes of the socket, and its examples are valid."""

from __future__ import annotations

import json
import re
from typing import Any

import pytest
from docs_pages import blocks, code, rows, section, text_of

from chalicelib.core.dialects import S0
from chalicelib.core.runs.events import _RUN_ENDS, _STEP_ENDS, METHOD_OUTPUT, TERMINAL_KINDS
from chalicelib.workers.socket_events import RUNS_PATH
from chalicelib.workers.socket_requests import REQUESTS

PAGE = text_of("docs/sockets.md")
FRAMES = [json.loads(line) for block in blocks(PAGE, "json") for line in block.splitlines()]
EXAMPLES = [frame for frame in FRAMES if frame["type"] in REQUESTS]
KINDS = {code(kind) for kind, *_ in rows(section(PAGE, "Events"))}


def test_every_request_is_in_the_table_with_its_role_and_members() -> None:
    table = {
        code(kind): (role, payload) for kind, role, payload, _ in rows(section(PAGE, "Requests"))
    }
    assert set(table) == set(REQUESTS)
    for kind, (model, _) in REQUESTS.items():
        role, payload = table[kind]
        assert role == model.role.word
        assert [m for m in model.model_fields if f"`{m}`" not in payload] == []


def test_every_kind_of_event_is_in_the_table() -> None:
    made = {"started", "step_started", "approval_requested", "suspended", METHOD_OUTPUT}
    assert made | {*_RUN_ENDS.values(), *_STEP_ENDS.values()} == KINDS


def test_the_last_kinds_are_the_ones_that_end_a_log() -> None:
    assert {code(kind) for kind, *_ in rows(section(PAGE, "Events"))[-3:]} == TERMINAL_KINDS


def test_the_statuses_of_a_search_are_all_named() -> None:
    assert [w for w in S0.values() if f"`{w}`" not in section(PAGE, "Requests")] == []


@pytest.mark.parametrize("frame", EXAMPLES, ids=lambda frame: frame["type"])
def test_every_example_of_a_request_is_taken(frame: dict[str, Any]) -> None:
    if "runs" in frame["payload"]:
        return  # the answer to a search has the search's type
    model, _ = REQUESTS[frame["type"]]
    assert model.model_validate(frame["payload"])


def test_the_examples_are_of_the_kinds_in_the_tables() -> None:
    events = [frame["event"] for frame in FRAMES if frame["type"] == "event"]
    assert {event["kind"] for event in events} <= KINDS
    assert [event["seq"] for event in events] == list(range(1, len(events) + 1))


def test_the_codes_are_slugs_of_errors_with_underscores() -> None:
    from chalicelib.api.documentation import error_kinds

    slugs = {kind.slug.replace("-", "_") for kind in error_kinds()}
    assert {code(row[0]) for row in rows(section(PAGE, "Errors"))} <= slugs


def test_the_path_is_the_one_that_is_built() -> None:
    assert set(re.findall(r"localhost:8000(/\w+)\?", PAGE)) == {RUNS_PATH}
