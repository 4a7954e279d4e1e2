"""S3's POSTs with an `Idempotency-Key`: claimed, done, answered; once, whatever happens in between."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from chalice.app import Response

from chalicelib.api.requests import ApiRequest
from chalicelib.api.swarms import keys
from chalicelib.api.swarms.node_models import SwarmTask
from chalicelib.core.errors import BadRequest, Conflict, IdempotencyMismatch
from chalicelib.core.roles import Principal, Role
from chalicelib.store.replays import CLAIMED_SECONDS, KEPT_SECONDS
from tests.support.clients import Died
from tests.support.world import ORG, World

OPERATOR = Principal("ada", ORG, Role.OPERATOR, "tok_ada", owner="user_ada")
OTHER = Principal("bob", ORG, Role.OPERATOR, "tok_bob", owner="user_bob")


@pytest.fixture(autouse=True)
def here(world: World, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    monkeypatch.setattr(keys, "services", lambda: world.services)
    yield


class Act:
    """Counts how often it was done, and may fail."""

    def __init__(self) -> None:
        self.done = 0
        self.fails: list[BaseException] = []

    def __call__(self) -> dict[str, Any]:
        if self.fails:
            raise self.fails.pop()
        self.done += 1
        return {"number": self.done}


def ask(
    act: Callable[[], dict[str, Any]],
    task: str = "x",
    *,
    key: str | None = "one",
    who: Principal = OPERATOR,
    path: str = "/api/swarms/team/agents/a/task",
) -> Response:
    headers = {"idempotency-key": key} if key is not None else {}
    request = ApiRequest(who, headers, {}, b"", path, "req_test")
    return keys.once(request, SwarmTask(task=task), act, status=200, echoed={"task": task})


def told(answer: Response) -> tuple[Any, bool]:
    """The body, and whether it is a repetition."""
    return json.loads(answer.body), answer.headers.get("Idempotent-Replayed") == "true"


def test_without_a_key_every_request_acts() -> None:
    act = Act()
    assert told(ask(act, key=None)) == ({"number": 1, "task": "x"}, False)
    assert told(ask(act, key=None)) == ({"number": 2, "task": "x"}, False)


def test_the_same_key_is_answered_again_and_done_once() -> None:
    act = Act()
    assert told(ask(act)) == ({"number": 1, "task": "x"}, False)
    assert told(ask(act)) == ({"number": 1, "task": "x"}, True)
    assert act.done == 1


def test_what_repeats_the_request_is_not_kept(world: World) -> None:
    task = "\x01" * 100_000  # six bytes each as JSON: over what an item may have
    act = Act()
    ask(act, task)
    assert told(ask(act, task)) == ({"number": 1, "task": task}, True)


def test_another_body_under_the_key_is_refused() -> None:
    act = Act()
    ask(act)
    with pytest.raises(IdempotencyMismatch):
        ask(act, "y")


def test_a_key_is_its_callers_and_its_paths() -> None:
    act = Act()
    ask(act)
    ask(act, who=OTHER)
    ask(act, path="/api/swarms/team/agents/b/task")
    assert act.done == 3


def test_while_the_first_is_under_way_the_second_is_a_conflict() -> None:
    seen: list[Exception] = []

    def act() -> dict[str, Any]:
        for task, kind in (("x", Conflict), ("y", IdempotencyMismatch)):
            with pytest.raises(kind) as refused:
                ask(Act(), task)
            seen.append(refused.value)
        return {}

    assert told(ask(act)) == ({"task": "x"}, False)
    assert len(seen) == 2


def test_a_refusal_gives_the_key_back() -> None:
    act = Act()
    act.fails = [BadRequest("inbox_full")]
    with pytest.raises(BadRequest):
        ask(act)
    assert told(ask(act, "y")) == ({"number": 1, "task": "y"}, False)


def test_a_claim_whose_process_died_ends_by_itself(world: World) -> None:
    act = Act()
    act.fails = [Died("in the middle")]
    with pytest.raises(Died):
        ask(act)
    with pytest.raises(Conflict):
        ask(act)
    world.clock.forward(seconds=CLAIMED_SECONDS + 1)
    assert told(ask(act)) == ({"number": 1, "task": "x"}, False)


def test_a_key_is_good_for_a_day(world: World) -> None:
    act = Act()
    ask(act)
    world.clock.forward(seconds=KEPT_SECONDS - 60)
    assert told(ask(act))[1]
    world.clock.forward(seconds=120)
    assert told(ask(act)) == ({"number": 2, "task": "x"}, False)


def test_giving_back_takes_no_answer_away(world: World) -> None:
    replays = world.services.identity.replays
    assert replays.claim(ORG, "name", "asked") is None
    replays.answer(ORG, "name", "asked", "{}")
    replays.give_back(ORG, "name")
    found = replays.find(ORG, "name")
    assert found is not None and found.answer == "{}"
