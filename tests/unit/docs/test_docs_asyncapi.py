"""The description of the socket has every request, event and code that there is, and refers rightly."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import pytest
from docs_pages import code, rows, section, text_of
from jsonschema import Draft202012Validator

from chalicelib.core.runs.event_kinds import KINDS
from chalicelib.core.runs.events import (
    Event,
    run_events,
    step_events,
    terminal_event,
    with_method_output,
)
from chalicelib.core.runs.model import METHOD_RUN, Run, RunDetail, RunStatus, Step, StepStatus
from chalicelib.workers.frames import done_frame, error_frame, event_frame
from chalicelib.workers.phoenix_requests import CLIENT_EVENTS
from chalicelib.workers.socket_events import SOCKET_PATHS
from chalicelib.workers.socket_requests import REQUESTS
from infra.api_document import asyncapi

DOCUMENT = asyncapi()
MESSAGES = DOCUMENT["components"]["messages"]


def _references(part: Any) -> Iterator[str]:
    if isinstance(part, dict):
        if isinstance(part.get("$ref"), str):
            yield part["$ref"]
        for value in part.values():
            yield from _references(value)
    if isinstance(part, list):
        for value in part:
            yield from _references(value)


def _valid(message: str, frame: Any) -> list[str]:
    schema = {**MESSAGES[message]["payload"], "components": DOCUMENT["components"]}
    return [error.message for error in Draft202012Validator(schema).iter_errors(frame)]


def test_every_reference_leads_somewhere() -> None:
    for reference in set(_references(DOCUMENT)):
        at: Any = DOCUMENT
        for step in reference.removeprefix("#/").split("/"):
            at = at[step.replace("~1", "/")]
        assert at


def test_every_request_is_an_operation_with_its_role_and_every_path_a_channel() -> None:
    operations = DOCUMENT["operations"]
    assert {kind: one["x-role"] for kind, one in operations.items()} == {
        **{kind: model.role.word for kind, (model, _) in REQUESTS.items()},
        **{f"swarm.{name}": "viewer" for name in ("phx_join", "phx_leave", "heartbeat")},
        **{f"swarm.{name}": "viewer" for name in CLIENT_EVENTS},
        "swarm.send_task": "operator",
    }
    assert {channel["address"] for channel in DOCUMENT["channels"].values()} == SOCKET_PATHS


def test_a_channel_has_every_message_and_an_operation_takes_them_from_its_channel() -> None:
    named = [name for one in DOCUMENT["channels"].values() for name in one["messages"]]
    assert sorted(named) == sorted(MESSAGES)
    for operation in DOCUMENT["operations"].values():
        for reference in [*operation["messages"], *operation["reply"]["messages"]]:
            assert reference["$ref"].startswith(operation["channel"]["$ref"] + "/messages/")


@pytest.mark.parametrize("name", MESSAGES)
def test_every_example_is_valid(name: str) -> None:
    (example,) = MESSAGES[name]["examples"]
    assert _valid(name, example["payload"]) == []


@pytest.mark.parametrize("kind", REQUESTS)
def test_what_the_schema_takes_the_socket_takes(kind: str) -> None:
    model, _ = REQUESTS[kind]
    (example,) = MESSAGES[kind]["examples"]
    assert model.model_validate(example["payload"]["payload"])
    unknown = {**example["payload"], "payload": {**example["payload"]["payload"], "more": 1}}
    assert _valid(kind, unknown) != []


def test_the_codes_of_the_page_are_codes_of_the_document() -> None:
    codes = set(MESSAGES["error"]["payload"]["properties"]["error"]["properties"]["code"]["enum"])
    table = rows(section(text_of("docs/sockets.md"), "Errors"))
    assert {code(row[0]) for row in table} <= codes


def test_the_members_of_each_kind_are_those_of_the_page() -> None:
    table = {
        code(kind): members
        for kind, members, _ in rows(section(text_of("docs/sockets.md"), "Events"))
    }
    assert set(table) == set(KINDS)
    for kind, entry in KINDS.items():
        assert [m for m in entry.members if f"`{m}`" not in table[kind]] == []


AT = "2026-11-22T00:15:59.494Z"
RUN = Run("org_a", "run_1", "greet", 1, "arn", RunStatus.RUNNING, AT, 0)
STEP = Step("compose", "transform", StepStatus.RUNNING, 1, started_at=AT)


def _ended(status: RunStatus, **more: Any) -> Run:
    return replace(RUN, status=status, finished_at=AT, **more)


def _made() -> list[Event]:
    """An event of every kind, as the code makes them."""
    runs = [_ended(status, error="why") for status in RunStatus if status.value in ENDS]
    waiting = replace(RUN, status=RunStatus.WAITING, suspended_by="ask", suspended_at=AT)
    steps = [
        *(
            replace(STEP, status=status, finished_at=AT, error="why")
            for status in (StepStatus.SUCCEEDED, StepStatus.FAILED, StepStatus.SKIPPED)
        ),
        replace(STEP, waiting_for={"approval": "apr_1", "message": "Go?", "at": AT}),
    ]
    method = _ended(RunStatus.SUCCEEDED, type=METHOD_RUN)
    outputs = [
        with_method_output(
            [terminal_event(method)],
            RunDetail(run=method, steps=(replace(STEP, output=text),)),
        )
        for text in ("small", "x" * 20_000)
    ]
    return [
        *run_events(None, RUN),
        *run_events(None, replace(RUN, source="run_0")),
        *run_events(RUN, waiting),
        *(event for run in runs for event in run_events(RUN, run)),
        *(event for step in steps for event in step_events(None, step)),
        *(event for events in outputs for event in events),
    ]


ENDS = {"succeeded", "failed", "cancelled", "timed_out"}


def test_an_event_of_every_kind_is_as_it_is_described() -> None:
    made = [replace(event, seq=number) for number, event in enumerate(_made(), 1)]
    assert {event.kind for event in made} == set(KINDS)
    for event in made:
        assert _valid("event", event_frame("1", event)) == [], event
        extra = {**event_frame("1", event)["event"], "more": 1}
        assert _valid("event", {"type": "event", "id": "1", "event": extra}) != []


def test_the_other_frames_are_as_they_are_described() -> None:
    assert _valid("done", done_frame("1")) == []
    assert _valid("error", error_frame(None, "bad_request", "no")) == []
    assert _valid("error", error_frame("1", "unheard_of", "no")) != []
