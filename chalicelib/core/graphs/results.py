"""What a node's step has given, as graphs know it: its `result`."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from chalicelib.core.dialects import S1_OF_S2
from chalicelib.core.plan import Plan


def result_of(plan: Plan, name: str, output: Any) -> Any:
    """The result of a step of that name. A child run's end is told in S2's words, since any workflow
    may be the child; everything else is stored as the result that it is."""
    step = plan.step(name)
    if step.node != "trigger-workflow" or not isinstance(output, Mapping):
        return output
    if "execution_id" not in output:
        return output
    return {
        "runId": output["execution_id"],
        "status": S1_OF_S2.get(str(output.get("status")), "running"),
        "result": output.get("outputs"),
    }
