"""A published version of a graph workflow has a state machine of its own; everything else of it runs on
the one that runs any graph (S1)."""

from __future__ import annotations

import contextlib
from typing import Any

import pytest

from chalicelib.core.compiler.shared import runs_any_graph
from chalicelib.core.errors import Conflict, RateLimited, RunyardError
from chalicelib.core.graph_workflows.content import checked
from chalicelib.core.graph_workflows.model import GraphWorkflow
from chalicelib.core.graph_workflows.start import Request
from chalicelib.core.graphs.problems import InvalidGraph
from chalicelib.core.runs.model import Run
from chalicelib.core.runs.ports import ExecutionState
from tests.component.test_publish_quota import throttled
from tests.support.clients import Died, Fault
from tests.support.definitions import shape, workflow
from tests.support.followed import Machines
from tests.support.graph_runs import states, statuses
from tests.support.graphs import clocked, graph, log
from tests.support.triggers import fire_schedules
from tests.support.world import ORG, World

CREATE = "stepfunctions.create_state_machine"
TWICE: Any = {
    "nodes": {
        "root": {"type": "manual", "children": ["a", "b"]},
        "a": log("a", children=["c", "d"]),
        "b": log("b", children=["d"]),
        "c": log("c"),
        "d": log("{{a.result.message}}{{b.result.message}}"),
    }
}
"""Needs a join gate: it is no sequence of sequences and parallels."""
BROKEN = graph(
    ok=log("once", children=["bad"]),
    bad={"type": "pluck", "payload": {"array": "{{$trigger.body.none}}", "field": "a"}},
)


def create(world: World, definition: Any) -> str:
    content = checked("w", "", definition)
    return world.services.v1.editor.create(ORG, content, principal="ada")[0].id


def draft(world: World, workflow: str, definition: Any) -> GraphWorkflow:
    content = checked("w", "", definition)
    return world.services.v1.editor.update(ORG, workflow, content, expected=None, principal="ada")


def publish(world: World, workflow: str, expected: int | None = None) -> GraphWorkflow:
    return world.services.v1.editor.publish(ORG, workflow, expected=expected)


def published(world: World, definition: Any) -> str:
    made = create(world, definition)
    publish(world, made)
    return made


def start(world: World, workflow: str, **asked: Any) -> Run:
    starter = world.services.v1.starter
    return starter.run(ORG, workflow, Request(**asked), trigger={}, principal="ada").run


def head_of(world: World, workflow: str) -> GraphWorkflow:
    found = world.services.v1.workflows.get(ORG, workflow)
    assert found is not None
    return found


class TestWhichMachine:
    def test_a_draft_runs_on_the_machine_for_any_graph_and_the_published_version_on_its_own(
        self, world: World
    ) -> None:
        made = create(world, TWICE)
        assert runs_any_graph(start(world, made).machine)
        assert head_of(world, made).machine is None
        head = publish(world, made)
        assert head.machine is not None and head.gates == 1
        run = start(world, made)
        assert (run.machine, run.gates, run.version) == (head.machine, 1, 1)
        assert made.replace("_", "-") in run.machine
        assert world.execution(run.id) is ExecutionState.RUNNING

    def test_a_newer_draft_changes_nothing_of_the_published_version(self, world: World) -> None:
        made = published(world, TWICE)
        own = head_of(world, made).machine
        head = draft(world, made, graph(say=log("two")))
        assert (head.latest, head.published, head.machine) == (2, 1, own)
        assert runs_any_graph(start(world, made).machine)
        assert start(world, made, version=1).machine == own
        assert runs_any_graph(start(world, made, version=2).machine)

    def test_the_clock_starts_it_on_its_own_machine(self, world: World) -> None:
        made = published(world, clocked())
        draft(world, made, clocked("FREQ=DAILY;BYHOUR=8"))
        (run_id,) = fire_schedules(world, "2026-03-18T09:00:00.000Z")
        run = world.services.runs.get(ORG, run_id or "")
        assert run is not None
        assert (run.version, run.machine) == (1, head_of(world, made).machine)

    def test_whoever_starts_the_newest_in_another_dialect_finds_the_same_machine(
        self, world: World
    ) -> None:
        made = published(world, graph(say=log()))
        run = world.services.runs.get(ORG, world.start(made))
        assert run is not None and run.machine == head_of(world, made).machine
        draft(world, made, graph(say=log("two")))
        run = world.services.runs.get(ORG, world.start(made))
        assert run is not None and runs_any_graph(run.machine)

    def test_a_rollback_is_a_draft_and_finds_its_machine_when_it_is_published(
        self, world: World
    ) -> None:
        made = published(world, TWICE)
        first = head_of(world, made).machine
        draft(world, made, graph(say=log("two")))
        second = publish(world, made)
        assert second.machine not in (None, first)
        back = world.services.v1.editor.rollback(ORG, made, 1, principal="ada")
        assert (back.latest, back.machine) == (3, second.machine)
        assert runs_any_graph(start(world, made).machine)
        again = publish(world, made)
        assert (again.published, again.machine, again.gates) == (3, first, 1)
        assert start(world, made).machine == first
        assert runs_any_graph(start(world, made, version=2).machine)

    def test_pausing_and_archiving_keep_it(self, world: World) -> None:
        made = published(world, TWICE)
        own = head_of(world, made).machine
        editor = world.services.v1.editor
        editor.pause(ORG, made, reason="x")
        assert editor.resume(ORG, made).machine == own
        assert start(world, made).machine == own
        assert editor.archive(ORG, made).machine == own

    def test_a_workflow_of_s2_cannot_be_taken_for_a_machine_of_ours(self, world: World) -> None:
        for name in ("graphs", "graphs-sync"):
            world.apply(workflow(name, shape("a")))
            assert world.execution(world.start(name)) is ExecutionState.RUNNING


