"""Skills: an organisation's own over the packaged ones, and what was written for one agent."""

from __future__ import annotations

from pathlib import Path

import pytest

from chalicelib.core.errors import BadRequest, TooLarge
from chalicelib.store.skills import MOST_OF_AGENT, Skills
from tests.support.swarms import SWARM, SwarmWorld
from tests.support.world import ORG, World


@pytest.fixture
def skills(world: World, tmp_path: Path) -> Skills:
    for path, text in {"plan.md": "Plan.", "code/review.md": "Review.", "notes.txt": "x"}.items():
        (tmp_path / path).parent.mkdir(exist_ok=True)
        (tmp_path / path).write_text(text)
    return Skills(world.services.blobs, packaged=tmp_path)


def put(world: World, path: str, text: str, org: str = ORG) -> None:
    world.services.blobs.put_text(f"skills/{org}/{path}", text)


def test_an_organisation_begins_with_the_packaged_skills(skills: Skills) -> None:
    found = skills.list(ORG)
    assert [(one.name, one.relative_path, one.category) for one in found] == [
        ("review", "code/review.md", "code"),
        ("plan", "plan.md", "default"),
    ]
    assert found[0].path == f"skills/{ORG}/code/review.md"
    read = skills.read(ORG, "review")
    assert read is not None
    assert read[1] == "Review."


def test_what_the_organisation_has_is_over_what_is_packaged(world: World, skills: Skills) -> None:
    put(world, "plan.md", "Our plan.")
    put(world, "team/deep/ask.md", "Ask.")
    put(world, "team/readme.txt", "no skill")
    put(world, "theirs.md", "x", org="org_other")
    names = {one.name: one.category for one in skills.list(ORG)}
    assert names == {"review": "code", "plan": "default", "ask": "team/deep"}
    for name in ("plan", "plan.md"):
        read = skills.read(ORG, name)
        assert read is not None
        assert read[1] == "Our plan."
    assert skills.read(ORG, "theirs") is None


def test_a_list_can_begin_at_a_folder(world: World, skills: Skills) -> None:
    put(world, "code/python/lint.md", "Lint.")
    found = skills.list(ORG, "code")
    assert [(one.relative_path, one.category) for one in found] == [
        ("python/lint.md", "python"),
        ("review.md", "default"),
    ]
    assert skills.list(ORG, "cod") == []
    assert skills.base(ORG, "/code/") == f"skills/{ORG}/code/"
    for bad in ("../org_other", "a/../..", "a\\b"):
        with pytest.raises(BadRequest):
            skills.list(ORG, bad)


def test_of_several_with_a_name_the_outermost_is_read(world: World, skills: Skills) -> None:
    put(world, "a/b/plan.md", "Deep.")
    read = skills.read(ORG, "plan")
    assert read is not None
    assert read[0].relative_path == "plan.md"


def test_an_agents_own_skills_are_its_own(world: World) -> None:
    skills = SwarmWorld(world).skills
    skills.write(ORG, SWARM, "a", "plan", "Plan \u00fcber.")
    skills.write(ORG, SWARM, "a", "plan.md", "Better.")
    skills.write(ORG, SWARM, "a-1", "plan", "Other.")
    assert skills.of_agent(ORG, SWARM, "a") == {"plan": "Better."}
    assert skills.of_agent(ORG, SWARM, "a-1") == {"plan": "Other."}
    assert skills.of_agent(ORG, "another", "a") == {}


def test_what_is_too_much_or_leads_elsewhere_is_refused(world: World) -> None:
    skills = SwarmWorld(world).skills
    with pytest.raises(TooLarge):
        skills.write(ORG, SWARM, "a", "plan", "x" * 1_000_001)
    for bad in ("../plan", "a//b", "", ".", "..", "a\0", "a\\b"):
        with pytest.raises(BadRequest):
            skills.write(ORG, SWARM, "a", bad, "x")
    for n in range(MOST_OF_AGENT):
        skills.write(ORG, SWARM, "a", f"s{n}", "x")
    with pytest.raises(TooLarge):
        skills.write(ORG, SWARM, "a", "one-more", "x")
    skills.write(ORG, SWARM, "a", "s7", "changed")
    assert skills.of_agent(ORG, SWARM, "a")["s7"] == "changed"
