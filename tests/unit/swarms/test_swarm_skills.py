"""Skills: plain names, and three placeholders (S3)."""

from __future__ import annotations

from pathlib import Path

import pytest

import chalicelib
from chalicelib.core.swarms.ports import Skill
from chalicelib.core.swarms.skills import INVALID, category_of, fill, name_problem, skill_at

SHIPPED = Path(chalicelib.__file__).parent / "skills"


@pytest.mark.parametrize("name", ["research", "research.md", "a-b_c d", "v1.2", "schön"])
def test_plain_names_are_fine(name: str) -> None:
    assert name_problem(name) is None


@pytest.mark.parametrize(
    "name",
    ["a/b", "a\\b", "a\0b", ".", "..", "../x", "", ".md", "..md", "...md", "a\nb", "x" * 129],
)
def test_what_could_leave_the_folder_is_refused(name: str) -> None:
    assert name_problem(name) == INVALID


def test_placeholders_are_filled_in_once() -> None:
    text = "{{agent_name}} in {{ swarm_name }} at {{workspace}}; {{other}} stays"
    filled = fill(text, agent="{{workspace}}", swarm="house", workspace="/w")
    assert filled == "{{workspace}} in house at /w; {{other}} stays"


def test_a_skill_is_known_by_its_place() -> None:
    assert skill_at("skills", "writing/plain.md") == Skill(
        "plain", "skills/writing/plain.md", "writing/plain.md", "writing"
    )
    assert category_of("plain.md") == "default"
    assert category_of("a/b/c.md") == "a/b"


def test_the_skills_that_are_shipped_can_be_read_by_their_names() -> None:
    files = sorted(SHIPPED.rglob("*.md"))
    assert [path.stem for path in files] == ["research", "reviewing", "writing"]
    for path in files:
        assert name_problem(path.name) is None
        text = path.read_text()
        assert text.startswith("# ")
        assert "{{agent_name}}" in text
        assert "{{" not in fill(text, agent="a", swarm="s", workspace="w")
