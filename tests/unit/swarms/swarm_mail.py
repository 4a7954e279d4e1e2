"""Mail, nodes and contexts for tests of swarms."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from chalicelib.core.swarms.model import (
    AgentSpec,
    Backend,
    Mail,
    Node,
    NodeKind,
    NodeLife,
    NodeState,
    ObjectSpec,
)
from chalicelib.core.swarms.ports import TurnContext

NOW = "2026-03-18T09:00:00.000Z"


def a_mail(
    content: Any = "hello",
    *,
    sender: str | None = "writer",
    type: str = "direct",
    correlation: str | None = None,
    id: str = "mail_1",
) -> Mail:
    kind = "task" if sender is None else "message"
    return Mail(1, id, kind, type, sender, content, NOW, correlation)


def an_agent(
    backend: str = "mock",
    *,
    targets: tuple[str, ...] = ("writer",),
    config: Mapping[str, Any] | None = None,
    model: str | None = None,
    endpoint: str | None = None,
    presets: tuple[str, ...] = (),
    **options: Any,
) -> Node:
    spec = AgentSpec(
        "coder",
        Backend(backend, options),
        model=model,
        endpoint=endpoint,
        presets=presets,
        config=config or {},
    )
    return Node("coder", NodeKind.AGENT, spec, targets)


def an_object(handler: str, *, targets: tuple[str, ...] = ("writer",), **config: Any) -> Node:
    return Node("thing", NodeKind.OBJECT, ObjectSpec("thing", handler, config=config), targets)


def a_context(
    node: Node,
    memory: Mapping[str, Any] | None = None,
    *,
    attempts: int = 1,
    skills: tuple[tuple[str, str], ...] = (),
    now: str = NOW,
) -> TurnContext:
    life = NodeLife(
        name=node.name,
        kind=node.kind,
        state=NodeState.WORKING,
        incarnation=1,
        session_id="session",
        started_at=NOW,
        attempts=attempts,
        memory=memory or {},
    )
    return TurnContext(
        org="org_acme",
        swarm="house",
        node=node,
        life=life,
        skills=skills,
        now=now,
        seconds=60.0,
    )
