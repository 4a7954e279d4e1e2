"""Applying a model: check it, publish its methods' machines, store it."""

from __future__ import annotations

import difflib
import json
import re
from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal

from chalicelib.core.clock import Clock, rfc3339
from chalicelib.core.definitions.hashing import content_hash
from chalicelib.core.definitions.locations import member, under
from chalicelib.core.errors import Conflict, Invalid, NotBuilt, NotFound, Problem, TooLarge
from chalicelib.core.methods.model import (
    LONGEST_NAME,
    MOST_ARGUMENT_BYTES,
    NAME_PATTERN,
    Model,
    ModelStore,
    workflow_of,
)
from chalicelib.core.methods.types import (
    STEP,
    MethodCatalogue,
    arguments_for,
    method_plan,
    methods_of,
    split_action,
)
from chalicelib.core.plan import Plan
from chalicelib.core.runs.ports import Machines, Version

if TYPE_CHECKING:
    from chalicelib.core.compiler import Compiled

_MOST_RACES = 5
ARGUMENTS = "globalArguments"
Status = Literal["created", "updated", "unchanged"]


@dataclass(frozen=True, slots=True)
class ModelApplier:
    models: ModelStore
    machines: Machines
    catalogue: MethodCatalogue
    planned_actions: Collection[str]
    compile: Callable[[Plan], Compiled]
    clock: Clock

    def apply(
        self,
        org: str,
        name: str,
        *,
        model_type: str,
        arguments: Mapping[str, Any],
        description: str,
        principal: str,
    ) -> tuple[Model, Status]:
        """Make this the model's content (S0). Equal content makes no new version.

        As with workflows the machines come first: an apply that dies in between leaves machines
        that the next one finds again, never a method without one. Almost all methods compile to
        one and the same definition, so there are a few machines for all models together.

        Raises Invalid with every problem, NotBuilt for a type that is documented and not there
        yet, TooLarge, Conflict when others keep coming first, Unavailable.
        """
        methods = methods_of(model_type, self.catalogue.names())
        self._check(name, model_type, methods, arguments)
        content = {
            "type": model_type,
            ARGUMENTS: dict(arguments),
            "description": description,
            "methods": methods,
        }
        digest = content_hash(content)
        machines: dict[str, str] | None = None
        for _ in range(_MOST_RACES):
            known = self.models.get(org, name)
            if known is not None and not known.deleted and known.content_hash == digest:
                return known, "unchanged"
            if machines is None:
                machines = self._publish(methods)
            expected = known.version if known is not None else 0
            model = Model(
                name=name,
                type=model_type,
                global_arguments=arguments,
                description=description,
                version=expected + 1,
                methods=tuple(methods),
                content_hash=digest,
                updated_at=rfc3339(self.clock()),
                updated_by=principal,
            )
            versions = [
                _version(model, method, action, machines[method])
                for method, action in methods.items()
            ]
            if self.models.publish(org, model, versions, expected):
                return model, "created" if known is None or known.deleted else "updated"
        raise Conflict(f"model {name!r} is being applied by others again and again")

    def delete(self, org: str, name: str) -> None:
        """Delete a model; its runs go on, and stay (S0). Raises NotFound."""
        if not self.models.delete(org, name):
            raise NotFound(f"model {name[:LONGEST_NAME]!r} not found")

    def _publish(self, methods: Mapping[str, str]) -> dict[str, str]:
        """method → machine; equal definitions are published once."""
        texts = {
            method: self.compile(method_plan(action)).text for method, action in methods.items()
        }
        names = {text: self.machines.publish(STEP, text) for text in dict.fromkeys(texts.values())}
        return {method: names[text] for method, text in texts.items()}

    def _check(
        self, name: str, model_type: str, methods: Mapping[str, str], arguments: Mapping[str, Any]
    ) -> None:
        problems = []
        if len(name) > LONGEST_NAME or not re.match(NAME_PATTERN, name):
            what = f"has to match {NAME_PATTERN[:-2]}$ and have at most {LONGEST_NAME} characters"
            problems.append(Problem("name", what))
        if not methods and not methods_of(model_type, self.planned_actions):
            problems.append(Problem("type", self._unknown_type(model_type)))
        problems += _argument_problems(self.catalogue, methods, arguments)
        if problems:
            count = len(problems)
            raise Invalid(f"The model has {count} problem{'s' if count > 1 else ''}.", problems)
        missing = [] if methods else [Problem("type", f"{model_type!r} is not built yet")]
        for action in methods.values():
            for problem in self.catalogue.not_built(action, arguments):
                missing.append(Problem(under(ARGUMENTS, problem.location), problem.message))
        if missing:
            raise NotBuilt("The model is valid, but uses what is not built yet.", missing)
        try:
            size = len(json.dumps(arguments, ensure_ascii=False).encode())
        except UnicodeEncodeError as problem:
            raise Invalid(
                "The model has 1 problem.", [Problem(ARGUMENTS, "contains half a character")]
            ) from problem
        if size > MOST_ARGUMENT_BYTES:
            raise TooLarge(f"{ARGUMENTS} has {size:,} bytes; at most {MOST_ARGUMENT_BYTES:,}")

    def _unknown_type(self, model_type: str) -> str:
        types = {split_action(action)[0] for action in self.catalogue.names()}
        known = sorted(kind for kind in types if methods_of(kind, self.catalogue.names()))
        close = difflib.get_close_matches(model_type, known, n=1)
        hint = f"did you mean {close[0]!r}?" if close else f"types are {', '.join(known)}"
        return f"unknown type {model_type[:64]!r}; {hint}"


def _argument_problems(
    catalogue: MethodCatalogue, methods: Mapping[str, str], arguments: Mapping[str, Any]
) -> list[Problem]:
    """Arguments that no method takes, and values that are wrong whatever a call adds to them."""
    taken: set[str] = set()
    found: dict[Problem, None] = {}
    for action in methods.values():
        mine = arguments_for(catalogue, action, arguments)
        taken |= set(mine)
        for problem in catalogue.check_literal(action, mine):
            # What is missing, or is too little together, the call's inputs may bring.
            if any(problem.location.startswith(member("", name)) for name in mine):
                place = under(ARGUMENTS, problem.location)
                found[Problem(place, problem.message)] = None
    unknown = [] if not methods else [name for name in arguments if name not in taken]
    return [
        *(Problem(member(ARGUMENTS, name), "no method of this type takes it") for name in unknown),
        *found,
    ]


def _version(model: Model, method: str, action: str, machine: str) -> Version:
    """A method of a model's version, as the workers and readers know versions."""
    return Version(
        workflow=workflow_of(model.name, method),
        number=model.version,
        content_hash=model.content_hash,
        machine=machine,
        plan=method_plan(action),
        source={"model": model.name, "type": model.type, "method": method},
        created_at=model.updated_at,
        created_by=model.updated_by,
    )
