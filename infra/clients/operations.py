"""The operations of an OpenAPI document with the names that they have in the clients."""

from __future__ import annotations

import keyword
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any, Final

Schema = Mapping[str, Any]

GROUP_OF_TAG: Final[Mapping[str, str]] = {
    "executions": "runs",
    "cancel": "runs",
    "runs": "graph_runs",
}
"""Where a group is not called like its tag: `runs` are those of every dialect, S1's views of them are
`graph_runs`."""
NAMES: Final[Mapping[str, tuple[str, str]]] = {
    "run_workflow": ("runs", "start"),
    "get_execution": ("runs", "get"),
    "list_executions": ("runs", "list"),
    "cancel_execution": ("runs", "cancel"),
    "cancel_all": ("runs", "cancel_all"),
    "cancel_one": ("runs", "cancel_one"),
    "get_logs": ("runs", "logs"),
    "run_method": ("models", "run"),
    "list_tokens": ("tokens", "list"),
    "create_token": ("tokens", "create"),
    "revoke_token": ("tokens", "revoke"),
    "list_triggers": ("triggers", "list"),
    "hook": ("hooks", "send"),
    "hook_of_two": ("hooks", "send_to_two"),
    "hook_of_three": ("hooks", "send_to_three"),
}
"""Group and method of the operations whose own names would read oddly. All others need no entry."""
_TAKEN: Final = frozenset({"start", "wait", "stream", "cancel", "send", "close"})
"""Methods of the clients themselves: no group can be called so."""


@dataclass(frozen=True)
class Parameter:
    """A value that goes into the path, the query or a header."""

    name: str
    """On the wire."""
    place: str
    schema: Schema
    description: str

    @property
    def argument(self) -> str:
        return identifier(self.name)


@dataclass(frozen=True)
class Operation:
    """What one method of a client does."""

    id: str
    group: str
    method: str
    verb: str
    path: str
    summary: str
    role: str | None
    public: bool
    parameters: tuple[Parameter, ...]
    body: Schema | None
    body_required: bool
    medias: tuple[str, ...]
    answers: tuple[Schema | None, ...]
    """The contents of good answers; None is one without content."""
    redirects: bool

    def placed(self, place: str) -> list[Parameter]:
        return [one for one in self.parameters if one.place == place]


def operations(document: Mapping[str, Any]) -> list[Operation]:
    """Every operation, in the order of the document's tags. Raises ValueError for names that clash."""
    found = [
        _operation(path, verb, item)
        for path, verbs in document["paths"].items()
        for verb, item in verbs.items()
    ]
    named = _without_clashes(found)
    order = [_group(tag["name"]) for tag in document.get("tags", [])]
    return sorted(named, key=lambda one: order.index(one.group) if one.group in order else 99)


def groups(found: Iterable[Operation]) -> dict[str, list[Operation]]:
    """The operations by group."""
    by_group: dict[str, list[Operation]] = {}
    for one in found:
        by_group.setdefault(one.group, []).append(one)
    return by_group


def identifier(name: str) -> str:
    """A name as Python writes it: `Idempotency-Key` → `idempotency_key`, `orgId` → `org_id`."""
    words = re.sub(r"(?<=[a-z0-9])(?=[A-Z])", "_", name)
    found = re.sub(r"\W+", "_", words).strip("_").lower()
    return f"{found}_" if keyword.iskeyword(found) or not found.isidentifier() else found


def _group(tag: str) -> str:
    found = GROUP_OF_TAG.get(tag, identifier(tag))
    return f"{found}_api" if found in _TAKEN else found


def _method(operation_id: str, tag: str) -> str:
    """The operation's name without the words behind the first that its group says already:
    `list_users` → `list`."""
    words = identifier(tag).split("_")
    said = {form for word in words for form in (word, word.removesuffix("s"), f"{word}s")}
    first, *rest = operation_id.split("_")
    return identifier("_".join([first, *(word for word in rest if word not in said)]))


def _operation(path: str, verb: str, item: Mapping[str, Any]) -> Operation:
    tag = item["tags"][0]
    group, method = NAMES.get(item["operationId"]) or (
        _group(tag),
        _method(item["operationId"], tag),
    )
    body = item.get("requestBody")
    contents = body["content"] if body else {}
    answers, redirects = _answers(item["responses"])
    return Operation(
        id=item["operationId"],
        group=group,
        method=method,
        verb=verb.upper(),
        path=path,
        summary=item["summary"],
        role=item.get("x-role"),
        public=item.get("security") == [],
        parameters=tuple(
            Parameter(one["name"], one["in"], one["schema"], one.get("description", ""))
            for one in item.get("parameters", [])
        ),
        body=next(iter(contents.values()))["schema"] if contents else None,
        body_required=bool(body and body["required"]),
        medias=tuple(contents),
        answers=answers,
        redirects=redirects,
    )


def _answers(responses: Mapping[str, Any]) -> tuple[tuple[Schema | None, ...], bool]:
    """What good answers have in them, and whether one leads elsewhere."""
    found: list[Schema | None] = []
    redirects = False
    for status, response in responses.items():
        if not status.startswith(("2", "3")):
            continue
        contents = list(response.get("content", {}).values())
        redirects |= status.startswith("3") and status != "304"
        if contents or status in ("204", "304"):
            content = contents[0]["schema"] if contents else None
            if content not in found:
                found.append(content)
    return tuple(found), redirects


def _without_clashes(found: list[Operation]) -> list[Operation]:
    """Two operations of one name get their whole ids."""
    seen: dict[tuple[str, str], list[Operation]] = {}
    for one in found:
        seen.setdefault((one.group, one.method), []).append(one)
    named = [
        one if len(same) == 1 or one.id in NAMES else Operation(**{**vars(one), "method": one.id})
        for same in seen.values()
        for one in same
    ]
    names = [(one.group, one.method) for one in named]
    if twice := sorted({name for name in names if names.count(name) > 1}):
        raise ValueError(f"two operations are called {twice[0]}: name one in NAMES")
    return named
