"""What S3's clients are shown of swarms, agents and objects, by REST and over the socket."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING, Any, Final

from chalicelib.core.swarms.model import (
    AgentSpec,
    LogLine,
    Node,
    NodeKind,
    NodeLife,
    NodeState,
    ObjectSpec,
    Swarm,
    SwarmEvent,
)

if TYPE_CHECKING:
    from chalicelib.core.swarms.ports import HistoryLine, SwarmDetail

_CONTAINERS: Final[Mapping[NodeState, str]] = {
    NodeState.INITIALIZING: "created",
    NodeState.IDLE: "running",
    NodeState.WORKING: "running",
    NodeState.ERROR: "dead",
    NodeState.STOPPED: "exited",
}
"""A turn has a container at most while it lasts; clients want to see one that lives with the agent."""


def line_view(swarm: Swarm) -> dict[str, Any]:
    """A swarm in a list."""
    return {
        "name": swarm.name,
        "status": swarm.status.value,
        "started_at": swarm.started_at,
        "agent_count": swarm.agent_count,
        "object_count": swarm.object_count,
    }


def detail_view(found: SwarmDetail) -> dict[str, Any]:
    """The whole swarm, agents and objects in the order of their names."""
    swarm, nodes = found.swarm, _in_order(found)
    agents = [_agent_detail(swarm, node, found) for node in nodes if node.kind is NodeKind.AGENT]
    objects = [_object_detail(node, found) for node in nodes if node.kind is NodeKind.OBJECT]
    counted = Counter(agent["state"] for agent in agents)
    config_path = swarm.config_path or None
    return {
        "name": swarm.name,
        "status": swarm.status.value,
        "started_at": swarm.started_at,
        "config_path": config_path,
        "agents": agents,
        "objects": objects,
        "agent_counts": {state.value: counted[state.value] for state in NodeState},
        "config": {
            "agent_count": len(agents),
            "object_count": len(objects),
            "topology_edges": sum(len(node.targets) for node in nodes),
        },
        "topology": topology_view(nodes),
        "file_paths": {
            "config": config_path,
            "data_dir": data_dir(swarm.name),
            "log": f".genswarms/logs/{swarm.name}.log",
        },
    }


def data_dir(swarm: str) -> str:
    """Where S3's clients expect a swarm's data. It is a name: nothing of ours is in a folder."""
    return f"~/.subzeroclaw/swarms/{swarm}"


def topology_view(nodes: Iterable[Node]) -> list[dict[str, Any]]:
    """Who may send to whom: only nodes with outgoing edges."""
    return [
        {"from": node.name, "targets": list(node.targets)}
        for node in sorted(nodes, key=lambda node: node.name)
        if node.targets
    ]


def agents_view(found: SwarmDetail) -> list[dict[str, Any]]:
    """The statuses of a swarm's agents."""
    return [
        agent_view(found.swarm.name, node, found.lives.get(node.name))
        for node in _in_order(found)
        if node.kind is NodeKind.AGENT
    ]


def agent_view(swarm: str, node: Node, life: NodeLife | None) -> dict[str, Any]:
    """An agent's status. One whose life has not begun is initializing."""
    spec = node.spec
    return {
        "name": node.name,
        "swarm_name": swarm,
        "state": _state(life).value,
        "backend": spec.backend.type if spec.backend else "mock",
        "inbox_size": life.inbox if life else 0,
        "message_count": life.message_count if life else 0,
        "skills": list(spec.skills) if isinstance(spec, AgentSpec) else [],
        "started_at": life.started_at if life else None,
        "last_activity": life.last_activity if life else None,
    }


def objects_view(found: SwarmDetail) -> list[dict[str, Any]]:
    """The objects of a swarm with their states."""
    return [
        _object(node, found.lives.get(node.name))
        for node in _in_order(found)
        if node.kind is NodeKind.OBJECT
    ]


def history_view(line: HistoryLine) -> dict[str, Any]:
    """A line of an agent's history; what does not fit its type is left out."""
    shown: dict[str, Any] = {
        "type": line.type,
        "content": line.content,
        "timestamp": line.timestamp,
    }
    if line.peer is not None:
        member = "to" if line.type == "outgoing" else "from"
        shown[member] = line.peer if isinstance(line.peer, str) else list(line.peer)
    if line.message_type is not None:
        shown["message_type"] = line.message_type
    return shown


def message_view(event: SwarmEvent) -> dict[str, Any]:
    """A line of the message log, made of the event that a message was routed."""
    told = event.metadata
    return {
        "timestamp": event.timestamp,
        "swarm": event.swarm,
        "from": told.get("from"),
        "to": told.get("to"),
        "type": told.get("type", "direct"),
        "content_preview": told.get("content_preview", ""),
    }


def event_view(event: SwarmEvent) -> dict[str, Any]:
    """An event of the durable log."""
    return {
        "id": event.id,
        "timestamp": event.timestamp,
        "level": event.level,
        "category": event.category,
        "swarm": event.swarm,
        "agent": event.agent,
        "event_type": event.event_type,
        "message": event.message,
        "metadata": dict(event.metadata),
    }


def log_view(line: LogLine) -> dict[str, Any]:
    """A line of an agent's conversation."""
    return {
        "session_id": line.session_id,
        "timestamp": line.timestamp,
        "role": line.role,
        "content": line.content,
    }


def _in_order(found: SwarmDetail) -> list[Node]:
    return sorted(found.nodes, key=lambda node: node.name)


def _agent_detail(swarm: Swarm, node: Node, found: SwarmDetail) -> dict[str, Any]:
    life = found.lives.get(node.name)
    shown = agent_view(swarm.name, node, life)
    folder = f"{data_dir(swarm.name)}/{node.name}/skills"
    paused = life is not None and life.paused
    return {
        **shown,
        "backend_type": shown["backend"],
        "model": node.spec.model if isinstance(node.spec, AgentSpec) else None,
        "skills_paths": [f"{folder}/{_file_name(skill)}" for skill in shown["skills"]],
        "container_name": f"szc-{swarm.name}-{node.name}",
        "container_status": "paused" if paused else _CONTAINERS[_state(life)],
    }


def _file_name(skill: str) -> str:
    return f"{skill.rsplit('/', 1)[-1].removesuffix('.md')}.md"


def _object(node: Node, life: NodeLife | None) -> dict[str, Any]:
    handler = node.spec.handler if isinstance(node.spec, ObjectSpec) else ""
    return {"name": node.name, "state": _state(life).value, "handler": handler or None}


def _object_detail(node: Node, found: SwarmDetail) -> dict[str, Any]:
    from chalicelib.core.swarms.objects.registry import source_file

    shown = _object(node, found.lives.get(node.name))
    handler = shown["handler"]
    return {
        **shown,
        "handler_module": handler,
        "source_file": source_file(handler) if handler else None,
    }


def _state(life: NodeLife | None) -> NodeState:
    return life.state if life else NodeState.INITIALIZING
