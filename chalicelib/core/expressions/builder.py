"""From the parse tree to nodes: one method for each rule of the grammar that says something."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, TypeAlias, cast
from typing import Literal as Word

from chalicelib.core.expressions import limits, nodes
from chalicelib.core.expressions.errors import CompileError, ExpressionLimit
from chalicelib.core.expressions.literals import number_value, string_value
from chalicelib.core.expressions.names import (
    LOOP_NAMES,
    MACROS,
    ROOTS,
    check_call,
    unknown_variable,
)
from chalicelib.core.expressions.scan import Mask
from chalicelib.core.expressions.values import TYPE_NAMES

if TYPE_CHECKING:
    from lark import Token, Tree

Bound: TypeAlias = frozenset[str]
"""The variables of the macros around a node."""

# One level of the grammar for each precedence: most have one child and say nothing.
_LEVELS = frozenset(
    {
        "expr",
        "conditionalor",
        "conditionaland",
        "relation",
        "addition",
        "multiplication",
        "unary",
        "member",
        "primary",
    }
)
_OPERATORS = {
    "relation_lt": "<",
    "relation_le": "<=",
    "relation_gt": ">",
    "relation_ge": ">=",
    "relation_eq": "==",
    "relation_ne": "!=",
    "relation_in": "in",
    "addition_add": "+",
    "addition_sub": "-",
    "multiplication_mul": "*",
    "multiplication_div": "/",
    "multiplication_mod": "%",
}


class Builder:
    """Builds nodes, and collects what they use: `roots`, `steps`, `inputs`, and uses of `steps` as a
    whole.

    Its depth is the nodes' nesting, not the tree's: long runs of an operator stay flat, so the
    recursion here and in the evaluator is bounded by `MAX_DEPTH`.
    """

    def __init__(self, masked: Mask) -> None:
        self.masked = masked
        self.roots: set[str] = set()
        self.steps: set[str] = set()
        self.bare_steps = 0
        self.inputs: set[str] = set()

    def build(self, tree: Tree[Token], depth: int, bound: Bound) -> nodes.Node:
        """The node of a tree. Raises CompileError, and ExpressionLimit when nested too deeply."""
        if depth > limits.MAX_DEPTH:
            raise ExpressionLimit(
                f"nested more than {limits.MAX_DEPTH} levels", column=_column(tree)
            )
        tree = _first_that_speaks(tree, _LEVELS | {"paren_expr"})
        handler = _HANDLERS.get(str(tree.data))
        if handler is None:
            raise CompileError(
                "messages (Type{field: value}) do not exist here", column=_column(tree)
            )
        return handler(self, tree, depth + 1, bound)

    def arguments(
        self, given: list[Tree[Token]], depth: int, bound: Bound
    ) -> tuple[nodes.Node, ...]:
        """The nodes of an argument list; `given` holds its tree, or nothing."""
        return tuple(self.build(one, depth, bound) for one in (_trees(given[0]) if given else ()))

    def ternary(self, tree: Tree[Token], depth: int, bound: Bound) -> nodes.Node:
        condition, then, otherwise = (self.build(one, depth, bound) for one in _trees(tree))
        return nodes.Ternary(_column(tree), condition, then, otherwise)

    def logic(self, tree: Tree[Token], depth: int, bound: Bound) -> nodes.Node:
        rule, column, found = str(tree.data), _column(tree), []
        while tree.data == rule and len(tree.children) == 2:
            tree, right = _trees(tree)
            found.append(self.build(right, depth, bound))
        found.append(self.build(tree, depth, bound))
        return nodes.Logic(column, rule == "conditionalor", tuple(reversed(found)))

    def chain(self, tree: Tree[Token], depth: int, bound: Bound) -> nodes.Node:
        rule, column, rest = str(tree.data), _column(tree), []
        while tree.data == rule and len(tree.children) == 2:
            operator, right = _trees(tree)
            rest.append((_OPERATORS[str(operator.data)], self.build(right, depth, bound)))
            tree = _trees(operator)[0]
        return nodes.Chain(column, self.build(tree, depth, bound), tuple(reversed(rest)))

    def unary(self, tree: Tree[Token], depth: int, bound: Bound) -> nodes.Node:
        sign, operand = _trees(tree)
        operator: Word["!", "-"] = "!" if sign.data == "unary_not" else "-"
        return nodes.Unary(_column(tree), operator, self.build(operand, depth, bound))

    def list_of(self, tree: Tree[Token], depth: int, bound: Bound) -> nodes.Node:
        return nodes.ListOf(_column(tree), self.arguments(_trees(tree), depth, bound))

    def map_of(self, tree: Tree[Token], depth: int, bound: Bound) -> nodes.Node:
        flat = self.arguments(_trees(tree), depth, bound)
        return nodes.MapOf(_column(tree), tuple(zip(flat[::2], flat[1::2], strict=True)))

    def literal(self, tree: Tree[Token], depth: int, bound: Bound) -> nodes.Node:
        token, column = cast("Token", tree.children[0]), _column(tree)
        match token.type:
            case "STRING_LIT":
                written = self.masked.strings[cast("int", token.start_pos)]
                return nodes.Literal(column, string_value(written, column or 1))
            case "BOOL_LIT":
                return nodes.Literal(column, str(token) == "true")
            case "NULL_LIT":
                return nodes.Literal(column, None)
        return nodes.Literal(column, number_value(token.type, str(token), column or 1))

    def variable(self, tree: Tree[Token], depth: int, bound: Bound) -> nodes.Node:
        name, column = str(tree.children[0]), _column(tree)
        if name in bound:
            return nodes.Variable(column, name, bound=True)
        if name in ROOTS or name in LOOP_NAMES:
            self.roots.add(name)
            self.bare_steps += name == "steps"
            return nodes.Variable(column, name, bound=False)
        if name in TYPE_NAMES:
            return nodes.Literal(column, TYPE_NAMES[name])
        raise unknown_variable(name, bound, column)

    def select(self, tree: Tree[Token], depth: int, bound: Bound) -> nodes.Node:
        operand = self.build(_trees(tree)[0], depth, bound)
        token = cast("Token", tree.children[1])
        # `true` and `false` come back from the grammar's callback without their place.
        start = -1 if token.start_pos is None else token.start_pos
        member = self.masked.names.get(start, str(token))
        self._note_step(operand, member)
        return nodes.Select(start + 1 or None, operand, member)

    def index(self, tree: Tree[Token], depth: int, bound: Bound) -> nodes.Node:
        operand, index = (self.build(one, depth, bound) for one in _trees(tree))
        if isinstance(index, nodes.Literal) and type(index.value) is str:
            self._note_step(operand, index.value)
        return nodes.Index(_column(tree), operand, index)

    def _note_step(self, operand: nodes.Node, member: str) -> None:
        match operand:
            case nodes.Variable(name="steps", bound=False):
                self.steps.add(member)
                self.bare_steps -= 1
            case nodes.Variable(name="inputs", bound=False):
                self.inputs.add(member)

    def function(self, tree: Tree[Token], depth: int, bound: Bound) -> nodes.Node:
        name, *given = _trees(tree)
        check_call(str(name), _count(given), _column(tree), method=False)
        return _call(str(name), self.arguments(given, depth, bound), _column(tree))

    def method(self, tree: Tree[Token], depth: int, bound: Bound) -> nodes.Node:
        target_tree, _, *given = _trees(tree)
        token = cast("Token", tree.children[1])
        name, column = str(token), (token.start_pos or 0) + 1
        target = self.build(target_tree, depth, bound)
        if name not in MACROS:
            check_call(name, 1 + _count(given), column, method=True)
            return _call(name, (target, *self.arguments(given, depth, bound)), column)
        trees = _trees(given[0]) if given else []
        variable = _bare_name(trees[0]) if trees else None
        if variable is None or len(trees) not in ((2, 3) if name == "map" else (2,)):
            raise CompileError(
                f"{name} takes a variable and an expression: list.{name}(x, …)", column=column
            )
        *where, body = (self.build(part, depth, bound | {variable}) for part in trees[1:])
        macro = cast("nodes.Macro", name)
        return nodes.Comprehension(column, macro, target, variable, (*where, None)[0], body)


_HANDLERS: dict[str, Callable[[Builder, Tree[Token], int, Bound], nodes.Node]] = {
    "expr": Builder.ternary,
    "conditionalor": Builder.logic,
    "conditionaland": Builder.logic,
    "relation": Builder.chain,
    "addition": Builder.chain,
    "multiplication": Builder.chain,
    "unary": Builder.unary,
    "literal": Builder.literal,
    "ident": Builder.variable,
    "dot_ident": Builder.variable,
    "list_lit": Builder.list_of,
    "map_lit": Builder.map_of,
    "member_dot": Builder.select,
    "member_index": Builder.index,
    "ident_arg": Builder.function,
    "dot_ident_arg": Builder.function,
    "member_dot_arg": Builder.method,
}


def _call(name: str, arguments: tuple[nodes.Node, ...], column: int | None) -> nodes.Node:
    match name, arguments:
        case "default", (value, fallback):
            return nodes.Default(column, value, fallback)
        case "has", (nodes.Select() | nodes.Index() as target,):
            return nodes.Has(column, target)
        case "has", _:
            raise CompileError("has needs a member: has(a.b)", column=column)
    return nodes.Call(column, name, arguments)


def _count(given: list[Tree[Token]]) -> int:
    return len(given[0].children) if given else 0


def _first_that_speaks(tree: Tree[Token], silent: frozenset[str]) -> Tree[Token]:
    while len(tree.children) == 1 and tree.data in silent:
        tree = _trees(tree)[0]
    return tree


def _bare_name(tree: Tree[Token]) -> str | None:
    """The name that an expression is, if it is nothing but a name (not even in brackets)."""
    tree = _first_that_speaks(tree, _LEVELS)
    return str(tree.children[0]) if tree.data == "ident" else None


def _trees(tree: Tree[Token]) -> list[Tree[Token]]:
    return cast("list[Tree[Token]]", tree.children)


def _column(tree: Tree[Token]) -> int | None:
    start = getattr(tree.meta, "start_pos", None)
    return None if start is None else start + 1
