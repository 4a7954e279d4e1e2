"""Configurations as clients send them (S3): what is read, and how all that is wrong is said."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from chalicelib.core.errors import BadRequest, Invalid
from chalicelib.core.swarms.config import (
    read_agent,
    read_changes,
    read_config,
    read_edges,
    read_names,
    read_object,
    summary,
    texts,
    to_dict,
)
from chalicelib.core.swarms.edges import adjacency
from chalicelib.core.swarms.formats import parse_document
from chalicelib.core.swarms.kinds import HANDLERS, handler_name
from chalicelib.core.swarms.model import (
    MOST_NODES,
    AgentSpec,
    Backend,
    ObjectSpec,
    SwarmConfig,
)
from tests.support.swarm_configs import VALUES, swarm_configs

PATTERN = "must start with a letter and contain only alphanumeric, underscore, or hyphen characters"
WHOLE: dict[str, Any] = {
    "name": "research",
    "agents": [
        {
            "name": "coder",
            "backend": {"type": "docker", "image": "coder"},
            "skills": ["python"],
            "model": "m",
            "endpoint": "https://e",
            "presets": ["p"],
            "config": {"a": [1, {"b": None}]},
        },
        {"name": "tester"},
    ],
    "objects": [{"name": "count", "handler": "counter", "config": {"step": 2}}],
    "topology": [["coder", "tester"], ["tester", "count"]],
}


def problems(value: object) -> list[str]:
    with pytest.raises(Invalid) as refused:
        read_config(value)
    return texts(refused.value)


def of_agent(**members: Any) -> list[str]:
    return problems({"name": "s", "agents": [{"name": "a", **members}]})


def test_every_member_is_read() -> None:
    assert read_config(WHOLE) == SwarmConfig(
        "research",
        (
            AgentSpec(
                "coder",
                Backend("docker", {"image": "coder"}),
                ("python",),
                "m",
                "https://e",
                ("p",),
                {"a": [1, {"b": None}]},
            ),
            AgentSpec("tester"),
        ),
        (ObjectSpec("count", "counter", None, {"step": 2}),),
        (("coder", "tester"), ("tester", "count")),
    )


def test_the_json_form_says_no_more_than_was_said() -> None:
    tester = {"name": "tester", "backend": "mock"}
    assert to_dict(read_config(WHOLE)) == {**WHOLE, "agents": [WHOLE["agents"][0], tester]}


@settings(deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(swarm_configs())
def test_the_json_form_is_read_back_as_the_same(config: SwarmConfig) -> None:
    assert read_config(json.loads(json.dumps(to_dict(config)))) == config


def test_the_summary_of_s3() -> None:
    assert summary(read_config(WHOLE)) == {
        "name": "research",
        "agent_count": 2,
        "object_count": 1,
        "topology_edges": 2,
        "agents": [
            {"name": "coder", "backend": "docker", "skills": ["python"], "model": "m"},
            {"name": "tester", "backend": "mock", "skills": [], "model": None},
        ],
        "objects": [{"name": "count", "handler": "counter"}],
        "topology": [{"from": "coder", "to": "tester"}, {"from": "tester", "to": "count"}],
    }


def test_unknown_members_are_ignored_and_null_is_as_if_left_out() -> None:
    agent = {"name": "a", "colour": 1, **dict.fromkeys(["backend", "skills", "model", "config"])}
    value = {"name": "s", "agents": [agent], "objects": None, "topology": None, "x": 1}
    assert read_config(value) == SwarmConfig("s", (AgentSpec("a"),))


def test_a_swarm_may_be_empty() -> None:
    assert read_config({"name": "s"}) == SwarmConfig("s")


@pytest.mark.parametrize(
    ("backend", "read"),
    [
        ("local", Backend("local")),
        ({"type": "mock"}, Backend("mock")),
        ({"type": "docker", "image": "coder"}, Backend("docker", {"image": "coder"})),
        ({"type": "ssh", "host": "user@host"}, Backend("ssh", {"host": "user@host"})),
        ({"type": "bwrap", "opts": {"a": 1}}, Backend("bwrap", {"opts": {"a": 1}})),
        ({"type": "bedrock", "model": "m"}, Backend("bedrock", {"model": "m"})),
        ({"type": "http", "url": "https://e"}, Backend("http", {"url": "https://e"})),
        ({"type": "lambda", "arn": "arn:x"}, Backend("lambda", {"arn": "arn:x"})),
        (("docker", "coder"), Backend("docker", {"image": "coder"})),
        (["docker", {"image": "coder"}], Backend("docker", {"image": "coder"})),
        (["ssh", "user@host"], Backend("ssh", {"host": "user@host"})),
        (["bwrap", {"a": 1}], Backend("bwrap", {"opts": {"a": 1}})),
        (["bwrap", {"opts": {"a": 1}}], Backend("bwrap", {"opts": {"a": 1}})),
        (["mock", {"a": 1, "type": "x"}], Backend("mock", {"a": 1})),
    ],
)
def test_backends_are_texts_maps_and_pairs(backend: object, read: Backend) -> None:
    assert read_agent({"name": "a", "backend": backend}).backend == read


@pytest.mark.parametrize(
    ("backend", "said"),
    [
        (
            "dokcer",
            "unknown backend `dokcer`; did you mean `docker`?; known: bedrock, bwrap, docker, http, "
            "lambda, local, mock, ssh (agents[0].backend)",
        ),
        (["mock", 3], "`backend` must be a map (agents[0].backend)"),
        (3, "`backend` must be text, or a map with the text `type` (agents[0].backend)"),
        ({}, "`backend` must be text, or a map with the text `type` (agents[0].backend)"),
        ({"type": "ssh"}, "the backend `ssh` needs `host` (agents[0].backend)"),
        ("lambda", "the backend `lambda` needs `arn` (agents[0].backend)"),
        ("http", "the backend `http` needs `url` (agents[0].backend)"),
        ("docker", "the backend `docker` needs `image` (agents[0].backend)"),
        ({"type": "docker", "image": 3}, "`image` must be text (agents[0].backend.image)"),
        ({"type": "bwrap", "opts": 3}, "`opts` must be a map (agents[0].backend.opts)"),
    ],
)
def test_a_backend_that_cannot_be(backend: object, said: str) -> None:
    assert of_agent(backend=backend) == [said]


def test_all_problems_are_said_at_once_with_their_places() -> None:
    value = {
        "name": "1",
        "agents": [{"name": "2x"}, {"name": "a"}, {"name": "a", "skills": 3}, 4, {}],
        "objects": [{"name": "a", "handler": "counter"}, {"name": "o", "handler": "nothing"}],
        "topology": [["a", "b"], ["a", "a"], 3, {"from": "a", "to": 1}],
    }
    assert problems(value) == [
        f"Name {PATTERN}",
        f"Agent name {PATTERN} (agents[0].name)",
        "`skills` must be a list (agents[2].skills)",
        "`agent` must be a map (agents[3])",
        "Agent name is missing (agents[4].name)",
        "Invalid or missing object handler (objects[1].handler)",
        "duplicate name `a` (agents[2].name)",
        "duplicate name `a` (objects[0].name)",
        "edge names unknown node `b` (topology[0])",
        "edge from `a` to itself (topology[1])",
        "an edge is `[from, to]` or a map of `from` and `to` (topology[2])",
        "both ends of an edge must be text (topology[3])",
    ]


def test_problems_of_a_text_have_lines() -> None:
    document = parse_document('%{name: "s",\n agents: [\n%{name: :a, model: 3}]}', "exs")
    with pytest.raises(Invalid) as refused:
        read_config(document.value, document.lines)
    assert texts(refused.value) == ["`model` must be text (agents[0].model, line 3)"]


@pytest.mark.parametrize("value", [None, 3, "s", [], [WHOLE]])
def test_a_configuration_is_a_map(value: object) -> None:
    assert problems(value) == ["`config` must be a map"]


@pytest.mark.parametrize("name", ["", "1a", "-a", "a b", "a/b", "é", "a\n"])
def test_names_out_of_the_pattern(name: str) -> None:
    assert problems({"name": name}) == [f"Name {PATTERN}"]
    assert of_agent(name=name) == [f"Agent name {PATTERN} (agents[0].name)"]


@pytest.mark.parametrize(
    ("name", "said"),
    [(None, "is missing"), (3, "must be text"), ("a" * 65, "must have at most 64 characters")],
)
def test_names_that_are_none(name: object, said: str) -> None:
    assert problems({"name": name}) == [f"Name {said}"]


def test_what_is_added_is_refused_in_the_contracts_words() -> None:
    with pytest.raises(Invalid) as refused:
        read_agent({"name": "1a"})
    assert refused.value.detail == f"Agent name {PATTERN}"
    for handler in ({}, {"handler": "nothing"}, {"handler": 3}):
        with pytest.raises(Invalid) as refused:
            read_object({"name": "o", **handler})
        assert refused.value.detail == "Invalid or missing object handler"


@pytest.mark.parametrize("member", ["model", "endpoint"])
@pytest.mark.parametrize("value", [3, True, [], "", "x" * 3_000, "a\nb", "a\x7f"])
def test_a_line_of_text(member: str, value: object) -> None:
    (said,) = of_agent(**{member: value})
    assert said.startswith(f"`{member}` must")


@pytest.mark.parametrize("member", ["skills", "presets"])
@pytest.mark.parametrize("value", ["a", {"a": 1}, [3], [None], ["x"] * 101])
def test_a_list_of_texts(member: str, value: object) -> None:
    (said,) = of_agent(**{member: value})
    assert said.startswith(f"`{member}` must")


@pytest.mark.parametrize(
    "value",
    [
        [],
        "x",
        {"a": float("nan")},
        {"a": [float("inf")]},
        {"a": 2**63},
        {"a": "\0"},
        {"a": "\ud800"},
        {"\0": 1},
        {1: 1},
        {"a": object()},
        {"a": "x" * 33_000},
    ],
)
def test_a_config_is_a_map_of_json_within_limits(value: object) -> None:
    (said,) = of_agent(config=value)
    assert said.startswith("`config` ")
    with pytest.raises(Invalid):
        read_changes(value)


def test_a_config_has_a_depth() -> None:
    value: Any = {}
    for _ in range(100_000):
        value = {"a": value}
    (said,) = of_agent(config=value)
    assert said.startswith("`config` is nested deeper than 20 levels")


def test_places_cost_nothing_where_nothing_is_wrong_and_are_cut_where_they_are_long() -> None:
    key = "k" * 1_000_000
    (said,) = of_agent(config={key: [0] * 1_000_000})
    assert said == "`config` must have at most 32,000 bytes as JSON (agents[0].config)"
    (said,) = of_agent(config={"a": {"b": [0, {key: float("nan")}]}})
    assert "(agents[0].config.a.b[1].kkk" in said
    assert len(said) < 300
    assert all(len(one) < 400 for one in problems({"name": "s", "topology": {key: [key] * 9}}))


def test_a_swarm_has_so_many_nodes() -> None:
    agents = [{"name": f"a{n}"} for n in range(MOST_NODES)]
    assert len(read_config({"name": "s", "agents": agents}).agents) == MOST_NODES
    objects = [{"name": "o", "handler": "kv"}]
    said = problems({"name": "s", "agents": agents, "objects": objects})
    assert said == ["a swarm has at most 1,000 agents and objects"]
    assert "a swarm has at most 1,000 agents and objects" in problems(
        {"name": "s", "agents": [{"name": "a"}] * 1_000_000}
    )


def test_a_swarm_has_so_many_edges() -> None:
    names = [f"a{n}" for n in range(320)]
    value = {"name": "s", "agents": [{"name": name} for name in names]}
    said = problems(
        {**value, "topology": {one: [two for two in names if one != two] for one in names}}
    )
    assert said == ["`topology` must have at most 100,000 edges"]


def test_so_many_problems_are_said() -> None:
    with pytest.raises(Invalid) as refused:
        read_config({"name": "s", "topology": [["a", "b"]] * 100_000})
    assert len(refused.value.problems) == 100
    assert refused.value.detail.endswith("; and 95 more")


@pytest.mark.parametrize(
    "topology",
    [
        [["a", "b"], ("a", "c"), {"from": "b", "to": "metrics"}, ["a", "b"]],
        [["a", ["b", "c"]], ["b", "metrics"]],
        {"a": ["b", "c"], "b": "metrics"},
    ],
)
def test_edges_are_pairs_and_maps_and_lists_of_targets(topology: object) -> None:
    agents = [{"name": name} for name in "abc"]
    read = read_config({"name": "s", "agents": agents, "topology": topology})
    assert read.topology == (("a", "b"), ("a", "c"), ("b", "metrics"))
    assert adjacency(read.topology) == {"a": ["b", "c"], "b": ["metrics"]}


def test_edges_that_do_not_parse_are_left_out_of_a_patch() -> None:
    value = [["a", "b"], {"from": "b", "to": "a"}, ["a"], "ab", 3, None, ["a", 1], {"from": "a"}]
    assert read_edges([*value, ["a", "b"]]) == (("a", "b"), ("b", "a"))
    assert read_edges({"a": "b"}) == read_edges(None) == read_edges("ab") == ()


def test_connections_are_names() -> None:
    assert read_names(None, "connections") == ()
    assert read_names(["a", "b", "a"], "incoming") == ("a", "b")
    for value in ("a", [1], {"a": 1}, ["a"] * (MOST_NODES + 1)):
        with pytest.raises(Invalid, match="`incoming` must"):
            read_names(value, "incoming")


def test_changes_are_a_map() -> None:
    assert read_changes({"step": 2, "gone": None}) == {"step": 2, "gone": None}
    with pytest.raises(Invalid, match="`config` must be a map"):
        read_changes(None)


@pytest.mark.parametrize("handler", sorted(HANDLERS))
def test_handlers_may_be_named_as_modules(handler: str) -> None:
    assert handler_name(handler) == handler
    assert handler_name(f"Genswarms.Objects.{handler.capitalize()}") == handler
    assert handler_name(f"Elixir.{handler.capitalize()}") == handler


@pytest.mark.parametrize("text", ["", "Counter.", "a.Counter", "counter ", "COUNTERS", "Nothing"])
def test_other_handlers_are_unknown(text: str) -> None:
    assert handler_name(text) is None


def test_texts_of_another_refusal_are_its_sentence() -> None:
    assert texts(BadRequest("line 1, column 2: what")) == ["line 1, column 2: what"]


@settings(deadline=None)
@given(VALUES, st.sampled_from(["name", "agents", "objects", "topology"]), VALUES)
def test_whatever_comes_is_read_or_refused(value: Any, member: str, inner: Any) -> None:
    for one in (value, {"name": "s", member: value}, {"name": "s", "agents": [{"name": inner}]}):
        try:
            read_config(one)
        except Invalid as refused:
            assert refused.problems
    assert isinstance(read_edges(value), tuple)
