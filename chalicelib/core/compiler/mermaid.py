"""A plan as a picture: Mermaid's flowchart language, which many viewers of Markdown draw."""

from __future__ import annotations

from chalicelib.core.compiler.order import Order, bits
from chalicelib.core.plan import Plan, PlanStep

_LONGEST_CONDITION = 60


def mermaid(plan: Plan) -> str:
    """The graph of a plan: a box per step, an arrow per dependency that no other one implies.

    A step with a condition has round ends, one that runs for each item of a list double sides, one
    after whose failure the workflow goes on a dashed border. Needs a plan without cycles.
    """
    order = Order.of({step.name: step.depends_on for step in plan.steps})
    lines = ["flowchart TD"]
    lines += [f"    s{number}{_box(step)}" for number, step in enumerate(plan.steps)]
    for number, before in enumerate(order.before):
        implied = 0
        for other in bits(before):
            implied |= order.before[other]
        lines += [f"    s{other} --> s{number}" for other in bits(before & ~implied)]
    dashed = [f"s{n}" for n, step in enumerate(plan.steps) if step.continue_on_error]
    if dashed:
        lines.append("    classDef mayFail stroke-dasharray: 5 5")
        lines.append(f"    class {','.join(dashed)} mayFail")
    return "\n".join(lines) + "\n"


def _box(step: PlanStep) -> str:
    label = f"{_text(step.name)}<br/>{_text(step.action)}"
    if step.for_each is not None:
        label += f"<br/>for each of {_shortened(step.for_each.items)}"
    if step.condition is not None:
        label += f"<br/>if {_shortened(step.condition)}"
    if step.for_each is not None:
        return f'[["{label}"]]'
    return f'["{label}"]' if step.condition is None else f'(["{label}"])'


def _shortened(expression: str) -> str:
    text = " ".join(expression.split())
    if len(text) > _LONGEST_CONDITION:
        text = text[: _LONGEST_CONDITION - 1] + "…"
    return _text(text)


def _text(text: str) -> str:
    """Text in a quoted label: whatever could end it or mean something becomes its number."""
    return "".join(
        char if char.isalnum() or char in " _-/.…" or ord(char) > 127 else f"#{ord(char)};"
        for char in text
    )
