"""The generated part of the Python client: types, events, and a module for each group of operations.

Everything is made from the two documents; what is written by hand (`clients/python/src/runyard/_*.py`)
knows no operation but those that it needs itself.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from typing import Any, Final

from infra.clients.methods import Method, method_of
from infra.clients.operations import Operation, groups, operations
from infra.clients.schemas import Types, docstring

_HEAD: Final = (
    '"""{what} Made from docs/{source} by `make document`: do not edit."""\n\n'
    "from __future__ import annotations\n\n"
)
_HOMES: Final[Mapping[str, tuple[str, ...]]] = {
    "collections.abc": ("AsyncIterator", "Iterator", "Mapping", "Sequence"),
    "typing": ("Any", "Literal", "NotRequired", "TypedDict"),
    "runyard._pages": ("EnvelopeCursor", "OffsetCursor", "TokenCursor", "async_walk", "walk"),
    "runyard._request": (
        *("AsyncSend", "Definition", "Request", "Send"),
        *("make", "media_of_definition", "members"),
    ),
}


def modules(openapi: Mapping[str, Any], asyncapi: Mapping[str, Any]) -> dict[str, str]:
    """Every generated module's text, not yet formatted, by its path in the package."""
    types = Types(openapi["components"]["schemas"])
    by_group = groups(operations(openapi))
    said = _descriptions(openapi, by_group)
    found = {
        f"api/{group}.py": _group(group, said[group], [method_of(one, types) for one in members])
        for group, members in by_group.items()
    }
    found["api/__init__.py"] = _groups(by_group)
    found["types.py"] = _module("What operations answer.", "openapi.json", types.classes())
    found["events.py"] = _events(asyncapi)
    return found


def class_name(name: str) -> str:
    """`list_users` → `ListUsers`."""
    return "".join(word[:1].upper() + word[1:] for word in name.split("_"))


def _module(what: str, source: str, parts: Iterable[str]) -> str:
    body = "\n\n".join(parts)
    words = set(re.findall(r"\w+", body))
    lines = []
    for home, names in _HOMES.items():
        if used := [name for name in names if name in words]:
            lines.append(f"from {home} import {', '.join(used)}")
    if re.search(r"\bt\.\w", body):
        lines.append("from runyard import types as t")
    imports = "\n".join(sorted(lines)) + "\n\n\n" if lines else ""
    return _HEAD.format(what=what, source=source) + imports + body


def _group(group: str, said: str, methods: list[Method]) -> str:
    name = class_name(group)
    parts = [one.builder() for one in methods]
    for prefix, send in (("", "Send"), ("Async", "AsyncSend")):
        head = (
            f"class {prefix}{name}:\n{docstring(said, '    ')}\n\n"
            f"    def __init__(self, send: {send}) -> None:\n        self._send = send\n"
        )
        parts.append("\n".join([head, *(one.text(asynchronous=bool(prefix)) for one in methods)]))
    return _module(f"{name}.", "openapi.json", parts)


def _groups(by_group: Mapping[str, list[Operation]]) -> str:
    parts = ["from runyard._request import AsyncSend, Send"]
    parts[0] += "".join(
        f"\nfrom runyard.api.{group} import Async{class_name(group)}, {class_name(group)}"
        for group in by_group
    )
    for prefix, send in (("", "Send"), ("Async", "AsyncSend")):
        lines = "\n".join(
            f"        self.{group} = {prefix}{class_name(group)}(send)" for group in by_group
        )
        parts.append(
            f'class {prefix}Groups:\n    """Every group of operations, as an attribute."""\n\n'
            f"    def __init__(self, send: {send}) -> None:\n{lines}\n"
        )
    text = "\n\n".join(parts)
    return _HEAD.format(what="The operations, in groups.", source="openapi.json") + text


def _descriptions(
    openapi: Mapping[str, Any], by_group: Mapping[str, list[Operation]]
) -> dict[str, str]:
    """What the tags of a group say, each once."""
    texts = {tag["name"]: tag["description"] for tag in openapi.get("tags", [])}
    tags: dict[str, str] = {}
    for item in openapi["paths"].values():
        for operation in item.values():
            tags[operation["operationId"]] = texts.get(operation["tags"][0], "")
    return {
        group: " ".join(dict.fromkeys(tags[one.id] for one in found if tags[one.id])) or f"{group}."
        for group, found in by_group.items()
    }


def _events(asyncapi: Mapping[str, Any]) -> str:
    types = Types({})
    schemas = asyncapi["components"]["schemas"]
    names = {kind: class_name(kind) for kind in schemas}
    for kind, schema in schemas.items():
        types.define(names[kind], schema)
    union = " | ".join(names.values())
    told = '"""One event of a run\'s log; `kind` says which, `seq` is its number."""'
    parts = [*types.classes(), f"Event = {union}\n{told}\n"]
    return _module("Events of runs, as the socket sends them.", "asyncapi.json", parts)
