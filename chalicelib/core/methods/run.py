"""Running a method of a model: a run of one step, whose inputs are the step's parameters."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from typing import Any

from chalicelib.core.definitions.locations import member, under
from chalicelib.core.errors import Invalid, NotBuilt, NotFound, Problem
from chalicelib.core.methods.apply import ARGUMENTS
from chalicelib.core.methods.model import ModelStore, workflow_of
from chalicelib.core.methods.types import MethodCatalogue, arguments_for, methods_of
from chalicelib.core.runs.model import METHOD_RUN
from chalicelib.core.runs.ports import VersionStore
from chalicelib.core.runs.repeats import Started, hash_of
from chalicelib.core.runs.start import Starter


@dataclass(frozen=True, slots=True)
class MethodStarter:
    models: ModelStore
    versions: VersionStore
    catalogue: MethodCatalogue
    planned_actions: Collection[str]
    starter: Starter

    def start(
        self,
        org: str,
        name: str,
        method: str,
        *,
        inputs: Mapping[str, Any],
        trigger: Mapping[str, Any],
        principal: str,
        idempotency_key: str | None = None,
        run_id: str | None = None,
    ) -> Started:
        """Start one method of a model as it is now (S0).

        The run's inputs are the model's global arguments that the method takes, with `inputs` over
        them. They are checked completely, and kept with the run: what becomes of the model later
        does not touch it.

        Raises NotFound for an unknown model or method, NotBuilt, Invalid with every problem, and
        what `Starter.begin` raises.
        """
        model = self.models.get(org, name)
        if model is None or model.deleted:
            raise NotFound(f"model {name[:64]!r} not found")
        methods = methods_of(model.type, self.catalogue.names())
        version = None
        if method in methods and method in model.methods:
            version = self.versions.version(org, workflow_of(name, method), model.version)
        if version is None:
            raise self._refusal(model.type, method, methods)
        action = methods[method]
        params = {**arguments_for(self.catalogue, action, model.global_arguments), **inputs}
        self._check(action, params, inputs)
        return self.starter.begin(
            org,
            version,
            params,
            request_hash=hash_of([version.workflow, inputs]),
            trigger=trigger,
            principal=principal,
            idempotency_key=idempotency_key,
            run_id=run_id,
            run_type=METHOD_RUN,
        )

    def _check(self, action: str, params: Mapping[str, Any], inputs: Mapping[str, Any]) -> None:
        problems = [
            Problem(_place(problem.location, params, inputs), problem.message)
            for problem in self.catalogue.check_literal(action, params)
        ]
        missing = [
            Problem(_place(problem.location, params, inputs), problem.message)
            for problem in self.catalogue.not_built(action, params)
        ]
        if missing:
            raise NotBuilt("The method uses what is not built yet.", missing)
        if problems:
            count = len(problems)
            raise Invalid(f"The inputs have {count} problem{'s' if count > 1 else ''}.", problems)

    def _refusal(
        self, model_type: str, method: str, methods: Mapping[str, str]
    ) -> NotFound | NotBuilt:
        if method in methods:
            return NotFound(f"method {method!r} is newer than this model: apply the model again")
        if method in methods_of(model_type, self.planned_actions):
            return NotBuilt(f"method {method!r} of {model_type!r} is not built yet")
        known = ", ".join(methods)
        return NotFound(f"{model_type!r} has no method {method[:64]!r}; its methods are {known}")


def _place(location: str, params: Mapping[str, Any], inputs: Mapping[str, Any]) -> str:
    """Where the client finds it: among its inputs, or among the model's global arguments."""
    for name in params:
        place = member("", name)
        rest = location[len(place) :]
        if location.startswith(place) and rest[:1] in ("", ".", "[") and name not in inputs:
            return under(ARGUMENTS, location)
    return under("inputs", location)
