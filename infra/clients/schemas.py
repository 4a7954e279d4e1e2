"""Schemas as Python's types: expressions, and a TypedDict for each object that has a name."""

from __future__ import annotations

import keyword
import textwrap
from collections.abc import Mapping
from typing import Any, Final

Schema = Mapping[str, Any]

_PLAIN: Final = {
    "string": "str",
    "integer": "int",
    "number": "float",
    "boolean": "bool",
    "null": "None",
}
DEFINITION: Final = "WorkflowDefinition"
"""A definition is written by people, as YAML or data: it has the type `Definition`."""
_WIDTH: Final = 96


class Types:
    """What has been named so far, and the rest of the document to name more."""

    def __init__(self, schemas: Mapping[str, Schema]) -> None:
        self._schemas = schemas
        self._made: dict[str, str] = {}

    def expression(self, schema: Schema, name: str, *, taken: bool = False) -> str:
        """The type of values of a schema. `taken` is for what a client gives rather than gets: any
        mapping and any sequence do. Objects without a name are called `name`."""
        if (reference := schema.get("$ref")) is not None:
            return self._named(reference, taken=taken)
        if "const" in schema:
            return f"Literal[{schema['const']!r}]"
        if "enum" in schema:
            return f"Literal[{', '.join(map(repr, schema['enum']))}]"
        for several in ("anyOf", "oneOf"):
            if several in schema:
                return _union(self.expression(one, name, taken=taken) for one in schema[several])
        kind = schema.get("type")
        if isinstance(kind, list):
            return _union(self.expression({**schema, "type": k}, name, taken=taken) for k in kind)
        if kind == "array":
            item = self.expression(schema.get("items", {}), f"{name}Item", taken=taken)
            return f"Sequence[{item}]" if taken else f"list[{item}]"
        if kind == "object":
            return self._object(schema, name, taken=taken)
        return _PLAIN.get(str(kind), "Any")

    def resolved(self, schema: Schema) -> Schema:
        """What a reference leads to; anything else is itself."""
        reference = schema.get("$ref")
        if reference is None:
            return schema
        return self._schemas[reference.removeprefix("#/components/schemas/")]

    def qualified(self, schema: Schema, name: str) -> str:
        """An expression for modules that know the named types as `t`. What is not one word (a list,
        a dict of something) gets a name, since methods there are called `list`."""
        found = self.expression(schema, name)
        if found in self._made:
            return f"t.{found}"
        if found in (*_PLAIN.values(), "Any", "dict[str, Any]"):
            return found
        self._made[name] = f"{name} = {found}\n"
        return f"t.{name}"

    def classes(self) -> list[str]:
        """The TypedDicts that the expressions so far need, those of names first that others use."""
        return list(self._made.values())

    def _named(self, reference: str, *, taken: bool) -> str:
        name = reference.removeprefix("#/components/schemas/")
        if name == DEFINITION:
            return "Definition"
        schema = self._schemas[name]
        if "properties" in schema and not taken:
            self.define(name, schema)
            return name
        return self.expression(schema, name, taken=taken)

    def _object(self, schema: Schema, name: str, *, taken: bool) -> str:
        if schema.get("properties") and not taken:
            self.define(name, schema)
            return name
        more = schema.get("additionalProperties")
        value = "Any"
        if isinstance(more, Mapping):
            value = self.expression(more, f"{name}Value", taken=taken)
        return f"Mapping[str, {value}]" if taken else f"dict[str, {value}]"

    def define(self, name: str, schema: Schema) -> None:
        """Make the TypedDict of an object."""
        if name in self._made:
            return
        self._made[name] = ""  # so that one that has itself inside ends
        required = set(schema.get("required", ()))
        members = {}
        for member, part in schema["properties"].items():
            found = self.expression(part, f"{name}{member.title().replace('_', '')}")
            # A member with a default is in every answer.
            there = member in required or part.get("default") is not None
            members[member] = found if there else f"NotRequired[{found}]"
        del self._made[name]
        self._made[name] = _typed_dict(name, schema, members)


def docstring(text: str, indent: str) -> str:
    """A docstring, wrapped."""
    said = text.replace("\\", "\\\\").strip()
    if len(indent) + len(said) + 6 <= _WIDTH and "\n" not in said:
        return f'{indent}"""{said}"""'
    paragraphs = [
        textwrap.fill(part, _WIDTH - len(indent), break_long_words=False, break_on_hyphens=False)
        for part in said.split("\n\n")
    ]
    lines = "\n\n".join(paragraphs).splitlines()
    rest = "\n".join(f"{indent}{line}" if line else "" for line in lines[1:])
    return f'{indent}"""{lines[0]}\n{rest}\n{indent}"""' if rest else f'{indent}"""{lines[0]}"""'


def _typed_dict(name: str, schema: Schema, members: Mapping[str, str]) -> str:
    if any(not one.isidentifier() or keyword.iskeyword(one) for one in members):
        inside = ", ".join(f"{member!r}: {kind!r}" for member, kind in members.items())
        return f"{name} = TypedDict({name!r}, {{{inside}}})\n"
    lines = [f"class {name}(TypedDict):"]
    if text := schema.get("description"):
        lines += [docstring(text, "    "), ""]
    for member, kind in members.items():
        lines.append(f"    {member}: {kind}")
        if text := schema["properties"][member].get("description"):
            lines.append(docstring(text, "    "))
    return "\n".join(lines) + "\n"


def _union(types: Any) -> str:
    found = list(dict.fromkeys(types))
    if "Any" in found:
        return "Any"
    return " | ".join(
        [*(one for one in found if one != "None"), *(["None"] if "None" in found else [])]
    )
