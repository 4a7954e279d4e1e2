"""Examples for the OpenAPI document, of one story: a swarm in which a report is researched, written and
reviewed."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

_AT: Final = "2026-11-22T00:15:59.494Z"
_PATH: Final = "examples/report.exs"
_AGENT: Final[Mapping[str, Any]] = {
    "name": "writer",
    "swarm_name": "report",
    "state": "idle",
    "backend": "mock",
    "inbox_size": 0,
    "message_count": 2,
    "skills": ["writing"],
    "started_at": _AT,
    "last_activity": "2026-11-22T00:16:09.812Z",
}
_OBJECT: Final[Mapping[str, Any]] = {"name": "rounds", "state": "idle", "handler": "counter"}
_TOPOLOGY: Final = [
    {"from": "researcher", "targets": ["writer"]},
    {"from": "writer", "targets": ["reviewer", "rounds"]},
]
_EVENT: Final[Mapping[str, Any]] = {
    "id": "evt_01M809R606DKZ0RSWTHQ57HDXA",
    "timestamp": _AT,
    "level": "info",
    "category": "routing",
    "swarm": "report",
    "agent": "researcher",
    "event_type": "message_routed",
    "message": "researcher → writer",
    "metadata": {
        "from": "researcher",
        "to": "writer",
        "type": "direct",
        "content_preview": "Three sources agree.",
    },
}
_CONFIG: Final[Mapping[str, Any]] = {
    "name": "report",
    "agents": [
        {"name": "researcher", "backend": "mock"},
        {"name": "writer", "backend": "mock", "skills": ["writing"]},
        {"name": "reviewer", "backend": "mock"},
    ],
    "objects": [{"name": "rounds", "handler": "counter"}],
    "topology": [["researcher", "writer"], ["writer", "reviewer"], ["writer", "rounds"]],
}
_SKILL: Final[Mapping[str, Any]] = {
    "name": "writing",
    "path": "skills/writing.md",
    "relative_path": "writing.md",
    "category": "default",
}

SWARM_EXAMPLES: Final[Mapping[str, Any]] = {
    "AddedNode": {"status": "added", "name": "reviewer"},
    "AgentEventPage": {"events": [_EVENT], "count": 1, "swarm": "report", "agent": "researcher"},
    "AgentHistory": {
        "history": [
            {
                "type": "outgoing",
                "content": "A first draft.",
                "timestamp": _AT,
                "to": "reviewer",
                "message_type": "direct",
            },
            {
                "type": "incoming",
                "content": "Three sources agree.",
                "timestamp": _AT,
                "from": "researcher",
                "message_type": "direct",
            },
        ]
    },
    "AgentLogs": {
        "logs": [
            {
                "session_id": "ses_01M809R606DKZ0RSWTHQ57HDXA",
                "timestamp": _AT,
                "role": "user",
                "content": "Three sources agree.",
            }
        ]
    },
    "AgentScale": {"count": 3},
    "AgentSkills": {
        "skills": [
            {"name": "writing.md", "content": "You are writer.", "path": "skills/writing.md"}
        ]
    },
    "ApiDescriptor": {
        "name": "Runyard",
        "version": "1.0.0",
        "description": "Starts, watches, streams and stops workflow runs and agent swarms.",
        "endpoints": {"swarms": "/api/swarms"},
        "websocket": {
            "url": "/swarm",
            "channel": "swarm:{swarm_name}",
            "events": {"client_to_server": ["send_task"], "server_to_client": ["agent_output"]},
        },
        "documentation": {"swarms": "Swarms of agents: start, stop, pause, change."},
    },
    "ChangedTopology": {"status": "ok", "added": 1, "removed": 0},
    "CleanedSwarms": {"status": "cleaned", "swarms_removed": 2, "events_cleared": False},
    "ClearedOverlay": {"status": "cleared", "swarm": "report"},
    "ConfigToValidate": {"config": _CONFIG},
    "ConfiguredObject": {"status": "updated", "object": "rounds", "keys": ["step"]},
    "CreatedSwarm": {"status": "created", "swarm_name": "report"},
    "EventPage": {
        "events": [_EVENT],
        "count": 1,
        "query": {"level": "info", "swarm": "report", "limit": 100},
    },
    "NewSwarm": {"config": _CONFIG},
    "NewSwarmAgent": {
        "name": "reviewer",
        "backend": {"type": "docker", "image": "code"},
        "incoming": ["writer"],
    },
    "NewSwarmObject": {"name": "rounds", "handler": "counter", "incoming": ["writer"]},
    "ObjectState": {"object": "rounds", "state": {"count": 2, "last_from": "writer"}},
    "PausedSwarm": {"status": "paused", "swarm_name": "report", "containers_paused": 3},
    "RemovedNode": {"status": "removed", "name": "reviewer"},
    "RestartedAgent": {"status": "restarted", "agent": "writer"},
    "RestartedSwarm": {"status": "restarted", "swarm_name": "report", "delete_data": False},
    "ResumedSwarm": {"status": "resumed", "swarm_name": "report", "containers_resumed": 3},
    "RoutedMessage": {
        "status": "routed",
        "from": "researcher",
        "to": "writer",
        "swarm": "report",
    },
    "ScaledGroup": {
        "status": "ok",
        "result": {"added": ["writer_1", "writer_2"], "removed": ["writer"], "failed": []},
    },
    "SentTask": {"status": "sent", "agent": "researcher", "task": "Summarise the results."},
    "SkillContent": {"content": "You are {{agent_name}}."},
    "SkillDetail": {
        "name": "writing",
        "path": "skills/writing.md",
        "content": "You are {{agent_name}}.",
        "size": 23,
    },
    "SkillList": {"skills": [_SKILL], "base_path": "skills", "count": 1},
    "StoppedSwarm": {"status": "stopped", "swarm_name": "report", "config_path": _PATH},
    "SwarmAgent": _AGENT,
    "SwarmAgentList": {"agents": [_AGENT]},
    "SwarmDetails": {
        "name": "report",
        "status": "running",
        "started_at": _AT,
        "config_path": _PATH,
        "agents": [
            {
                **_AGENT,
                "backend_type": "mock",
                "model": None,
                "skills_paths": ["~/.subzeroclaw/swarms/report/writer/skills/writing.md"],
                "container_name": "szc-report-writer",
                "container_status": "running",
            }
        ],
        "objects": [
            {
                **_OBJECT,
                "handler_module": "counter",
                "source_file": "chalicelib/core/swarms/objects/counter.py",
            }
        ],
        "agent_counts": {"initializing": 0, "idle": 1, "working": 0, "error": 0, "stopped": 0},
        "config": {"agent_count": 1, "object_count": 1, "topology_edges": 3},
        "topology": _TOPOLOGY,
        "file_paths": {
            "config": _PATH,
            "data_dir": "~/.subzeroclaw/swarms/report",
            "log": ".genswarms/logs/report.log",
        },
    },
    "SwarmEventPage": {"events": [_EVENT], "count": 1, "swarm": "report"},
    "SwarmList": {
        "swarms": [
            {
                "name": "report",
                "status": "running",
                "started_at": _AT,
                "agent_count": 3,
                "object_count": 1,
            }
        ]
    },
    "SwarmMessage": {"from": "researcher", "to": "writer", "content": "Three sources agree."},
    "SwarmMessageLog": {
        "messages": [
            {
                "timestamp": _AT,
                "swarm": "report",
                "from": "researcher",
                "to": "writer",
                "type": "direct",
                "content_preview": "Three sources agree.",
            }
        ]
    },
    "SwarmObjectList": {"objects": [_OBJECT]},
    "SwarmOverlay": {
        "swarm": "report",
        "events": [
            {
                "op": "scale_agent_group",
                "payload": {"base_name": "writer", "target_count": 2},
            }
        ],
    },
    "SwarmTask": {"task": "Summarise the results."},
    "SwarmTopology": {"topology": _TOPOLOGY},
    "TopologyChange": {"add": [["reviewer", "writer"]], "remove": []},
    "UpdatedSkill": {"status": "updated", "skill": "writing"},
    "ValidConfig": {
        "valid": True,
        "config": {
            "name": "report",
            "agent_count": 1,
            "object_count": 0,
            "topology_edges": 0,
            "agents": [{"name": "writer", "backend": "mock", "skills": [], "model": None}],
            "objects": [],
            "topology": [],
        },
    },
}
