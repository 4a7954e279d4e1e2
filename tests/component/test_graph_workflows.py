"""Graph workflows in the table: drafts, versions, publishing, and two who change one at once."""

from __future__ import annotations

import contextlib
from typing import Any

import pytest

from chalicelib.core.errors import Conflict, IdempotencyMismatch, NotFound, RunyardError
from chalicelib.core.graph_workflows.content import checked
from chalicelib.core.graph_workflows.model import Content, GraphWorkflow
from tests.support.clients import Died, Fault
from tests.support.graphs import clocked, graph, hooked, log
from tests.support.triggers import expressions, register, schedules
from tests.support.world import ORG, World


def content(definition: Any = None, name: str = "alerts") -> Content:
    return checked(name, "", definition or graph(say=log()))


def create(world: World, definition: Any = None, **more: Any) -> GraphWorkflow:
    made, _ = world.services.v1.editor.create(ORG, content(definition), principal="ada", **more)
    return made


def update(world: World, workflow: str, definition: Any, **more: Any) -> GraphWorkflow:
    more = {"expected": None, "principal": "ada", **more}
    return world.services.v1.editor.update(ORG, workflow, content(definition), **more)


class TestDrafts:
    def test_a_new_workflow_is_a_draft_with_one_version(self, world: World) -> None:
        made = create(world)
        assert (made.state, made.latest, made.published) == ("draft", 1, 0)
        assert world.services.v1.workflows.get(ORG, made.id) == made
        version = world.services.v1.workflows.version(ORG, made.id, 1)
        assert version is not None
        assert version.definition["nodes"] == graph(say=log())["nodes"]

    def test_the_same_key_is_the_same_workflow(self, world: World) -> None:
        editor = world.services.v1.editor
        first, again = editor.create(ORG, content(), principal="ada", key="k")
        second, replayed = editor.create(ORG, content(), principal="ada", key="k")
        assert (again, replayed, second.id) == (False, True, first.id)
        with pytest.raises(IdempotencyMismatch):
            editor.create(ORG, content(name="other"), principal="ada", key="k")
        world.clock.forward(hours=25)
        later, replayed = editor.create(ORG, content(name="other"), principal="ada", key="k")
        assert (replayed, later.id == first.id) == (False, False)

    def test_identical_content_is_no_new_version(self, world: World) -> None:
        made = create(world)
        assert update(world, made.id, graph(say=log())) == made
        changed = update(world, made.id, graph(say=log("bye")))
        assert (changed.latest, changed.revision) == (2, 2)
        assert [line.number for line in world.services.v1.workflows.versions(ORG, made.id)] == [
            2,
            1,
        ]

    def test_a_change_of_an_older_version_is_refused(self, world: World) -> None:
        made = create(world)
        update(world, made.id, graph(say=log("two")), expected=1)
        with pytest.raises(Conflict) as refused:
            update(world, made.id, graph(say=log("three")), expected=1)
        assert refused.value.extra["current_version"] == 2

    def test_a_rollback_is_a_new_version_with_the_old_content(self, world: World) -> None:
        made = create(world)
        update(world, made.id, graph(say=log("two")))
        back = world.services.v1.editor.rollback(ORG, made.id, 1, principal="ada")
        assert (back.latest, back.content_hash, back.state) == (3, made.content_hash, "draft")
        again = world.services.v1.editor.rollback(ORG, made.id, 1, principal="ada")
        assert again.latest == 3
        with pytest.raises(NotFound):
            world.services.v1.editor.rollback(ORG, made.id, 9, principal="ada")

    def test_a_large_definition_is_in_the_bucket(self, world: World) -> None:
        made = create(world, graph(say=log("x" * 150_000)))
        found = world.fresh().v1.workflows.version(ORG, made.id, 1)
        assert found is not None
        assert len(found.definition["nodes"]["say"]["payload"]["message"]) == 150_000
        (item,) = [item for item in world.items() if item["sk"] == "VERSION#000001"]
        assert "source" not in item and "plan" not in item
        with world.calls.counted() as calls:
            world.fresh().v1.workflows.get(ORG, made.id)
        assert calls.made == ["dynamodb.get_item"]

    def test_another_organisation_sees_nothing_of_it(self, world: World) -> None:
        made = create(world)
        with pytest.raises(NotFound):
            world.services.v1.editor.archive("org_else", made.id)
        assert list(world.services.v1.workflows.newest("org_else")) == []


