"""A model, and where models are kept."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final, Protocol

from chalicelib.core.runs.ports import Version

NAME_PATTERN: Final = r"^[a-z][a-z0-9-]*\Z"
LONGEST_NAME: Final = 64
MOST_ARGUMENT_BYTES: Final = 100_000


@dataclass(frozen=True, slots=True)
class Model:
    """A named type with arguments for all of its methods (S0). `version` counts its contents."""

    name: str
    type: str
    global_arguments: Mapping[str, Any]
    description: str
    version: int
    methods: tuple[str, ...]
    content_hash: str
    updated_at: str
    updated_by: str
    deleted: bool = False
    """A deleted model keeps its place, so that a new one of its name does not reuse its versions."""


class ModelStore(Protocol):
    def get(self, org: str, name: str) -> Model | None:
        """The model as it is now; a deleted one too."""

    def publish(self, org: str, model: Model, versions: Sequence[Version], expected: int) -> bool:
        """Store a model's next version and the versions of its methods, in one transaction.
        `expected` is the version that was read before (0: none). False when another came first."""

    def delete(self, org: str, name: str) -> bool:
        """Delete a model. False when there is none."""


def workflow_of(model: str, method: str) -> str:
    """What a method run is listed under; no workflow's name has a slash."""
    return f"{model}/{method}"
