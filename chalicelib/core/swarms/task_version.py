"""What runs of agents' tasks are of: one plan for all, which is stored nowhere.

A version of number 0 under the workflow name `<swarm>/<agent>`. No workflow has a slash in its name,
and a model's method, which has, counts its versions from 1. A run has all else itself: its machine in
its item, whom it is for among its inputs.
"""

from __future__ import annotations

from typing import Final

from chalicelib.core.plan import Plan, PlanStep
from chalicelib.core.runs.ports import Version
from chalicelib.core.waits import TASK

NUMBER: Final = 0
STEP: Final = "task"
"""The one step, whose params are the run's inputs as they are."""


def workflow_of(swarm: str, agent: str) -> str:
    """What the run of an agent's task is listed under."""
    return f"{swarm}/{agent}"


def task_plan() -> Plan:
    return Plan(name=STEP, steps=(PlanStep(name=STEP, action=TASK),))


def task_version(workflow: str, machine: str = "") -> Version:
    """The version that readers and workers find under that name."""
    return Version(
        workflow=workflow,
        number=NUMBER,
        content_hash="",
        machine=machine,
        plan=task_plan(),
        source={},
        created_at="",
        gates=1,
    )
