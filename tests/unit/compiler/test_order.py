"""The partial order of a graph."""

from __future__ import annotations

import pytest
from compiler_graphs import chain, reaches

from chalicelib.core.compiler.order import Order, cycle_message, find_cycles
from chalicelib.core.errors import Invalid


def test_the_order_is_what_the_edges_imply() -> None:
    graph = {"d": ["b", "c"], "c": ["a"], "b": ["a"], "a": [], "e": []}
    order, wanted = Order.of(graph), reaches(graph)
    for first, name in enumerate(order.names):
        for second, other in enumerate(order.names):
            assert order.precedes(first, second) == (name in wanted[other])


def test_a_cycle_is_found_and_shown_from_where_it_closes() -> None:
    assert find_cycles({"x": ["a"], "a": ["b"], "b": ["a"]}) == [["a", "b", "a"]]
    assert "`a -> b -> a`" in cycle_message(["a", "b", "a"])


def test_every_separate_cycle_is_found_up_to_ten() -> None:
    graph = {f"s{place}": [f"s{place ^ 1}"] for place in range(40)}
    assert len(find_cycles(graph)) == 10
    assert len(find_cycles(graph, most=100)) == 20


def test_long_cycles_are_found_without_recursion_and_cut_in_the_message() -> None:
    graph = {**chain(5_000), "s0": ["s4999"]}
    (cycle,) = find_cycles(graph)
    assert len(cycle) == 5_001
    assert len(cycle_message(cycle)) < 200


def test_a_step_that_waits_for_itself_is_a_cycle() -> None:
    assert find_cycles({"a": ["a"]}) == [["a", "a"]]


def test_there_is_no_order_with_unknown_names() -> None:
    with pytest.raises(Invalid) as refusal:
        Order.of({"a": ["zz"]})
    assert refusal.value.problems[0].location == "steps[0].depends_on[0]"
