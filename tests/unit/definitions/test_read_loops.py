"""`for_each` and its two companions in a definition: what becomes a plan, and what is refused."""

from __future__ import annotations

import pytest
from definition_fakes import problems, read

from chalicelib.core.plan import ForEach

ONE = "name: x\nsteps:\n  - {name: one, action: transform, params: {list: [1]}}\n"


def second(members: str) -> str:
    return f"{ONE}  - {{name: two, {members}}}\n"


def test_a_loop_becomes_part_of_the_plan_with_its_defaults() -> None:
    plan = read(second("for_each: steps.one.output.list, action: transform"))
    assert plan.steps[0].for_each is None
    assert plan.steps[1].for_each == ForEach("steps.one.output.list", 10, 1_000)
    text = second(
        'for_each: "{{ steps.one.output.list }}", action: transform, max_concurrency: 1, max_items: 7'
    )
    assert read(text).steps[1].for_each == ForEach("{{ steps.one.output.list }}", 1, 7)


def test_item_and_index_exist_in_params_of_a_loop_only() -> None:
    assert (
        read(second('for_each: "[1]", action: transform, params: {x: "{{ [item, index] }}"}'))
        .steps[1]
        .for_each
    )
    only = "it exists only in the `params` of a step with `for_each`"
    assert problems(second('action: transform, params: {x: "{{ item.a }}"}')) == {
        "steps[1].params.x": f"the expression names `item`: {only}"
    }
    assert problems(second('for_each: "[index]", action: transform, if: item == 1')) == {
        "steps[1].for_each": f"the expression names `index`: {only}",
        "steps[1].if": f"the expression names `item`: {only}",
    }


def test_a_macro_may_call_its_variable_item() -> None:
    assert read(second('action: transform, params: {x: "{{ [1].map(item, item + 1) }}"}'))


@pytest.mark.parametrize("action", ["delay", "approval", "swarm/task", "workflow/run"])
def test_what_is_a_state_of_its_own_is_no_item(action: str) -> None:
    found = problems(second(f'for_each: "[1]", action: {action}'))
    assert found["steps[1].for_each"] == (
        f"`{action}` cannot be repeated: it waits as a state of its own, and an item is one call"
    )


def test_a_hooks_step_is_no_loop() -> None:
    hooks = 'hooks: {on_finish: [{name: h, action: transform, for_each: "[1]"}]}\n'
    assert problems(ONE + hooks) == {
        "hooks.on_finish[0].for_each": "a hook's step cannot be repeated"
    }


@pytest.mark.parametrize("member", ["max_concurrency", "max_items"])
def test_companions_need_their_loop(member: str) -> None:
    assert problems(second(f"action: transform, {member}: 3")) == {
        f"steps[1].{member}": "needs a `for_each` beside it"
    }


@pytest.mark.parametrize(
    ("members", "location"),
    [
        ("max_concurrency: 41", "max_concurrency"),
        ("max_concurrency: 0", "max_concurrency"),
        ("max_items: 1001", "max_items"),
        ("max_items: 0", "max_items"),
        ("max_items: '5'", "max_items"),
    ],
)
def test_the_numbers_have_their_limits(members: str, location: str) -> None:
    assert set(problems(second(f'for_each: "[1]", action: transform, {members}'))) == {
        f"steps[1].{location}"
    }


@pytest.mark.parametrize("text", ['"[1"', '""', "[1, 2]", '"a {{ env }} b"'])
def test_the_list_is_an_expression_that_compiles(text: str) -> None:
    assert set(problems(second(f"for_each: {text}, action: transform"))) == {"steps[1].for_each"}


def test_the_list_names_only_steps_that_are_over() -> None:
    assert set(problems(second("for_each: steps.two.output, action: transform"))) == {
        "steps[1].for_each"
    }
