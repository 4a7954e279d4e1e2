"""Places in a definition as authors read them: `steps[2].retry.max_attempts`.

Names that are no plain words are quoted: `steps[0].params["content.type"]`.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping

_WORD = re.compile(r"[A-Za-z_][A-Za-z0-9_-]*")
_LAST = re.compile(r'(?:\.?[A-Za-z_][A-Za-z0-9_-]*|\[[0-9]+\]|\["(?:[^"\\]|\\.)*"\])\Z')


def member(location: str, name: str) -> str:
    """The place of a member of the object at `location` (empty for the document itself)."""
    if not _WORD.fullmatch(name):
        return f"{location}[{json.dumps(name)}]"
    return f"{location}.{name}" if location else name


def item(location: str, index: int) -> str:
    """The place of an item of the list at `location`, counted from 0."""
    return f"{location}[{index}]"


def under(location: str, relative: str) -> str:
    """A place that is given relative to `location`."""
    if not relative or not location or relative.startswith("["):
        return location + relative
    return f"{location}.{relative}"


def nearest_line(lines: Mapping[str, int], location: str) -> int | None:
    """The 1-based line of a place, or of the nearest place around it that has one."""
    while location not in lines:
        shorter = _LAST.sub("", location)
        if shorter == location:
            return None
        location = shorter
    return lines[location]
