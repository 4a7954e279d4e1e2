"""All operations on swarms in one: what routes and sockets are given."""

from __future__ import annotations

from dataclasses import dataclass

from chalicelib.core.swarms.lifecycle import Lifecycle
from chalicelib.core.swarms.mutate import Mutations
from chalicelib.core.swarms.tasks import Tasks


@dataclass(frozen=True, slots=True)
class Manager(Lifecycle, Mutations, Tasks):
    """Implements `manager_port.SwarmManager`: swarms as wholes, their changes, what agents are given."""
