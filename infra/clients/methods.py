"""One operation as Python: a function that builds its request, and a method of each client."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Final

from infra.clients.operations import Operation, Parameter, Schema, identifier
from infra.clients.schemas import Types, docstring

_KEY: Final = "Idempotency-Key"


@dataclass(frozen=True)
class Argument:
    """One argument of a method."""

    name: str
    kind: str
    needed: bool
    described: str = ""
    positional: bool = False

    @property
    def declared(self) -> str:
        if self.needed:
            return f"{self.name}: {self.kind}"
        kind = (
            self.kind if self.kind == "Any" or self.kind.endswith("None") else f"{self.kind} | None"
        )
        return f"{self.name}: {kind} = None"


@dataclass(frozen=True)
class Pages:
    """How a list goes on: the argument that takes the next page's place."""

    argument: str
    cursor: str
    item: str


@dataclass(frozen=True)
class Method:
    """An operation with everything that its texts need."""

    operation: Operation
    arguments: tuple[Argument, ...]
    answer: str
    sent: Mapping[str, str] = field(default_factory=dict)
    """Arguments of `make`, as expressions."""
    pages: Pages | None = None

    def builder(self) -> str:
        """The function that builds the request."""
        one = self.operation
        lines = [f'        "{one.verb}"', f'        "{one.path}"']
        lines += [f"        {name}={value}" for name, value in self.sent.items()]
        inside = ",\n".join(lines)
        return (
            f"def {one.id}({declared(self.arguments)}) -> Request[{self.answer}]:\n"
            f"{docstring(one.summary + '.', '    ')}\n"
            f"    return make(\n{inside},\n    )\n"
        )

    def text(self, *, asynchronous: bool) -> str:
        """The method of the blocking client, or of the other one."""
        one = self.operation
        begin, wait = ("async def", "await ") if asynchronous else ("def", "")
        found = (
            f"    {begin} {one.method}({declared(self.arguments, 'self')}) -> {self.answer}:\n"
            f"{docstring(self._told(), '        ')}\n"
            f"        return {wait}self._send({one.id}({self._passed()}))\n"
        )
        return found if self.pages is None else found + "\n" + self._all(self.pages, asynchronous)

    def _all(self, pages: Pages, asynchronous: bool) -> str:
        """The method that walks through all pages."""
        one = self.operation
        kept = [a for a in self.arguments if a.name != pages.argument]
        shown = [
            Argument("page_size", a.kind, a.needed, a.described) if a.name == "limit" else a
            for a in kept
        ]
        passed = [
            *(
                a.name if a.positional else f"{a.name}={s.name}"
                for a, s in zip(kept, shown, strict=True)
            ),
            f"{pages.argument}=place",
        ]
        iterator, walk = ("AsyncIterator", "async_walk") if asynchronous else ("Iterator", "walk")
        told = f"Every item of `{one.method}`, its pages fetched as they are needed."
        return (
            f"    def {one.method}_all({declared(shown, 'self')}) -> {iterator}[{pages.item}]:\n"
            f"{docstring(told, '        ')}\n\n"
            f"        def page(place: Any) -> Request[Any]:\n"
            f"            return {one.id}({', '.join(passed)})\n\n"
            f"        return {walk}(self._send, {pages.cursor}, page)\n"
        )

    def _passed(self) -> str:
        return ", ".join(a.name if a.positional else f"{a.name}={a.name}" for a in self.arguments)

    def _told(self) -> str:
        one = self.operation
        who = f"role {one.role}" if one.role else "public" if one.public else "token or signature"
        described = [f"`{a.name}`: {a.described}" for a in self.arguments if a.described]
        return "\n\n".join([f"{one.summary}.", f"`{one.verb} {one.path}`; {who}.", *described])


def declared(arguments: Sequence[Argument], *first: str) -> str:
    """Arguments as a definition has them: places of the path first, all others by name only."""
    positional = [one.declared for one in arguments if one.positional]
    others = sorted((one for one in arguments if not one.positional), key=lambda a: not a.needed)
    named = [one.declared for one in others]
    return ", ".join([*first, *positional, *(["*", *named] if named else [])])


