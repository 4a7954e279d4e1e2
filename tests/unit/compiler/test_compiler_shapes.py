"""Which states a graph becomes."""

from __future__ import annotations

import random
from typing import Any

from compiler_graphs import chain, compiled, nested, random_series_parallel, wide
from hypothesis import given, settings
from hypothesis import strategies as st

from chalicelib.core.compiler.decompose import MOST_NESTED


def all_states(machine: dict[str, Any]) -> list[str]:
    found = list(machine["States"])
    for state in machine["States"].values():
        for branch in state.get("Branches", []):
            found += all_states(branch)
    return found


def test_a_chain_of_ten_is_ten_tasks_and_finish() -> None:
    found = compiled(chain(10))
    assert (found.states, found.parallels, found.gates) == (11, 0, 0)
    assert found.definition["StartAt"] == "s0"
    assert [*found.definition["States"]] == [*(f"s{place}" for place in range(10)), "Finish"]


def test_a_diamond_is_four_tasks_one_parallel_and_finish() -> None:
    found = compiled({"a": [], "b": ["a"], "c": ["a"], "d": ["b", "c"]})
    assert (found.states, found.parallels) == (6, 1)
    assert [*found.definition["States"]] == ["a", "Parallel 1", "d", "Finish"]


def test_several_roots_begin_with_a_parallel() -> None:
    found = compiled({"a": [], "b": [], "c": ["a", "b"]})
    assert found.definition["StartAt"] == "Parallel 1"
    assert found.states == 5


def test_several_ends_finish_after_their_parallel() -> None:
    found = compiled({"a": [], "b": ["a"], "c": ["a"]})
    assert found.definition["States"]["Parallel 1"]["Next"] == "Finish"


def test_a_complete_join_of_two_and_two_is_two_parallels() -> None:
    found = compiled({"a": [], "b": [], "c": ["a", "b"], "d": ["b", "a"]})
    assert (found.states, found.parallels) == (7, 2)


def test_redundant_dependencies_cost_no_state() -> None:
    drawn = compiled({"a": [], "b": ["a"], "c": ["b", "a"], "d": ["a", "b", "c"]})
    assert drawn.text == compiled(chain_named("abcd")).text


def chain_named(names: str) -> dict[str, list[str]]:
    return {name: [names[place - 1]] if place else [] for place, name in enumerate(names)}


def test_a_sequence_beside_a_step_waits_for_nobody() -> None:
    found = compiled({"a": [], "b": ["a"], "c": [], "d": ["b", "c"]})
    first, second = found.definition["States"]["Parallel 1"]["Branches"]
    assert [*first["States"]] == ["a", "b"]
    assert [*second["States"]] == ["c"]


def test_nesting_stays_within_a_hundred_and_gates_do_the_rest() -> None:
    whole, deeper, far = (compiled(nested(depth)) for depth in (100, 101, 300))
    assert (depth_of(whole.definition), whole.gates) == (MOST_NESTED, 0)
    assert (depth_of(deeper.definition), deeper.gates) == (MOST_NESTED, 1)
    assert depth_of(far.definition) == MOST_NESTED


def depth_of(machine: dict[str, Any]) -> int:
    """How deep Parallels nest in a machine."""
    branches = [b for state in machine["States"].values() for b in state.get("Branches", [])]
    return 1 + max(map(depth_of, branches)) if branches else 0


@settings(deadline=None)
@given(st.randoms(use_true_random=False), st.integers(1, 30))
def test_state_names_are_unique_on_all_levels_and_counted(chance: random.Random, size: int) -> None:
    found = compiled(random_series_parallel(chance, size))
    names = all_states(found.definition)
    assert len(names) == len(set(names)) == found.states == size + found.parallels + 1
    assert max(map(len, names)) <= 80


def test_equal_plans_give_equal_text_and_it_is_compact() -> None:
    one, two = compiled(wide(3)), compiled(wide(3))
    assert one.text == two.text
    assert ": " not in one.text.replace("Runyard: ", "")
