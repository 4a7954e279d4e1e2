"""Random graphs with branches and loops: both machines give every node the state that the reference
interpreter gives it (S1)."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from chalicelib.core.graphs.definition import parse_graph
from chalicelib.core.graphs.reference import interpret
from tests.support.followed import Machines
from tests.support.memory import Memory

MOST_NODES = 6
PAYLOAD = {"n": 3, "text": "abc", "items": [1, 2]}


@st.composite
def graphs(draw: Any) -> dict[str, Any]:
    """A definition without problems. Every node has an earlier one as its parent, and names
    earlier ones that lead to it."""
    nodes: dict[str, Any] = {"root": {"type": "manual", "children": []}}
    count = iter(range(1_000))

    def scope(level: int, outside: list[str]) -> list[str]:
        """Nodes that start at none of each other: the first of a body, or the root's children."""
        names: list[str] = []
        before: dict[str, set[str]] = {}
        firsts: list[str] = []
        for _ in range(draw(st.integers(1, MOST_NODES if level == 0 else 3))):
            name = f"n{next(count)}"
            parents = draw(
                st.lists(st.sampled_from(names), unique=True, max_size=3) if names else st.just([])
            )
            if level and names and not parents:
                parents = [names[-1]]  # of a body only the first has none
            seen = set().union(*({parent} | before[parent] for parent in parents))
            before[name] = seen
            if not parents:
                firsts.append(name)
            choosing = [p for p in parents if nodes[p]["type"] == "if"]
            nodes[name] = made(level, outside + sorted(seen))
            if choosing and draw(st.booleans()):
                nodes[name]["branch"] = draw(st.sampled_from(["then", "else"]))
            for parent in parents:
                nodes[parent]["children"].append(name)
            names.append(name)
            if nodes[name]["type"] == "for-each":
                nodes[name]["loopBody"] = scope(level + 1, outside + sorted(seen))
        return firsts

    def value(level: int, seen: list[str]) -> str:
        known = [f"{{{{{name}.result.message || {name}.result}}}}" for name in seen]
        known += ["{{$trigger.body.n}}", "{{root.result.body.text}}", "x {{$inputs.n}} y"]
        known += ["{{$item}}", "{{$index}}"] if level else []
        # What is near matters most: it may be of the same iteration.
        known += known[: len(seen)][-2:] * 3
        return draw(st.sampled_from(known))

    def made(level: int, seen: list[str]) -> dict[str, Any]:
        kinds = ["log", "log", "if", "pluck", "format", "evm-read"]
        kind = draw(st.sampled_from([*kinds, *["for-each"] * 3] if level < 2 else kinds))
        payload: dict[str, Any]
        match kind:
            case "if":
                left = value(level, seen)
                payload = {"condition": {"$or": [{left: {"$gt": draw(st.integers(-1, 4))}}]}}
            case "pluck":
                payload = {"array": [{"a": value(level, seen)}], "field": "a"}
            case "format":
                payload = {"data": "{{$trigger.body.items}}", "template": "{{$index}}{{$item}}"}
            case "evm-read":
                payload = {"chainId": 1}
            case "for-each":
                payload = {"array": draw(st.sampled_from(["{{$trigger.body.items}}", [0], []]))}
            case _:
                payload = {"message": value(level, seen)}
        return {"type": kind, "payload": payload, "children": []}

    nodes["root"]["children"] = scope(0, ["root"])
    return {"nodes": nodes}


def told(states: dict[str, Any]) -> dict[str, Any]:
    """What both sides say: status, result and iterations, without times."""
    return {name: _told(state) for name, state in states.items()}


def _told(state: dict[str, Any]) -> dict[str, Any]:
    found = {"status": state["status"], "result": _timeless(state["result"])}
    if state.get("iterations"):
        found["iterations"] = [{**one, "nodes": told(one["nodes"])} for one in state["iterations"]]
    return found


def _timeless(value: Any) -> Any:
    if isinstance(value, dict):
        times = ("loggedAt", "triggeredAt", "type")
        return {name: _timeless(part) for name, part in value.items() if name not in times}
    return [_timeless(part) for part in value] if isinstance(value, list) else value


@pytest.mark.parametrize("how", ["compiled", "shared"])
@settings(max_examples=60)
@given(definition=graphs())
def test_a_run_is_what_the_reference_interpreter_says(how: str, definition: Any) -> None:
    graph = parse_graph(definition)
    expected = interpret(graph, PAYLOAD)
    memory = Memory(graph, PAYLOAD, mode="simulation")
    status = Machines(memory).run("run_1", json.loads(memory.definition(how)))
    assert status == "succeeded", memory.errors()
    found = memory.states()
    outside = {name: state for name, state in found.items() if name in expected}
    assert json.dumps(told(outside), sort_keys=True) == json.dumps(told(expected), sort_keys=True)
