"""Skills: markdown files that tell an agent how to work (S3)."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from chalicelib.core.swarms.ports import Skill

INVALID: Final = "Invalid skill name"
SUFFIX: Final = ".md"
LONGEST_NAME: Final = 128
MOST_BYTES: Final = 100_000
"""Of one skill, in UTF-8."""
_PLACEHOLDER: Final = re.compile(r"\{\{\s*(agent_name|swarm_name|workspace)\s*\}\}")


def name_problem(name: str) -> str | None:
    """`Invalid skill name` for what is no plain file name, else None. S3.

    A dot within is fine: `.md` may stand at the end.
    """
    bare = bare_name(name)
    bad = any(letter in "/\\" or not letter.isprintable() for letter in name)
    if bad or bare in ("", ".", "..") or len(name) > LONGEST_NAME:
        return INVALID
    return None


def bare_name(name: str) -> str:
    """A skill's name without `.md`."""
    return name.removesuffix(SUFFIX)


def category_of(relative_path: str) -> str:
    """The folder that a skill is in, `default` at the root."""
    return relative_path.rpartition("/")[0] or "default"


def skill_at(base: str, relative_path: str) -> Skill:
    """A skill file by its place under `base`."""
    from chalicelib.core.swarms.ports import Skill

    return Skill(
        name=bare_name(relative_path.rpartition("/")[2]),
        path=f"{base.rstrip('/')}/{relative_path}",
        relative_path=relative_path,
        category=category_of(relative_path),
    )


def fill(text: str, *, agent: str, swarm: str, workspace: str) -> str:
    """A skill with `{{agent_name}}`, `{{swarm_name}}` and `{{workspace}}` filled in, once: what is
    filled in is not looked at again."""
    values = {"agent_name": agent, "swarm_name": swarm, "workspace": workspace}
    return _PLACEHOLDER.sub(lambda found: values[found.group(1)], text)