def method_of(operation: Operation, types: Types) -> Method:
    """The method that an operation becomes."""
    path = [
        Argument(one.argument, "str | int", True, one.description, positional=True)
        if "integer" in str(one.schema.get("type"))
        else Argument(one.argument, "str", True, one.description, positional=True)
        for one in operation.placed("path")
    ]
    sent: dict[str, str] = {}
    if path:
        sent["path"] = _dict((one.name, one.argument) for one in operation.placed("path"))
    body, more = _body(operation, types, {one.name for one in path})
    query = [_argument(one, types) for one in operation.placed("query")]
    headers = [_argument(one, types) for one in operation.placed("header") if one.name != _KEY]
    keyed = any(one.name == _KEY for one in operation.placed("header"))
    if query:
        sent["query"] = _dict((one.name, one.argument) for one in operation.placed("query"))
    if headers:
        sent["headers"] = _dict(
            (one.name, one.argument) for one in operation.placed("header") if one.name != _KEY
        )
    sent |= more
    key = Argument("idempotency_key", "str", False, "Made where none is given.")
    if keyed:
        sent |= {"takes_key": "True", "idempotency_key": "idempotency_key"}
    if operation.public:
        sent["public"] = "True"
    arguments = (*path, *body, *query, *headers, *([key] if keyed else []))
    answer = _answer(operation, types)
    return Method(operation, arguments, answer, sent, _pages(operation, types))


def _argument(one: Parameter, types: Types) -> Argument:
    kind = types.expression(one.schema, "", taken=True)
    return Argument(one.argument, kind, False, one.description)


def _dict(pairs: Iterable[tuple[str, str]]) -> str:
    return "{" + ", ".join(f'"{name}": {value}' for name, value in pairs) + "}"


def _body(
    operation: Operation, types: Types, places: set[str]
) -> tuple[list[Argument], dict[str, str]]:
    """The arguments that a body is made of, and how it is made of them."""
    if operation.body is None:
        return [], {}
    kind = types.expression(operation.body, "", taken=True)
    needed = operation.body_required
    if kind == "Definition":
        told = "Data, or YAML text."
        argument = Argument("definition", kind, needed, told, positional=needed)
        return [argument], {"body": "definition", "media": "media_of_definition(definition)"}
    if "*/*" in operation.medias:
        found = [
            Argument("body", "Any", False, "Text and bytes as they are, all else as JSON."),
            Argument("content_type", "str", False),
            Argument("headers", "Mapping[str, str]", False, "More headers: a signature."),
        ]
        return found, {"body": "body", "media": "content_type", "headers": "headers"}
    schema = types.resolved(operation.body)
    if not schema.get("properties"):
        return [Argument("body", kind, needed, positional=needed)], {"body": "body"}
    return _members(schema, types, places, needed)


def _members(
    schema: Schema, types: Types, places: set[str], needed: bool
) -> tuple[list[Argument], dict[str, str]]:
    """A body whose members are arguments. One that repeats the path's is left out."""
    required = set(schema.get("required", ()))
    arguments: list[Argument] = []
    parts: dict[bool, list[tuple[str, str]]] = {True: [], False: []}
    for name, part in schema["properties"].items():
        argument = identifier(name)
        if argument in places and name not in required:
            continue
        argument = f"new_{argument}" if argument in places else argument
        kind = types.expression(part, "", taken=True)
        there = name in required
        arguments.append(Argument(argument, kind, there, part.get("description", "")))
        parts[there].append((name, argument))
    made = f"members({_dict(parts[True])}, {_dict(parts[False])}, needed={needed})"
    return arguments, {"body": made}


def _answer(operation: Operation, types: Types) -> str:
    name = "".join(word.title() for word in operation.id.split("_")) + "Answer"
    found = [
        "None" if one is None else types.qualified(one, name) for one in operation.answers
    ] or ["None"]
    if operation.redirects:
        found = ["str", *(one for one in found if one not in ("str", "None"))]
    return " | ".join(dict.fromkeys(found))


def _pages(operation: Operation, types: Types) -> Pages | None:
    """How the operation's list goes on; None for what is no list with pages."""
    if not operation.answers or operation.answers[0] is None:
        return None
    members = types.resolved(operation.answers[0]).get("properties", {})
    inside = types.resolved(members.get("data", {})).get("properties", {})
    query = {one.name for one in operation.placed("query")}
    for argument, member, cursor, found in (
        ("page_token", "next_page_token", 'TokenCursor("next_page_token", "{items}")', members),
        ("after", "next", 'TokenCursor("next", "{items}")', members),
        ("offset", "total", "OffsetCursor()", members),
        ("offset", "hasMore", "EnvelopeCursor()", inside),
    ):
        lists = [name for name, part in found.items() if part.get("type") == "array"]
        if len(lists) == 1 and argument in query and member in found:
            item = types.qualified(found[lists[0]]["items"], f"{operation.id}_item")
            return Pages(argument, cursor.format(items=lists[0]), item)
    return None
