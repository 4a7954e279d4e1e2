"""A start of S1 that is sent again answers its run, whatever has become of the workflow or the units."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from chalicelib.core.errors import (
    BudgetExceeded,
    Conflict,
    IdempotencyMismatch,
    Invalid,
    NotFound,
    RunyardError,
)
from chalicelib.core.graph_workflows.content import checked
from chalicelib.core.graph_workflows.start import Request
from chalicelib.core.graphs.definition import parse_graph
from chalicelib.core.runs.ports import ExecutionState
from chalicelib.core.runs.repeats import Started
from tests.support.followed import Machines
from tests.support.graphs import graph, log
from tests.support.world import ORG, World

ONCE: list[dict[str, Any]] = [{"run_id": "run_mine"}, {"key": "mine"}]
BROKEN = graph(
    ok=log("once", children=["bad"]),
    bad={"type": "pluck", "payload": {"array": "{{$trigger.body.none}}", "field": "a"}},
)
STRICT = {**graph(say=log()), "inputSchema": [{"key": "k", "type": "string", "required": True}]}


def create(world: World, definition: Any = None) -> str:
    content = checked("w", "", definition or graph(say=log()))
    return world.services.v1.editor.create(ORG, content, principal="ada")[0].id


def run(world: World, workflow: str, **asked: Any) -> Started:
    starter = world.services.v1.starter
    return starter.run(ORG, workflow, Request(**asked), trigger={"type": "api"}, principal="ada")


def once(world: World, definition: Any = None, **asked: Any) -> Started:
    made = parse_graph(definition or graph(say=log()))
    return world.services.v1.starter.run_definition(ORG, made, Request(**asked), principal="ada")


def sync(world: World, definition: Any = None, **asked: Any) -> Started:
    made = parse_graph(definition or graph(say=log()))
    return world.services.v1.starter.run_and_wait(ORG, made, Request(**asked), principal="ada")


def spend(world: World) -> None:
    world.services.v1.units.allow(ORG, 0)


def pause(world: World, workflow: str) -> None:
    world.services.v1.editor.pause(ORG, workflow, reason="x")


def archive(world: World, workflow: str) -> None:
    world.services.v1.editor.archive(ORG, workflow)


def change(world: World, workflow: str) -> None:
    """A newer version, which the payload does not even fit."""
    content = checked("w", "", STRICT)
    world.services.v1.editor.update(ORG, workflow, content, expected=None, principal="ada")


@pytest.mark.parametrize("named", ONCE, ids=["an id", "a key"])
class TestOfAWorkflow:
    @pytest.mark.parametrize(
        ("then", "refusal"),
        [
            (pause, Conflict),
            (archive, Conflict),
            (lambda world, workflow: spend(world), BudgetExceeded),
            (change, Invalid),
        ],
        ids=["paused", "archived", "spent", "changed"],
    )
    def test_it_answers_the_same_run_whatever_would_refuse_a_new_one(
        self,
        world: World,
        named: dict[str, Any],
        then: Callable[[World, str], None],
        refusal: type[RunyardError],
    ) -> None:
        made = create(world)
        first = run(world, made, payload={"a": 1}, **named)
        assert not first.replayed
        then(world, made)
        again = run(world, made, payload={"a": 1}, **named)
        assert (again.run.id, again.replayed, again.run.version) == (first.run.id, True, 1)
        with pytest.raises(Conflict if "run_id" in named else IdempotencyMismatch) as refused:
            run(world, made, payload={"a": 2}, **named)
        assert refused.value.extra["run_id"] == first.run.id
        with pytest.raises(refusal):
            run(world, made, payload={"a": 1})

    def test_a_repetition_pauses_nothing(self, world: World, named: dict[str, Any]) -> None:
        made = create(world)
        run(world, made, **named)
        spend(world)
        run(world, made, **named)
        head = world.services.v1.workflows.get(ORG, made)
        assert head is not None and head.state == "draft"

    def test_no_payload_and_an_empty_one_are_the_same(
        self, world: World, named: dict[str, Any]
    ) -> None:
        made = create(world)
        first = run(world, made, payload={}, **named)
        assert run(world, made, **named).run.id == first.run.id

    def test_another_version_or_mode_is_another_request(
        self, world: World, named: dict[str, Any]
    ) -> None:
        made = create(world)
        run(world, made, **named)
        for other in ({"version": 1}, {"mode": "dust"}, {"prop_values": {"a": 1}}):
            with pytest.raises((Conflict, IdempotencyMismatch)):
                run(world, made, **other, **named)
        with pytest.raises((Conflict, IdempotencyMismatch)):
            run(world, create(world), **named)

    def test_one_that_died_before_it_was_executed_is_executed(
        self, world: World, named: dict[str, Any], monkeypatch: pytest.MonkeyPatch
    ) -> None:
        made = create(world)
        with monkeypatch.context() as patch:
            patch.setattr(world.services.machines, "start", lambda *a: None)
            first = run(world, made, **named).run
        assert world.execution(first.id) is ExecutionState.MISSING
        archive(world, made)
        assert run(world, made, **named).run.id == first.id
        assert world.execution(first.id) is ExecutionState.RUNNING


def test_a_key_begins_anew_after_a_day_and_where_its_run_was_deleted(world: World) -> None:
    made = create(world)
    first = run(world, made, key="k").run
    Machines(world).run(first.id)
    world.services.fan_out.seal(ORG, first.id)
    world.services.deleter.delete(ORG, first.id)
    second = run(world, made, key="k")
    assert (second.replayed, second.run.id == first.id) == (False, False)
    pause(world, made)
    assert run(world, made, key="k").run.id == second.run.id
    world.clock.forward(hours=25)
    with pytest.raises(Conflict):
        run(world, made, key="k")
    world.services.v1.editor.resume(ORG, made)
    third = run(world, made, key="k", payload={"other": 1})
    assert (third.replayed, third.run.id in (first.id, second.run.id)) == (False, False)


def test_the_id_of_a_deleted_run_stays_used(world: World) -> None:
    made = create(world)
    first = run(world, made, run_id="run_mine").run
    Machines(world).run(first.id)
    world.services.fan_out.seal(ORG, first.id)
    world.services.deleter.delete(ORG, first.id)
    with pytest.raises(Conflict, match="used up"):
        run(world, made, run_id="run_mine")


def test_of_an_unknown_workflow_there_is_nothing_and_a_wrong_id_is_told(world: World) -> None:
    with pytest.raises(NotFound):
        run(world, "wf_none", run_id="run_mine")
    with pytest.raises(Invalid):
        run(world, create(world), run_id="mine")


def test_without_an_id_and_a_key_nothing_is_looked_for(world: World) -> None:
    made = create(world)
    run(world, made)
    with world.calls.counted() as calls:
        run(world, made)
        plain = len(calls.made)
    with world.calls.counted() as calls:
        run(world, made, run_id="run_mine")
    assert len(calls.made) == plain + 1


@pytest.mark.parametrize("named", ONCE, ids=["an id", "a key"])
@pytest.mark.parametrize("start", [once, sync])
def test_a_definitions_run_is_answered_though_the_units_are_spent(
    world: World, start: Callable[..., Started], named: dict[str, Any]
) -> None:
    world.services.machines.run = (  # type: ignore[method-assign]
        lambda machine, run_id, payload: Machines(world).run(run_id)  # type: ignore[assignment]
    )
    first = start(world, **named).run
    spend(world)
    again = start(world, **named)
    assert (again.run.id, again.replayed) == (first.id, True)
    with pytest.raises(Conflict if "run_id" in named else IdempotencyMismatch):
        start(world, graph(say=log("other")), **named)
    with pytest.raises(BudgetExceeded):
        start(world)


class TestOfARunThatIsWaitedFor:
    def test_the_same_key_answers_the_first_end(self, world: World) -> None:
        ran: list[str] = []
        world.services.machines.run = (  # type: ignore[method-assign]
            lambda machine, run_id, payload: ran.append(Machines(world).run(run_id))
        )
        first, again = sync(world, key="k"), sync(world, key="k")
        assert (first.replayed, first.run.status.value) == (False, "succeeded")
        assert (again.replayed, again.run) == (True, first.run)
        assert ran == ["succeeded"]
        with pytest.raises(IdempotencyMismatch):
            once(world, key="k")

    def test_while_the_first_is_in_flight_it_is_a_conflict(self, world: World) -> None:
        refusals: list[Conflict] = []

        def meanwhile(machine: str, run_id: str, payload: Any) -> None:
            with pytest.raises(Conflict) as refused:
                sync(world, key="k")
            refusals.append(refused.value)
            Machines(world).run(run_id)

        world.services.machines.run = meanwhile  # type: ignore[method-assign]
        first = sync(world, key="k")
        assert [refusal.extra["run_id"] for refusal in refusals] == [first.run.id]
        world.services.machines.run = lambda *_: None  # type: ignore[method-assign]
        live = sync(world, key="other", run_id="run_mine")
        assert sync(world, key="other", run_id="run_mine").run == live.run
        assert sync(world, key="k").run.status.value == "succeeded"

    def test_its_retry_is_executed_on_the_machine_for_any_graph(self, world: World) -> None:
        world.services.machines.run = (  # type: ignore[method-assign]
            lambda machine, run_id, payload: Machines(world).run(run_id)  # type: ignore[assignment]
        )
        first = sync(world, BROKEN).run
        assert first.status.value == "failed"
        again = world.services.v1.retrier.retry(ORG, first.id, principal="ada").run
        assert again.machine == world.services.shared_machine
        assert world.execution(again.id) is ExecutionState.RUNNING
        assert Machines(world).run(again.id) == "failed"


class TestOfARetry:
    def failed(self, world: World) -> tuple[str, str]:
        made = create(world, BROKEN)
        source = run(world, made).run
        assert Machines(world).run(source.id) == "failed"
        return made, source.id

    def retry(self, world: World, source: str, key: str | None = None) -> Started:
        return world.services.v1.retrier.retry(ORG, source, principal="ada", key=key)

    @pytest.mark.parametrize(
        ("then", "refusal"),
        [
            (pause, Conflict),
            (archive, Conflict),
            (lambda world, workflow: spend(world), BudgetExceeded),
        ],
        ids=["paused", "archived", "spent"],
    )
    def test_the_same_key_is_the_same_run(
        self, world: World, then: Callable[[World, str], None], refusal: type[RunyardError]
    ) -> None:
        made, source = self.failed(world)
        first = self.retry(world, source, "k")
        then(world, made)
        again = self.retry(world, source, "k")
        assert (again.run.id, again.replayed) == (first.run.id, True)
        with pytest.raises(refusal):
            self.retry(world, source)

    def test_a_key_of_something_else_is_told(self, world: World) -> None:
        made, source = self.failed(world)
        run(world, made, key="k")
        with pytest.raises(IdempotencyMismatch):
            self.retry(world, source, "k")
        with pytest.raises(NotFound):
            self.retry(world, "run_none")
