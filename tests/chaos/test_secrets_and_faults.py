"""Secrets: a value is the old one or the new one, and a step that uses one is tried again, whatever
call failed in between.
"""

from __future__ import annotations

import contextlib

import pytest

from chalicelib.core.errors import RunyardError
from tests.chaos.test_every_call_fails import go_on
from tests.support.clients import Died, Fault
from tests.support.model_server import model_server
from tests.support.world import ORG, World

OLD, NEW = "old" * 3000, "new" * 3000
"""Three parts each, of which KMS seals one a call."""


@pytest.mark.parametrize("fault", Fault, ids=lambda fault: fault.value)
def test_a_secret_is_whole_whatever_call_of_its_storing_failed(world: World, fault: Fault) -> None:
    world.keep_secrets()
    with world.calls.counted() as calls:
        world.services.secrets.put(ORG, "key", OLD)
        made = list(calls.made)
    assert made == ["kms.encrypt", "kms.encrypt", "kms.encrypt", "dynamodb.put_item"]
    for call in range(1, len(made) + 1):
        world.fresh().secrets.put(ORG, "key", OLD)
        secrets = world.fresh().secrets
        failed = False
        with world.calls.failing(call, fault):
            try:
                secrets.put(ORG, "key", NEW)
            except (RunyardError, Died):
                failed = True
        found = world.fresh().secrets.credential(ORG, "key").text
        assert found == NEW or (failed and found == OLD)
        world.fresh().secrets.put(ORG, "key", NEW)
        assert world.fresh().secrets.credential(ORG, "key").text == NEW


@pytest.mark.parametrize("fault", Fault, ids=lambda fault: fault.value)
def test_a_repeated_delete_of_a_secret_works_whatever_failed_the_first_time(
    world: World, fault: Fault
) -> None:
    world.keep_secrets()
    for call in (1, 2):
        world.fresh().secrets.put(ORG, "key", OLD)
        secrets = world.fresh().secrets
        with (
            world.calls.failing(call, fault),
            contextlib.suppress(RunyardError, Died),
        ):
            secrets.delete(ORG, "key")
        with contextlib.suppress(RunyardError):
            world.fresh().secrets.delete(ORG, "key")
        assert world.fresh().secrets.lines(ORG) == []


@pytest.mark.parametrize("fault", Fault, ids=lambda fault: fault.value)
def test_a_step_with_a_credential_ends_well_whatever_call_fails(world: World, fault: Fault) -> None:
    world.keep_secrets()
    world.services.secrets.put(ORG, "key", OLD)
    with model_server() as server:
        params = {"url": f"{server.url}/echo", "method": "POST", "json": {}}
        step = {"name": "ask", "action": "http/request", "params": params, "credential": "key"}
        world.apply({"name": "signed", "steps": [step]})
        run_id = world.start("signed")
        with world.calls.counted() as calls:
            world.run_step(run_id, "ask")
            made = list(calls.made)
        assert made.count("kms.decrypt") == 3
        go_on(world, run_id)
        for call in range(1, len(made) + 1):
            run_id = world.start("signed")
            world.services = world.fresh()
            with world.calls.failing(call, fault), contextlib.suppress(RunyardError, Died):
                world.run_step(run_id, "ask")
            go_on(world, run_id)
            assert world.status(run_id) == "succeeded", (made[call - 1], fault)
        assert set(server.keys) == {OLD}
    assert OLD not in str(world.items())
