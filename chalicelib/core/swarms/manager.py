"""What is asked of swarms: the operations that `core.swarms.manage.Manager` offers."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Protocol

from chalicelib.core.swarms.model import Node, NodeLife, OverlayEvent, Swarm, SwarmConfig

AgentSpecLike = Any
"""`AgentSpec` or `ObjectSpec`, as the method says."""


@dataclass(frozen=True, slots=True)
class SwarmDetail:
    swarm: Swarm
    nodes: tuple[Node, ...]
    lives: Mapping[str, NodeLife]


@dataclass(frozen=True, slots=True)
class Scaled:
    added: tuple[str, ...]
    removed: tuple[str, ...]
    failed: tuple[tuple[str, str], ...] = ()
    """(name, reason)."""


class SwarmManager(Protocol):
    """What `core.swarms.manage.Manager` offers to routes and sockets.

    Everywhere: NotFound("Swarm not found"), NotFound("Agent not found"), NotFound("Object not
    found"), BadRequest with the words of contract.md (`already_exists`, `swarm_stopped`,
    `inbox_full`, names out of pattern, unknown handlers, backends that are off).
    """

    def swarms(self, org: str) -> list[Swarm]: ...
    def detail(self, org: str, name: str) -> SwarmDetail: ...
    def create(self, org: str, config: SwarmConfig, *, path: str | None) -> Swarm:
        """`path` of a file that is there; without it the seed is stored, and its path made."""

    def stop(self, org: str, name: str, *, purge: bool) -> Swarm: ...
    def pause(self, org: str, name: str) -> int: ...
    def resume(self, org: str, name: str) -> int: ...
    def restart(self, org: str, name: str, *, delete: bool) -> Swarm: ...
    def clean(self, org: str, *, everything: bool) -> int: ...
    def route(self, org: str, name: str, sender: str, to: str, content: str) -> None: ...
    def task(self, org: str, name: str, agent: str, task: str, *, principal: str) -> None: ...
    def restart_agent(self, org: str, name: str, agent: str, *, replay: bool) -> None: ...
    def add_agent(
        self,
        org: str,
        name: str,
        spec: AgentSpecLike,
        targets: Sequence[str],
        sources: Sequence[str],
    ) -> None: ...
    def remove_agent(self, org: str, name: str, agent: str) -> None: ...
    def scale(self, org: str, name: str, base: str, count: int) -> Scaled: ...
    def add_object(
        self,
        org: str,
        name: str,
        spec: AgentSpecLike,
        targets: Sequence[str],
        sources: Sequence[str],
    ) -> None: ...
    def remove_object(self, org: str, name: str, node: str) -> None: ...
    def configure_object(
        self, org: str, name: str, node: str, changes: Mapping[str, Any]
    ) -> tuple[str, ...]: ...
    def patch_topology(
        self, org: str, name: str, add: Sequence[tuple[str, str]], remove: Sequence[tuple[str, str]]
    ) -> tuple[int, int]: ...
    def overlay(self, org: str, name: str) -> list[OverlayEvent]: ...
    def clear_overlay(self, org: str, name: str) -> None: ...
    def snapshot(self, org: str, name: str) -> SwarmConfig: ...
