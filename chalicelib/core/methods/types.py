"""Types of models are the families of actions: `http` offers `request` because of `http/request`.

An action without a family, such as `transform`, is a type of its own with the one method `run`.
What waits in a workflow (`core.waits`) is of use in a workflow only.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from typing import Any, Final, Protocol

from chalicelib.core.errors import Problem
from chalicelib.core.plan import Plan, PlanStep
from chalicelib.core.waits import PHASES

ONLY_METHOD: Final = "run"
STEP: Final = "method"
"""The one step of a method run. One name for all, so that all share one state machine."""


class MethodCatalogue(Protocol):
    """What this version's actions are, as models need to know it."""

    def names(self) -> Collection[str]: ...

    def check_literal(self, action: str, params: Mapping[str, Any]) -> list[Problem]:
        """All that is wrong with parameters as they are; locations are relative to them."""

    def members(self, action: str) -> Sequence[str] | None:
        """The parameters an action takes; None where it takes any."""

    def not_built(self, action: str, params: Mapping[str, Any]) -> list[Problem]:
        """Documented parameters that this version does not have."""


def split_action(action: str) -> tuple[str, str]:
    """(type, method) of an action's name."""
    model_type, _, method = action.partition("/")
    return model_type, method or ONLY_METHOD


def methods_of(model_type: str, actions: Iterable[str]) -> dict[str, str]:
    """method → action of one type, in order; empty for an unknown type."""
    found = {split_action(action): action for action in sorted(set(actions) - PHASES.keys())}
    return {method: action for (kind, method), action in found.items() if kind == model_type}


def method_plan(action: str) -> Plan:
    """The plan of a method: one step, whose params are the run's inputs as they are."""
    return Plan(name=STEP, steps=(PlanStep(name=STEP, action=action),))


def arguments_for(
    catalogue: MethodCatalogue, action: str, arguments: Mapping[str, Any]
) -> dict[str, Any]:
    """The global arguments that concern one method: those that its action takes."""
    members = catalogue.members(action)
    return {name: value for name, value in arguments.items() if members is None or name in members}
