"""Inputs of a run."""

from __future__ import annotations

from typing import Any

import pytest

from chalicelib.core.definitions.inputs import check_inputs
from chalicelib.core.errors import Invalid
from chalicelib.core.plan import InputSpec

SPECS = (
    InputSpec("city", "string"),
    InputSpec("days", "number", default=3, has_default=True),
    InputSpec("dry_run", "boolean", default=False, has_default=True),
    InputSpec("nothing", "string", default="", has_default=True),
)


def test_defaults_fill_what_is_not_given() -> None:
    assert check_inputs(SPECS, {"city": "Bern", "days": 1.5}) == {
        "city": "Bern",
        "days": 1.5,
        "dry_run": False,
        "nothing": "",
    }


def test_every_problem_is_told_at_once() -> None:
    with pytest.raises(Invalid, match="5 problems") as refusal:
        check_inputs(SPECS, {"days": True, "dry_run": 0, "nothing": None, "dayz": 1})
    found = {problem.location: problem.message for problem in refusal.value.problems}
    assert found == {
        "inputs.dayz": "unknown input `dayz`; did you mean `days`?",
        "inputs.city": "is missing",
        "inputs.days": "must be a number",
        "inputs.dry_run": "must be a boolean",
        "inputs.nothing": "must be a string",
    }


@pytest.mark.parametrize("value", [float("nan"), float("inf"), "3", [3], None])
def test_what_is_no_number_is_refused(value: Any) -> None:
    with pytest.raises(Invalid, match="1 problem"):
        check_inputs([InputSpec("n", "number")], {"n": value})


def test_a_default_that_is_null_is_a_default() -> None:
    assert check_inputs([InputSpec("a", default=None, has_default=True)], {}) == {"a": None}
