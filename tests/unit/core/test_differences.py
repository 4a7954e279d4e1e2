"""What two definitions differ in."""

from __future__ import annotations

from typing import Any

from chalicelib.core.differences import Change, changes, text_diff

OLD: dict[str, Any] = {
    "name": "w",
    "inputs": {"limit": {"type": "number", "default": 1}},
    "steps": [
        {"name": "a", "action": "transform", "params": {"x": [1, 2]}},
        {"name": "b", "action": "transform"},
    ],
}


def changed(**members: Any) -> list[Change]:
    return changes(OLD, {**OLD, **members})


def test_equal_definitions_do_not_differ_in_whatever_order_their_members_are() -> None:
    assert changes(OLD, dict(reversed(OLD.items()))) == []
    assert text_diff(OLD, dict(reversed(OLD.items())), old="1", new="2") == ""


def test_members_are_found_where_they_are() -> None:
    found = changed(inputs={"limit": {"type": "number"}, "who": {"type": "string"}})
    assert found == [
        Change("inputs.limit.default", "removed", before=1),
        Change("inputs.who", "added", after={"type": "string"}),
    ]


def test_steps_go_by_their_names_wherever_they_stand() -> None:
    new = {"name": "new", "action": "delay"}
    first = {**OLD["steps"][0], "params": {"x": [1, 3]}}
    assert changed(steps=[new, first]) == [
        Change("steps.a.params.x", "changed", [1, 2], [1, 3]),
        Change("steps.b", "removed", before=OLD["steps"][1]),
        Change("steps.new", "added", after=new),
    ]


def test_steps_that_changed_places_are_one_change() -> None:
    assert changed(steps=OLD["steps"][::-1]) == [Change("steps", "changed", ["a", "b"], ["b", "a"])]


def test_one_is_neither_true_nor_one_point_zero() -> None:
    for value in (True, 1.0):
        spec = {"limit": {"type": "number", "default": value}}
        assert changed(inputs=spec) == [Change("inputs.limit.default", "changed", 1, value)]
    assert (
        len(changed(steps=[{**OLD["steps"][0], "params": {"x": [1, 2.0]}}, OLD["steps"][1]])) == 1
    )


def test_the_text_shows_both_sides() -> None:
    found = text_diff(OLD, {**OLD, "timeout": "1m"}, old="w, version 1", new="w, version 2")
    assert found.startswith("--- w, version 1\n+++ w, version 2\n")
    assert "\n+timeout: 1m\n" in found


def test_what_makes_a_step_a_loop_is_told_by_its_own_places() -> None:
    step = {"name": "each", "action": "transform"}
    loop = {**step, "for_each": "[1]", "max_items": 5}
    found = changes({"steps": [step]}, {"steps": [{**loop, "max_items": 6}]})
    assert [(change.path, change.op) for change in found] == [
        ("steps.each.for_each", "added"),
        ("steps.each.max_items", "added"),
    ]
    (lower,) = changes({"steps": [loop]}, {"steps": [{**loop, "max_items": 6}]})
    assert (lower.path, lower.before, lower.after) == ("steps.each.max_items", 5, 6)
