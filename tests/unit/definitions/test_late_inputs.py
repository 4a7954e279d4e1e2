"""Inputs that exist only where an action says so: what a model gives one of its tools."""

from __future__ import annotations

import pytest

from chalicelib.actions import registry
from tests.unit.definitions.definition_fakes import problems, read

PLACED = """
name: late
steps:
  - {{ name: a, action: transform, params: {{ {member}: {{ said: "{{{{ inputs.found }}}}" }} }} }}
"""


def test_an_expression_may_name_a_late_input_where_the_action_has_it() -> None:
    assert read(PLACED.format(member="callback")).steps[0].params == {
        "callback": {"said": "{{ inputs.found }}"}
    }


def test_elsewhere_it_is_an_unknown_input() -> None:
    assert problems(PLACED.format(member="other")) == {
        "steps[0].params.other.said": "the expression names unknown input `found`"
    }


@pytest.mark.parametrize(
    ("place", "there"),
    [
        ("tools[0].params", True),
        ("tools[12].params.a.b[1]", True),
        ("tools[0].description", False),
        ("tools[0].paramsx", False),
        ("prompt", False),
    ],
)
def test_what_a_model_gave_is_there_in_the_params_of_its_tools(place: str, there: bool) -> None:
    assert ("tool_input" in registry.catalogue(()).late_inputs("ai/completion", place)) is there
    assert registry.catalogue(()).late_inputs("transform", place) == ()
