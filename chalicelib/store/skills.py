"""Skills: markdown files of an organisation, over those that come with Runyard; and agents' own.

skills/<org>/<path>.md                                    an organisation's
swarms/<org>/<swarm>/agents/<agent>/skills/<name>.md      written for one agent alone
chalicelib/skills/<path>.md                               packaged: where there is none of that
                                                          path in the organisation
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path, PurePosixPath
from typing import Final

from chalicelib.core.errors import TooLarge
from chalicelib.core.swarms.ports import Skill
from chalicelib.store.blobs import Blobs
from chalicelib.store.swarm_purge import agents_prefix
from chalicelib.store.swarm_seeds import safe_path

PACKAGED: Final = Path(__file__).resolve().parents[1] / "skills"
MOST_SKILLS: Final = 1_000
"""Of a list."""
MOST_OF_AGENT: Final = 100
MOST_SKILL_BYTES: Final = 1_000_000
_SUFFIX: Final = ".md"


class Skills:
    """Implements `core.swarms.ports.SkillStore`."""

    def __init__(self, blobs: Blobs, *, packaged: Path = PACKAGED) -> None:
        self._blobs = blobs
        self._packaged = packaged

    def base(self, org: str, under: str = "") -> str:
        """Where an organisation's skills are. Raises BadRequest for a folder that is none."""
        folder = under.strip("/")
        return f"skills/{org}/" + (f"{safe_path(folder)}/" if folder else "")

    def list(self, org: str, under: str = "") -> list[Skill]:
        """Those below a folder, by path, at most 1,000: one listing. Raises BadRequest for a folder
        that is none."""
        base = self.base(org, under)
        keys = set(self._blobs.names(base, most=MOST_SKILLS))
        keys |= {key for key in self._packaged_keys(org) if key.startswith(base)}
        found = sorted(key for key in keys if key.endswith(_SUFFIX))
        return [_skill(key, base) for key in found[:MOST_SKILLS]]

    def _packaged_keys(self, org: str) -> Iterator[str]:
        """The keys under which the organisation would have the packaged ones."""
        if self._packaged.is_dir():
            for path in self._packaged.rglob(f"*{_SUFFIX}"):
                yield f"skills/{org}/{path.relative_to(self._packaged).as_posix()}"

    def read(self, org: str, name: str) -> tuple[Skill, str] | None:
        """A skill by its name, with or without `.md`, in whatever folder: one listing, one GetObject.
        Of several with the name, the one with the least folders, then the first."""
        wanted = name.removesuffix(_SUFFIX)
        matching = [skill for skill in self.list(org) if skill.name == wanted]
        for skill in sorted(matching, key=lambda one: one.relative_path.count("/")):
            text = self._text(org, skill)
            if text is not None:
                return skill, text
        return None

    def _text(self, org: str, skill: Skill) -> str | None:
        own = self._blobs.text(skill.path, most=MOST_SKILL_BYTES)
        if own is not None:
            return own
        packaged = self._packaged / skill.path.removeprefix(f"skills/{org}/")
        return packaged.read_text() if packaged.is_file() else None

    def of_agent(self, org: str, swarm: str, agent: str) -> dict[str, str]:
        """One listing, and one GetObject for each; at most 100."""
        prefix = _agent_prefix(org, swarm, agent)
        found = {
            key.removeprefix(prefix).removesuffix(_SUFFIX): self._blobs.text(
                key, most=MOST_SKILL_BYTES
            )
            for key in self._blobs.names(prefix, most=MOST_OF_AGENT)
        }
        return {name: text for name, text in found.items() if text is not None}

    def write(self, org: str, swarm: str, agent: str, skill: str, content: str) -> None:
        """One listing, one PutObject. Raises TooLarge for a skill of over a MB, and for one too many;
        BadRequest for a name that is none."""
        if len(content.encode()) > MOST_SKILL_BYTES:
            raise TooLarge(f"A skill is over {MOST_SKILL_BYTES:,} bytes")
        prefix = _agent_prefix(org, swarm, agent)
        key = prefix + safe_path(skill.removesuffix(_SUFFIX)) + _SUFFIX
        there = self._blobs.names(prefix, most=MOST_OF_AGENT)
        if len(there) >= MOST_OF_AGENT and key not in there:
            raise TooLarge(f"An agent has at most {MOST_OF_AGENT} skills of its own")
        self._blobs.put_text(key, content)


def _agent_prefix(org: str, swarm: str, agent: str) -> str:
    return f"{agents_prefix(org, swarm)}{agent}/skills/"


def _skill(key: str, base: str) -> Skill:
    relative = PurePosixPath(key.removeprefix(base))
    folder = relative.parent.as_posix()
    return Skill(
        name=relative.stem,
        path=key,
        relative_path=relative.as_posix(),
        category="default" if folder == "." else folder,
    )
