"""Walks the nodes over one context.

Why not `celpy`'s evaluator: it has no budget, copies every name for every element of a macro,
converts the whole context first, lets errors live on inside maps, and prints the context, secrets
included, into its messages. Its grammar is good, so the text is parsed by it.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import Any

from chalicelib.core.expressions import nodes
from chalicelib.core.expressions.errors import (
    EvaluationError,
    ExpressionError,
    MissingValue,
)
from chalicelib.core.expressions.functions import FUNCTIONS
from chalicelib.core.expressions.meter import Meter
from chalicelib.core.expressions.operators import (
    arithmetic,
    contained,
    indexed,
    negate,
    selected,
)
from chalicelib.core.expressions.values import (
    Value,
    a_kind,
    compare,
    equal,
    key_value,
    kind,
    map_key,
)

Scope = dict[str, Value]


def evaluate(root: nodes.Node, context: Mapping[str, Value], meter: Meter) -> Value:
    """The value of a tree. Raises EvaluationError and ExpressionLimit, with the column.

    Also RecursionError, from comparing data that is nested very deeply.
    """
    return _Evaluator(context, meter).value(root, {})


class _Evaluator:
    def __init__(self, context: Mapping[str, Value], meter: Meter) -> None:
        self.context = context
        self.meter = meter

    def value(self, node: nodes.Node, scope: Scope) -> Value:
        """The value of one node; `scope` holds the variables of the macros around it."""
        self.meter.spend()
        try:
            return _HANDLERS[type(node)](self, node, scope)
        except ExpressionError as error:
            if error.column is None:
                error.column = node.column
            raise

    def literal(self, node: nodes.Literal, scope: Scope) -> Value:
        return node.value

    def variable(self, node: nodes.Variable, scope: Scope) -> Value:
        if node.bound:
            return scope[node.name]
        if node.name not in self.context:
            raise MissingValue(f"there is no {node.name} here")
        return self.context[node.name]

    def select(self, node: nodes.Select, scope: Scope) -> Value:
        operand = self.value(node.operand, scope)
        if type(operand) is dict and node.member in operand:
            return operand[node.member]
        return selected(operand, node.member, nodes.describe(node.operand))

    def index(self, node: nodes.Index, scope: Scope) -> Value:
        operand = self.value(node.operand, scope)
        return indexed(operand, self.value(node.index, scope), nodes.describe(node.operand))

    def call(self, node: nodes.Call, scope: Scope) -> Value:
        arguments = [self.value(argument, scope) for argument in node.arguments]
        return FUNCTIONS[node.name].call(self.meter, *arguments)

    def list_of(self, node: nodes.ListOf, scope: Scope) -> Value:
        return [self.value(item, scope) for item in node.items]

    def map_of(self, node: nodes.MapOf, scope: Scope) -> Value:
        found: dict[Value, Value] = {}
        for key_node, value_node in node.members:
            key = map_key(self.value(key_node, scope))
            if key in found:
                raise EvaluationError("a key twice in one map", column=key_node.column)
            found[key] = self.value(value_node, scope)
        return found

    def unary(self, node: nodes.Unary, scope: Scope) -> Value:
        operand = self.value(node.operand, scope)
        return negate(operand) if node.operator == "-" else not self.truth(operand, "!")

    def chain(self, node: nodes.Chain, scope: Scope) -> Value:
        left = self.value(node.first, scope)
        for operator, operand in node.rest:
            right = self.value(operand, scope)
            match operator:
                case "==":
                    left = equal(left, right, self.meter)
                case "!=":
                    left = not equal(left, right, self.meter)
                case "in":
                    left = contained(left, right, self.meter)
                case "<" | "<=" | ">" | ">=":
                    left = compare(left, right, operator, self.meter)
                case _:
                    left = arithmetic(operator, left, right, self.meter)
        return left

    def logic(self, node: nodes.Logic, scope: Scope) -> bool:
        sign = "||" if node.decider else "&&"
        return self.decide(node.decider, ((operand, scope) for operand in node.operands), sign)

    def decide(
        self, decider: bool, operands: Iterable[tuple[nodes.Node, Scope]], sign: str
    ) -> bool:
        """Whether an operand is `decider`; one that is wins over errors in others, as in CEL."""
        failure: EvaluationError | None = None
        for operand, scope in operands:
            try:
                if self.truth(self.value(operand, scope), sign) is decider:
                    return decider
            except EvaluationError as error:
                failure = failure or error
        if failure:
            raise failure
        return not decider

    def ternary(self, node: nodes.Ternary, scope: Scope) -> Value:
        chosen = self.truth(self.value(node.condition, scope), "?:")
        return self.value(node.then if chosen else node.otherwise, scope)

    def comprehension(self, node: nodes.Comprehension, scope: Scope) -> Value:
        target = self.value(node.target, scope)
        match kind(target):
            case "list":
                elements = target
            case "map":
                self.meter.reserve_items(len(target))
                elements = [key_value(key) for key in target]
            case _:
                raise EvaluationError(f"{node.macro} needs a list or a map, not {a_kind(target)}")
        # One scope for all elements: nothing keeps it beyond its turn.
        inner = dict(scope)

        def each() -> Iterator[Value]:
            for element in elements:
                self.meter.spend()
                inner[node.variable] = element
                yield element

        def holds(condition: nodes.Node) -> bool:
            return self.truth(self.value(condition, inner), node.macro)

        match node.macro:
            case "map":
                self.meter.reserve_items(len(elements))
                where = node.where
                return [
                    self.value(node.body, inner) for _ in each() if where is None or holds(where)
                ]
            case "filter":
                self.meter.reserve_items(len(elements))
                return [element for element in each() if holds(node.body)]
            case "exists_one":
                return sum(holds(node.body) for _ in each()) == 1
            case macro:
                pairs = ((node.body, inner) for _ in each())
                return self.decide(macro == "exists", pairs, macro)

    def has(self, node: nodes.Has, scope: Scope) -> bool:
        try:
            self.value(node.target, scope)
        except MissingValue:
            return False
        return True

    def default(self, node: nodes.Default, scope: Scope) -> Value:
        try:
            value = self.value(node.value, scope)
        except EvaluationError:
            value = None
        return self.value(node.fallback, scope) if value is None else value

    def truth(self, value: Value, sign: str) -> bool:
        if type(value) is not bool:
            raise EvaluationError(f"{sign} needs true or false, not {a_kind(value)}")
        return value


_HANDLERS: dict[type, Callable[[_Evaluator, Any, Scope], Value]] = {
    nodes.Literal: _Evaluator.literal,
    nodes.Variable: _Evaluator.variable,
    nodes.Select: _Evaluator.select,
    nodes.Index: _Evaluator.index,
    nodes.Call: _Evaluator.call,
    nodes.ListOf: _Evaluator.list_of,
    nodes.MapOf: _Evaluator.map_of,
    nodes.Unary: _Evaluator.unary,
    nodes.Chain: _Evaluator.chain,
    nodes.Logic: _Evaluator.logic,
    nodes.Ternary: _Evaluator.ternary,
    nodes.Comprehension: _Evaluator.comprehension,
    nodes.Has: _Evaluator.has,
    nodes.Default: _Evaluator.default,
}
