"""The tree the evaluator walks: small, typed, and with each node's place in the author's text.

Nobody compares or prints nodes; without `eq` and `repr` the classes are made in half the time,
which is part of every cold start.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal as Word
from typing import TypeAlias

from chalicelib.core.expressions.values import Value

Macro: TypeAlias = Word["all", "exists", "exists_one", "map", "filter"]


@dataclass(frozen=True, slots=True, eq=False, repr=False)
class Node:
    """`column` counts from 1; None where the grammar does not tell."""

    column: int | None


@dataclass(frozen=True, slots=True, eq=False, repr=False)
class Literal(Node):
    value: Value


@dataclass(frozen=True, slots=True, eq=False, repr=False)
class Variable(Node):
    """A root, or a variable of a macro (`bound`)."""

    name: str
    bound: bool


@dataclass(frozen=True, slots=True, eq=False, repr=False)
class Select(Node):
    operand: Node
    member: str


@dataclass(frozen=True, slots=True, eq=False, repr=False)
class Index(Node):
    operand: Node
    index: Node


@dataclass(frozen=True, slots=True, eq=False, repr=False)
class Call(Node):
    name: str
    arguments: tuple[Node, ...]


@dataclass(frozen=True, slots=True, eq=False, repr=False)
class ListOf(Node):
    items: tuple[Node, ...]


@dataclass(frozen=True, slots=True, eq=False, repr=False)
class MapOf(Node):
    members: tuple[tuple[Node, Node], ...]


@dataclass(frozen=True, slots=True, eq=False, repr=False)
class Unary(Node):
    operator: Word["!", "-"]
    operand: Node


@dataclass(frozen=True, slots=True, eq=False, repr=False)
class Chain(Node):
    """`first op operand op operand …`, from left to right: flat, however long."""

    first: Node
    rest: tuple[tuple[str, Node], ...]


@dataclass(frozen=True, slots=True, eq=False, repr=False)
class Logic(Node):
    """`a && b && …` (decided by false) or `a || b || …` (decided by true)."""

    decider: bool
    operands: tuple[Node, ...]


@dataclass(frozen=True, slots=True, eq=False, repr=False)
class Ternary(Node):
    condition: Node
    then: Node
    otherwise: Node


@dataclass(frozen=True, slots=True, eq=False, repr=False)
class Comprehension(Node):
    """`target.macro(variable, body)`; `where` is the filter of a `map` with three arguments."""

    macro: Macro
    target: Node
    variable: str
    where: Node | None
    body: Node


@dataclass(frozen=True, slots=True, eq=False, repr=False)
class Has(Node):
    target: Node


@dataclass(frozen=True, slots=True, eq=False, repr=False)
class Default(Node):
    value: Node
    fallback: Node


def describe(node: Node) -> str:
    """How messages call a node: its path (`steps.fetch.output`), or just "the value"."""
    match node:
        case Variable(name=name):
            return name
        case Select(operand=operand, member=member):
            return f"{describe(operand)}.{member}"
        case Index(operand=operand, index=Literal(value=str() | int() as value)):
            return f"{describe(operand)}[{value!r}]"
        case Index(operand=operand):
            return f"{describe(operand)}[…]"
    return "the value"
