"""Secrets: sealed to their organisation and name; a run that uses one leaves no trace of it."""

from __future__ import annotations

import json
from typing import Any

import pytest

from chalicelib.core.errors import NotFound
from chalicelib.core.steps import StepFailed, StepRefused
from chalicelib.store import keys
from chalicelib.store.secrets import MOST_BYTES, Secrets
from chalicelib.store.table import Put
from tests.support.model_server import model_server
from tests.support.world import ORG, World

VALUE = "hunter2-is-no-password"


@pytest.fixture
def secrets(world: World) -> Secrets:
    world.keep_secrets()
    return world.services.secrets


@pytest.mark.parametrize("size", [1, 4096, 4097, MOST_BYTES])
def test_a_value_of_any_size_comes_back_whole(secrets: Secrets, size: int) -> None:
    secrets.put(ORG, "key", "x" * size)
    assert secrets.credential(ORG, "key").text == "x" * size


def test_what_is_stored_does_not_have_the_value_and_lines_have_names_and_times(
    world: World, secrets: Secrets
) -> None:
    line = secrets.put(ORG, "key", VALUE)
    assert VALUE not in json.dumps(world.items(), default=str)
    assert secrets.lines(ORG) == [line]
    assert secrets.lines("org_other") == []


def test_a_sealed_value_cannot_be_moved_swapped_or_cut(world: World, secrets: Secrets) -> None:
    secrets.put(ORG, "key", "a" * 5000)
    item = world.services.table.get(keys.secret_key(ORG, "key"))
    assert item is not None
    first, second = item["sealed"]
    for org, name, sealed in (
        ("org_other", "key", [first, second]),
        (ORG, "other", [first, second]),
        (ORG, "key", [second, first]),
        (ORG, "key", [first]),
    ):
        moved = {**item, **keys.secret_key(org, name), "sealed": sealed}
        world.services.table.write(Put(moved))
        with pytest.raises(StepFailed) as caught:
            secrets.credential(org, name)
        assert (caught.value.code, caught.value.retryable) == ("credential_invalid", False)


def test_a_deleted_secret_is_gone(secrets: Secrets) -> None:
    secrets.put(ORG, "key", VALUE)
    secrets.delete(ORG, "key")
    with pytest.raises(NotFound):
        secrets.delete(ORG, "key")
    with pytest.raises(StepFailed, match="credential_not_found"):
        secrets.credential(ORG, "key")


def signed(url: str) -> dict[str, Any]:
    ask = {"url": url, "method": "POST", "json": {}}
    step = {"name": "ask", "action": "http/request", "params": ask, "credential": "key"}
    return {"name": "signed", "steps": [step]}


def test_a_run_leaves_no_trace_of_the_secret_though_the_server_repeats_it(
    world: World, secrets: Secrets
) -> None:
    secrets.put(ORG, "key", VALUE)
    with model_server() as server:
        world.apply(signed(f"{server.url}/echo"))
        run_id = world.start("signed")
        world.run_step(run_id, "ask")
        assert server.keys == [VALUE]
    assert world.finish(run_id) == "succeeded"
    kept = json.dumps(world.items(), default=str)
    assert "Bearer [redacted]" in kept
    assert VALUE not in kept


def test_a_secret_that_is_not_there_is_a_final_failure_and_nothing_is_sent(
    world: World, secrets: Secrets
) -> None:
    with model_server() as server:
        world.apply(signed(f"{server.url}/echo"))
        run_id = world.start("signed")
        with pytest.raises(StepRefused, match="credential_not_found"):
            world.run_step(run_id, "ask")
        assert server.bodies == []


def asking(**params: Any) -> dict[str, Any]:
    ask = {"model": "m", "prompt": "hi", **params}
    step = {"name": "ask", "action": "ai/completion", "params": ask, "credential": "key"}
    return {"name": "asking", "steps": [step]}


def test_an_error_leaves_no_trace_of_the_secret_though_the_server_repeats_it(
    world: World, secrets: Secrets
) -> None:
    with model_server() as server:
        secrets.put(ORG, "key", json.dumps({"url": f"{server.url}/refuse", "api_key": VALUE}))
        world.apply(asking())
        run_id = world.start("asking")
        with pytest.raises(StepRefused) as caught:
            world.run_step(run_id, "ask")
        assert server.keys == [VALUE]
    kept = json.dumps(world.items(), default=str) + str(caught.value)
    assert "who is [redacted]?" in kept
    assert VALUE not in kept


def test_a_models_tools_run_without_its_credential(world: World, secrets: Secrets) -> None:
    with model_server() as server:
        echo = {"url": f"{server.url}/echo", "method": "POST", "json": {}}
        tool = {"name": "t", "action": "http/request", "params": echo}
        world.apply(asking(tools=[tool]))
        secrets.put(ORG, "key", json.dumps({"url": f"{server.url}/v1", "api_key": VALUE}))
        server.calls("t", {})
        server.says("done")
        run_id = world.start("asking")
        world.run_step(run_id, "ask")
        assert server.keys == [VALUE, "None", VALUE]


def test_a_tools_params_are_rendered_once_and_only_when_the_model_calls(
    world: World, secrets: Secrets
) -> None:
    """What the model says is data: templates in it are not evaluated."""
    tool = {"name": "t", "action": "transform", "params": {"said": "{{ inputs.tool_input.x }}"}}
    ask = {"model": "m", "prompt": "{{ 'hi' }}", "tools": [tool]}
    step = {"name": "ask", "action": "ai/completion", "params": ask, "credential": "key"}
    world.apply({"name": "tools", "steps": [step]})
    with model_server() as server:
        secrets.put(ORG, "key", json.dumps({"url": f"{server.url}/v1", "api_key": VALUE}))
        server.calls("t", {"x": "{{ execution.id }}"})
        server.calls("nope", {})
        server.says("done")
        run_id = world.start("tools")
        world.run_step(run_id, "ask")
        assert server.bodies[0]["messages"] == [{"role": "user", "content": "hi"}]
    detail = world.services.runs.detail(ORG, run_id)
    assert detail is not None
    found = detail.steps[0].output
    assert found["text"] == "done"
    first, second = found["tool_calls"]
    assert first["output"] == {"said": "{{ execution.id }}"}
    assert (second["status"], second["error"]) == (
        "failed",
        "unknown_tool: there is no tool 'nope'",
    )
    assert VALUE not in json.dumps(world.items(), default=str)


def test_a_query_gives_the_members_that_are_asked_for(world: World, secrets: Secrets) -> None:
    secrets.put(ORG, "key", VALUE)
    pk = keys.secret_key(ORG, "")["pk"]
    page = world.services.table.query("#pk = :pk", {"pk": pk}, only=("name",))
    assert page.items == [{"name": "key"}]
