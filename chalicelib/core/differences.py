"""What two definitions differ in: as a list of places, and as a text that people read. Pure."""

from __future__ import annotations

import difflib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Final, Literal

_FIRST: Final = ("name", "action", "description", "type")
"""Members that a reader looks for first; the others follow by name, `steps` last."""
_ABSENT: Final = object()


@dataclass(frozen=True, slots=True)
class Change:
    """One place: `inputs.limit.default`, `steps.fetch.params.url`. Steps go by their names."""

    path: str
    op: Literal["added", "removed", "changed"]
    before: Any = None
    after: Any = None


def changes(before: Mapping[str, Any], after: Mapping[str, Any]) -> list[Change]:
    """Every place in which the definitions differ, outermost first where a whole part is new.

    Steps that only changed places are one change of `steps`, with their names in order.
    """
    return list(_changes("", before, after))


def _changes(path: str, before: Any, after: Any) -> Iterator[Change]:
    if before is _ABSENT:
        yield Change(path, "added", after=after)
    elif after is _ABSENT:
        yield Change(path, "removed", before=before)
    elif isinstance(before, Mapping) and isinstance(after, Mapping):
        for name in _in_order({**before, **after}):
            yield from _changes(
                f"{path}.{name}" if path else name,
                before.get(name, _ABSENT),
                after.get(name, _ABSENT),
            )
    elif (old := _by_name(before)) is not None and (new := _by_name(after)) is not None:
        yield from _changes(path, old, new)
        shared = [name for name in new if name in old]
        if shared != [name for name in old if name in new]:
            yield Change(path, "changed", list(old), list(new))
    elif not _same(before, after):
        yield Change(path, "changed", before, after)


def _by_name(value: Any) -> dict[str, Any] | None:
    """A list of steps as an object; None for anything else."""
    if not isinstance(value, list) or not value:
        return None
    named = {item["name"]: item for item in value if isinstance(item, Mapping) and "name" in item}
    return named if len(named) == len(value) else None


def _same(before: Any, after: Any) -> bool:
    """Equal as JSON texts: `1`, `1.0` and `true` are three values."""
    if isinstance(before, list) and isinstance(after, list):
        return len(before) == len(after) and all(map(_same, before, after))
    if isinstance(before, Mapping) and isinstance(after, Mapping):
        return before.keys() == after.keys() and all(_same(before[k], after[k]) for k in before)
    return type(before) is type(after) and bool(before == after)


def _in_order(members: Mapping[str, Any]) -> list[str]:
    def rank(name: str) -> tuple[int, str]:
        if name == "steps":
            return len(_FIRST) + 1, name
        return (_FIRST.index(name) if name in _FIRST else len(_FIRST)), name

    return sorted(members, key=rank)


def text_diff(before: Mapping[str, Any], after: Mapping[str, Any], *, old: str, new: str) -> str:
    """A unified diff of both as YAML, members in one order; `old` and `new` name the sides."""
    lines = difflib.unified_diff(_lines(before), _lines(after), old, new, lineterm="")
    return "".join(f"{line}\n" for line in lines)


def _lines(value: Mapping[str, Any]) -> list[str]:
    import yaml

    if not value:
        return []
    text: str = yaml.safe_dump(_arranged(value), sort_keys=False, allow_unicode=True, width=100)
    return text.splitlines()


def _arranged(value: Any) -> Any:
    if isinstance(value, Mapping):
        return {name: _arranged(value[name]) for name in _in_order(value)}
    return [_arranged(item) for item in value] if isinstance(value, list) else value
