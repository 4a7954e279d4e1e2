"""Plan, rollback and archive: what they do to versions, and what they do not."""

from __future__ import annotations

import json
from typing import Any

import pytest

from chalicelib.core.errors import Invalid, NotFound
from chalicelib.core.preview import Preview
from tests.support.definitions import Definition, shape, workflow
from tests.support.world import ORG, World

FIRST = workflow("w", shape("a", {"n": 1}))
SECOND = workflow("w", shape("a", {"n": 2}))


def preview(world: World, definition: Definition, name: str = "w") -> Preview:
    body = json.dumps(definition).encode()
    return world.services.previewer.preview(ORG, name, body, "application/json")


def rollback(world: World, to_version: int) -> tuple[str, int]:
    applied = world.services.applier.rollback(ORG, "w", to_version, principal="test")
    return applied.status, applied.version


def archive(world: World) -> Any:
    return world.services.workflows.archive(ORG, "w", at="2026-03-18T09:00:00.000Z")


class TestPlan:
    def test_it_only_reads(self, world: World) -> None:
        world.apply(FIRST)
        before = world.items()
        for definition in (FIRST, SECOND, workflow("new", shape("a"))):
            with world.calls.counted() as calls:
                preview(world, definition, definition["name"])
            assert set(calls.made) <= {"dynamodb.get_item"}
        assert world.items() == before

    def test_it_foretells_the_apply(self, world: World) -> None:
        for definition, action, current, following in (
            (FIRST, "create", None, 1),
            (FIRST, "unchanged", 1, 1),
            (SECOND, "update", 1, 2),
        ):
            found = preview(world, definition)
            assert (found.action, found.current_version) == (action, current)
            world.apply(definition)
            head = world.services.workflows.head(ORG, "w")
            assert head is not None
            assert (found.next_version, found.definition.content_hash) == (
                head.latest,
                head.content_hash,
            )
            assert head.latest == following

    def test_unchanged_content_has_no_changes_and_no_diff(self, world: World) -> None:
        world.apply(FIRST)
        found = preview(world, {"steps": FIRST["steps"], "name": "w"})
        assert (found.action, found.changes, found.diff) == ("unchanged", [], "")

    def test_an_archived_workflow_would_come_back(self, world: World) -> None:
        world.apply(FIRST)
        archive(world)
        found = preview(world, FIRST)
        assert (found.action, found.current_version, found.next_version) == ("update", 1, 2)

    def test_it_refuses_what_an_apply_refuses(self, world: World) -> None:
        with pytest.raises(Invalid):
            preview(world, FIRST, "other")
        with pytest.raises(Invalid):
            preview(world, workflow("w", shape("a", depends_on=["b"])))


class TestRollback:
    def test_it_makes_a_new_version_with_the_old_content(self, world: World) -> None:
        world.apply(FIRST)
        world.apply(SECOND)
        assert rollback(world, 1) == ("updated", 3)
        old, new = (world.services.workflows.version(ORG, "w", number) for number in (1, 3))
        assert old is not None and new is not None
        assert (new.source, new.machine, new.plan) == (old.source, old.machine, old.plan)

    def test_it_publishes_the_machine_again_in_case_it_was_deleted(self, world: World) -> None:
        world.apply(FIRST)
        world.apply(SECOND)
        with world.calls.counted() as calls:
            rollback(world, 1)
        assert "stepfunctions.create_state_machine" in calls.made

    def test_to_the_current_content_nothing_happens(self, world: World) -> None:
        world.apply(FIRST)
        assert rollback(world, 1) == ("unchanged", 1)

    @pytest.mark.parametrize("version", [0, 2, 999_999])
    def test_an_unknown_version_is_not_found(self, world: World, version: int) -> None:
        world.apply(FIRST)
        with pytest.raises(NotFound):
            rollback(world, version)

    def test_it_brings_an_archived_workflow_back(self, world: World) -> None:
        world.apply(FIRST)
        archive(world)
        assert rollback(world, 1) == ("updated", 2)
        assert world.start("w")


class TestArchive:
    def test_it_cannot_be_run_until_it_is_applied_again(self, world: World) -> None:
        world.apply(FIRST)
        assert archive(world).archived
        with pytest.raises(NotFound):
            world.start("w")
        world.apply(FIRST)
        head = world.services.workflows.head(ORG, "w")
        assert head is not None
        assert (head.latest, head.archived) == (2, False)
        assert world.start("w")

    def test_its_runs_go_on_and_its_versions_stay(self, world: World) -> None:
        world.apply(FIRST)
        run_id = world.start("w")
        archive(world)
        world.services = world.fresh()
        world.run_step(run_id, "a")
        assert world.finish(run_id) == "succeeded"
        assert [v.number for v in world.services.workflows.versions(ORG, "w")] == [1]

    def test_an_unknown_one_and_an_archived_one_are_not_found(self, world: World) -> None:
        assert archive(world) is None
        world.apply(FIRST)
        assert archive(world) is not None
        assert archive(world) is None
        assert world.services.workflows.archive("org_other", "w", at="now") is None