class TestALifeWithPublishing:
    def test_publish_pause_resume_archive(self, world: World) -> None:
        editor, made = world.services.v1.editor, create(world)
        with pytest.raises(Conflict):
            editor.publish(ORG, made.id, expected=2)
        assert editor.publish(ORG, made.id, expected=1).state == "published"
        drafted = update(world, made.id, graph(say=log("two")))
        assert (drafted.state, drafted.latest, drafted.published) == ("published", 2, 1)
        paused = editor.pause(ORG, made.id, reason="holidays")
        assert (paused.state, paused.paused) == ("paused", "holidays")
        assert editor.pause(ORG, made.id, reason="again").paused == "holidays"
        assert editor.resume(ORG, made.id).state == "published"
        assert editor.archive(ORG, made.id).state == "archived"
        archived = editor.archive(ORG, made.id)
        assert archived.state == "archived"
        for change in (
            lambda: editor.publish(ORG, made.id, expected=None),
            lambda: editor.pause(ORG, made.id, reason="x"),
            lambda: editor.resume(ORG, made.id),
            lambda: update(world, made.id, graph(say=log("three"))),
        ):
            with pytest.raises(Conflict):
                change()
        assert world.services.v1.workflows.get(ORG, made.id) == archived

    def test_of_two_changes_at_once_none_is_lost(self, world: World) -> None:
        made = create(world)
        other = world.fresh()
        store = world.services.v1.workflows
        read = store.get
        raced: list[str] = []

        def late(org: str, workflow: str) -> GraphWorkflow | None:
            head = read(org, workflow)
            if not raced:
                raced.append(workflow)
                other.v1.editor.publish(ORG, workflow, expected=1)
            return head

        store.get = late  # type: ignore[method-assign]
        changed = update(world, made.id, graph(say=log("two")))
        assert (changed.latest, changed.published, changed.revision) == (2, 1, 3)

    @pytest.mark.parametrize("fault", Fault, ids=lambda fault: fault.value)
    def test_a_lost_answer_is_no_conflict_with_oneself(self, world: World, fault: Fault) -> None:
        made = create(world)
        writing = 2  # the head's read, then the write
        with (
            world.calls.failing(writing, fault),
            contextlib.suppress(RunyardError, Died),
        ):
            update(world, made.id, graph(say=log("two")))
        world.services = world.fresh()
        assert update(world, made.id, graph(say=log("two"))).latest == 2


class TestTriggersFollow:
    def test_only_the_published_versions_clock_runs(self, world: World) -> None:
        made = create(world, clocked("FREQ=WEEKLY;BYDAY=MO;BYHOUR=9", timezone="Europe/Berlin"))
        assert schedules() == {}
        editor = world.services.v1.editor
        editor.publish(ORG, made.id, expected=None)
        (found,) = schedules().values()
        assert found["ScheduleExpression"] == "cron(0 9 ? * MON *)"
        assert found["ScheduleExpressionTimezone"] == "Europe/Berlin"
        update(world, made.id, clocked("FREQ=DAILY;BYHOUR=7"))
        assert expressions() == ["cron(0 9 ? * MON *)"]
        editor.publish(ORG, made.id, expected=2)
        assert expressions() == ["cron(0 7 * * ? *)"]
        editor.pause(ORG, made.id, reason="x")
        assert (schedules(), register(world)) == ({}, [])
        editor.resume(ORG, made.id)
        assert expressions() == ["cron(0 7 * * ? *)"]
        editor.archive(ORG, made.id)
        assert (schedules(), register(world)) == ({}, [])

    def test_a_webhooks_path_is_one_workflows(self, world: World) -> None:
        editor = world.services.v1.editor
        first, second = create(world, hooked("orders")), create(world, hooked("orders"))
        editor.publish(ORG, first.id, expected=None)
        with pytest.raises(Conflict):
            editor.publish(ORG, second.id, expected=None)
        owner = world.services.hooks.owner("orders")
        assert owner is not None and owner.workflow == first.id
        editor.archive(ORG, first.id)
        assert editor.publish(ORG, second.id, expected=None).state == "published"

    def test_a_webhook_of_a_graph_and_one_of_s2_do_not_take_each_others_path(
        self, world: World
    ) -> None:
        from tests.support.triggers import triggered

        made = create(world, hooked("orders"))
        world.services.v1.editor.publish(ORG, made.id, expected=None)
        with pytest.raises(Conflict):
            world.apply(triggered({"type": "webhook", "path": "orders"}))
