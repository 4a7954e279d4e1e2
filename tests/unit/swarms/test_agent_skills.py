"""Which skills an agent has, and what is filled in."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, cast

from chalicelib.core.swarms.agent_skills import AgentSkill, agent_skills
from chalicelib.core.swarms.model import AgentSpec, Node, NodeKind, ObjectSpec
from chalicelib.core.swarms.ports import Skill, SkillStore

COMMON = {"writing": "You are {{agent_name}} of {{swarm_name}}.", "counting": "Count."}


class Files:
    """Skills in memory."""

    def __init__(self, own: Mapping[str, str]) -> None:
        self.own = own

    def read(self, org: str, name: str) -> tuple[Skill, str] | None:
        text = COMMON.get(name)
        return (Skill(name, f"skills/{name}.md", f"{name}.md", "default"), text) if text else None

    def of_agent(self, org: str, swarm: str, agent: str) -> dict[str, str]:
        return dict(self.own)


def skills(*named: str, **own: str) -> list[AgentSkill]:
    node = Node("ada", NodeKind.AGENT, AgentSpec("ada", skills=named))
    return list(agent_skills(cast(SkillStore, cast(Any, Files(own))), "org_a", "team", node))


def test_named_ones_come_in_their_order_with_names_filled_in() -> None:
    first, second = skills("counting", "writing")
    assert (first.name, second.name) == ("counting.md", "writing.md")
    assert second.content == "You are ada of team."


def test_a_skill_may_be_named_by_its_file_or_its_path() -> None:
    for name in ("writing", "writing.md", "skills/writing.md", "priv/skills/writing"):
        assert [skill.name for skill in skills(name)] == ["writing.md"]


def test_one_written_for_the_agent_stands_in_the_place_of_the_common_one() -> None:
    (found,) = skills("writing", writing="Only {{agent_name}}, in {{workspace}}.")
    assert found.content == "Only ada, in swarms/team/agents/ada."
    assert found.path == "swarms/team/agents/ada/skills/writing.md"


def test_others_written_for_the_agent_follow_and_what_is_nowhere_is_left_out() -> None:
    found = skills("nowhere", "writing", b="b", a="a")
    assert [skill.name for skill in found] == ["writing.md", "a.md", "b.md"]


def test_an_object_has_none() -> None:
    node = Node("n", NodeKind.OBJECT, ObjectSpec("n", "counter"))
    assert list(agent_skills(cast(SkillStore, cast(Any, Files({"a": "a"}))), "o", "s", node)) == []
