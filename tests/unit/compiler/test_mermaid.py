"""The picture of a graph."""

from __future__ import annotations

from compiler_graphs import plan_of

from chalicelib.core.compiler.mermaid import mermaid
from chalicelib.core.plan import Plan, PlanStep


def test_a_box_for_each_step_and_an_arrow_for_each_dependency() -> None:
    assert mermaid(plan_of({"a": [], "b": ["a"]})) == (
        'flowchart TD\n    s0["a<br/>transform"]\n    s1["b<br/>transform"]\n    s0 --> s1\n'
    )


def test_a_dependency_that_others_imply_is_not_drawn() -> None:
    picture = mermaid(plan_of({"a": [], "b": ["a"], "c": ["a", "b"]}))
    assert "s0 --> s2" not in picture
    assert "s1 --> s2" in picture


def test_a_condition_is_told_and_cannot_break_the_picture() -> None:
    step = PlanStep("a", "transform", condition='inputs.x == "]);\n<b>" ' + "&& true" * 20)
    (line,) = [
        text for text in mermaid(Plan("p", (step,))).splitlines() if text.startswith("    s0")
    ]
    label = line.removeprefix('    s0(["').removesuffix('"])')
    assert label.startswith("a<br/>transform<br/>if inputs.x #61;#61; #34;#93;#41;#59; ")
    assert not set('"[](){}') & set(label)
    assert label.endswith("…")


def test_a_step_that_may_fail_has_a_dashed_border() -> None:
    step = PlanStep("a", "transform", continue_on_error=True)
    assert "class s0 mayFail" in mermaid(Plan("p", (step,)))