class TestPublishing:
    def test_the_machine_comes_before_the_head(self, world: World) -> None:
        made = create(world, TWICE)
        with world.calls.counted() as calls:
            publish(world, made)
        assert calls.made.index(CREATE) < calls.made.index("dynamodb.put_item")
        with world.calls.counted() as calls:
            publish(world, made)
        assert CREATE not in calls.made

    @pytest.mark.parametrize("fault", Fault, ids=lambda fault: fault.value)
    def test_a_publish_that_died_with_its_machine_is_repeated_without_harm(
        self, world: World, fault: Fault
    ) -> None:
        other, made = create(world, TWICE), create(world, TWICE)
        world.services = world.fresh()
        with world.calls.counted() as calls:
            publish(world, other)
            making = 1 + calls.made.index(CREATE)
        world.services = world.fresh()
        with world.calls.failing(making, fault), contextlib.suppress(RunyardError, Died):
            publish(world, made)
        world.services = world.fresh()
        head = publish(world, made)
        assert (head.published, head.gates) == (1, 1)
        run = start(world, made)
        assert Machines(world).run(run.id) == "succeeded"

    def test_without_an_end_of_the_quota_it_is_429_and_nothing_is_published(
        self, world: World
    ) -> None:
        made = create(world, clocked())
        client = throttled(world, 1_000)
        with pytest.raises(RateLimited) as refused:
            publish(world, made)
        assert client.calls > 2 and refused.value.retry_after > 0
        head = head_of(world, made)
        assert (head.published, head.machine, head.revision) == (0, None, 1)
        client.refusals = 0
        assert publish(world, made).machine is not None

    def test_what_step_functions_would_refuse_is_refused_with_the_place(self, world: World) -> None:
        names = [f"n{number:03}" + "x" * 60 for number in range(800)]
        nodes: Any = {"root": {"type": "manual", "children": [names[0]]}}
        for name, after in zip(names, [*names[1:], None], strict=True):
            children = {"children": [after]} if after else {}
            nodes[name] = {"type": "delay", "payload": {"delayMs": 1}, **children}
        made = create(world, {"nodes": nodes})
        with pytest.raises(InvalidGraph) as refused:
            publish(world, made)
        (problem,) = refused.value.graph_problems
        assert (problem.type, problem.field, problem.code) == ("nodes", "nodes", "too_large")
        assert "1,000,000" in problem.message
        assert head_of(world, made).published == 0

    def test_a_draft_that_comes_in_between_is_what_is_published(self, world: World) -> None:
        made = create(world, TWICE)
        other = world.fresh()
        editor = world.services.v1.editor
        before = editor.make_machine
        raced: list[int] = []

        def late(org: str, workflow: str, number: int) -> tuple[str, int]:
            if not raced:
                content = checked("w", "", graph(say=log("two")))
                other.v1.editor.update(ORG, made, content, expected=None, principal="bob")
            raced.append(number)
            return before(org, workflow, number)

        object.__setattr__(editor, "make_machine", late)
        head = editor.publish(ORG, made, expected=None)
        assert (raced, head.published, head.gates) == ([1, 2], 2, 0)
        assert start(world, made).machine == head.machine
        raced.clear()
        with pytest.raises(Conflict):
            editor.publish(ORG, made, expected=1)
        assert raced == []


class TestRunsOnIt:
    def test_it_ends_with_the_same_states_as_on_the_machine_for_any_graph(
        self, world: World
    ) -> None:
        made = create(world, TWICE)
        drafted = start(world, made)
        publish(world, made)
        own = start(world, made)
        assert own.machine != drafted.machine
        assert [Machines(world).run(run.id) for run in (drafted, own)] == ["succeeded"] * 2
        found = [states(world, run.id) for run in (drafted, own)]
        assert statuses(found[0]) == statuses(found[1])
        assert found[0]["d"]["result"]["message"] == found[1]["d"]["result"]["message"] == "ab"

    def test_a_retry_stays_on_the_machine_of_its_source(self, world: World) -> None:
        made = published(world, BROKEN)
        source = start(world, made)
        assert Machines(world).run(source.id) == "failed"
        draft(world, made, graph(say=log("two")))
        publish(world, made)
        again = world.services.v1.retrier.retry(ORG, source.id, principal="ada").run
        assert (again.machine, again.version, again.gates) == (source.machine, 1, source.gates)
        assert Machines(world).run(again.id) == "failed"
        assert (
            states(world, again.id)["ok"]["startedAt"]
            == states(world, source.id)["ok"]["startedAt"]
        )

    def test_a_cancel_stops_its_execution(self, world: World) -> None:
        run = start(world, published(world, TWICE))
        world.services.canceller.cancel(ORG, run.id)
        assert world.execution(run.id) is ExecutionState.ABORTED
        assert statuses(states(world, run.id))["d"] == "cancelled"

    def test_the_reconciler_starts_one_that_never_was(
        self, world: World, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        made = published(world, TWICE)
        with monkeypatch.context() as patch:
            patch.setattr(world.services.machines, "start", lambda *a: None)
            run = start(world, made)
        assert world.execution(run.id) is ExecutionState.MISSING
        world.clock.forward(seconds=11)
        world.services.reconciler.sweep([ORG], may_go_on=lambda: True)
        assert world.execution(run.id) is ExecutionState.RUNNING
        assert Machines(world).run(run.id) == "succeeded"
