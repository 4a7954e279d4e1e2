"""Scaling groups of agents (S3, POST scale)."""

from __future__ import annotations

import re

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from chalicelib.core.errors import BadRequest
from chalicelib.core.swarms.model import (
    MOST_NODES,
    AgentSpec,
    Backend,
    ObjectSpec,
    SwarmConfig,
)
from chalicelib.core.swarms.ports import Scaled
from chalicelib.core.swarms.scaling import scale

WORKER = AgentSpec("w", Backend("docker", {"image": "i"}), ("k",), config={"x": 1})
BARE = SwarmConfig(
    "s",
    (AgentSpec("boss"), WORKER, AgentSpec("w_x"), AgentSpec("ww_1")),
    (ObjectSpec("o", "kv"),),
    (("boss", "w"), ("w", "o"), ("boss", "o"), ("w", "metrics")),
)
COUNTS = st.integers(0, 12)


def group(config: SwarmConfig) -> list[str]:
    return [one.name for one in config.agents if re.fullmatch(r"w(_[0-9]+)?", one.name)]


def test_a_bare_agent_becomes_the_template_of_numbered_ones() -> None:
    config, scaled = scale(BARE, "w", 2)
    assert scaled == Scaled(added=("w_1", "w_2"), removed=("w",))
    assert group(config) == ["w_1", "w_2"]
    assert {one.name for one in config.agents} >= {"boss", "w_x", "ww_1"}
    first = next(one for one in config.agents if one.name == "w_1")
    assert (first.backend, first.skills, first.config) == (
        WORKER.backend,
        WORKER.skills,
        WORKER.config,
    )
    assert set(config.topology) == {
        ("boss", "o"),
        *(("boss", name) for name in ("w_1", "w_2")),
        *((name, "o") for name in ("w_1", "w_2")),
        *((name, "metrics") for name in ("w_1", "w_2")),
    }


def test_extras_go_first_the_highest_numbers_first() -> None:
    config, _ = scale(BARE, "w", 11)
    config, scaled = scale(config, "w", 9)
    assert scaled == Scaled(added=(), removed=("w_11", "w_10"))


def test_gaps_are_filled_and_other_numbers_go() -> None:
    agents = tuple(AgentSpec(name) for name in ("w_7", "w_2", "w_02"))
    config, scaled = scale(SwarmConfig("s", agents), "w", 2)
    assert scaled == Scaled(added=("w_1",), removed=("w_7", "w_02"))
    assert sorted(group(config)) == ["w_1", "w_2"]


def test_scaling_from_zero_uses_the_remembered_template_with_its_edges() -> None:
    scaled_up, _ = scale(BARE, "w", 3)
    nobody, scaled = scale(scaled_up, "w", 0)
    assert scaled == Scaled(added=(), removed=("w_3", "w_2", "w_1"))
    assert group(nobody) == []
    again, scaled = scale(nobody, "w", 3)
    assert scaled == Scaled(added=("w_1", "w_2", "w_3"), removed=())
    assert sorted(map(str, again.agents)) == sorted(map(str, scaled_up.agents))
    assert set(again.topology) == set(scaled_up.topology)
    assert again.templates == {}


def test_an_edge_to_who_went_meanwhile_is_not_restored() -> None:
    nobody, _ = scale(BARE, "w", 0)
    gone = SwarmConfig("s", (), nobody.objects, (), nobody.templates)
    config, _ = scale(gone, "w", 1)
    assert set(config.topology) == {("w_1", "o"), ("w_1", "metrics")}


def test_edges_within_a_group_are_not_copied() -> None:
    config = SwarmConfig("s", (AgentSpec("w_1"), AgentSpec("w_2")), (), (("w_1", "w_2"),))
    config, _ = scale(config, "w", 3)
    assert config.topology == (("w_1", "w_2"),)


def test_nothing_known_by_that_base_is_an_error() -> None:
    for base in ("nobody", "o", "w_1", "", "w_"):
        with pytest.raises(BadRequest, match="Unknown agent group"):
            scale(BARE, base, 2)


@pytest.mark.parametrize("count", [-1, MOST_NODES + 1, 10**30])
def test_counts_have_a_limit(count: int) -> None:
    with pytest.raises(BadRequest, match="0 to 1,000"):
        scale(BARE, "w", count)


def test_what_cannot_be_added_is_told_with_the_reason() -> None:
    taken = SwarmConfig("s", (WORKER,), (ObjectSpec("w_2", "kv"),))
    config, scaled = scale(taken, "w", 3)
    assert scaled == Scaled(("w_1", "w_3"), ("w",), (("w_2", "already_exists"),))
    assert scale(config, "w", 3) == (config, Scaled((), (), (("w_2", "already_exists"),)))


def test_names_and_swarms_have_limits() -> None:
    long = "x" * 63
    config, scaled = scale(SwarmConfig("s", (AgentSpec(long),)), long, 1)
    assert scaled.failed == ((f"{long}_1", "the name is too long"),)
    assert scale(config, long, 0)[0].templates[long][0].name == long

    others = tuple(AgentSpec(f"a{number}") for number in range(MOST_NODES - 2))
    config, scaled = scale(SwarmConfig("s", (*others, WORKER)), "w", 3)
    assert scaled.added == ("w_1", "w_2")
    assert scaled.failed == (("w_3", "a swarm has at most 1,000 nodes"),)


@settings(deadline=None)
@given(COUNTS)
def test_scaling_again_to_the_same_changes_nothing(count: int) -> None:
    config, _ = scale(BARE, "w", count)
    assert scale(config, "w", count) == (config, Scaled((), ()))


@settings(deadline=None)
@given(st.lists(COUNTS, min_size=1, max_size=5))
def test_only_the_last_of_several_counts_matters(counts: list[int]) -> None:
    config = BARE
    for count in counts:
        config, scaled = scale(config, "w", count)
        assert scaled.failed == ()
    direct, _ = scale(BARE, "w", counts[-1])
    assert sorted(group(config)) == sorted(group(direct))
    assert set(config.topology) == set(direct.topology)
    assert sorted(map(str, config.agents)) == sorted(map(str, direct.agents))
