"""The part of the AsyncAPI document that tells of Phoenix channels on `/swarm/websocket` (S3).

The frames are those of version 2; version 1 has the same members by name.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from chalicelib.core.swarms.watching import SERVER_EVENTS
from chalicelib.workers.phoenix_requests import CLIENT_EVENTS
from chalicelib.workers.socket_events import SWARMS_PATH

Schema = Mapping[str, Any]

CHANNEL: Final = SWARMS_PATH.strip("/")
_TEXT: Final[Schema] = {"type": "string"}
_REF: Final[Schema] = {"type": ["string", "null"], "maxLength": 300}
_OBJECT: Final[Schema] = {"type": "object"}
_TOPIC: Final[Schema] = {"type": "string", "pattern": "^(swarm:.+|phoenix)$"}
_FILTERS: Final[Schema] = {
    "type": "object",
    "properties": dict.fromkeys(("level", "category", "agent", "event_type"), _TEXT),
    "additionalProperties": False,
    "description": "All of them must hold; several subscriptions add up.",
}


def _payload(required: tuple[str, ...] = (), **members: Schema) -> Schema:
    return {"type": "object", "properties": members, "required": list(required)}


_CLIENT: Final[Mapping[str, tuple[str, Schema, Mapping[str, Any]]]] = {
    "phx_join": ("Watch a swarm, `swarm:{name}`", _OBJECT, {}),
    "phx_leave": ("Watch it no more; `phx_close` follows the reply", _OBJECT, {}),
    "heartbeat": ("Keep the socket open; on the topic `phoenix`", _OBJECT, {}),
    "send_task": (
        "Send a task to an agent",
        _payload(("agent", "task"), agent=_TEXT, task=_TEXT),
        {"agent": "researcher", "task": "Summarize the latest results."},
    ),
    "get_status": ("What `GET /api/swarms/{name}` answers", _OBJECT, {}),
    "subscribe_logs": (
        "The logs of one agent or of all: the last 50 lines, then each new one",
        _payload(agent=_TEXT),
        {"agent": "researcher"},
    ),
    "unsubscribe_logs": ("No more logs", _OBJECT, {}),
    "subscribe_events": (
        "Events that the filters let through: the last 50, then each new one",
        _payload(filters=_FILTERS),
        {"filters": {"level": "error"}},
    ),
    "unsubscribe_events": ("No more events", _OBJECT, {}),
}
_SERVER: Final[Mapping[str, str]] = {
    "agent_output": "An agent said something",
    "agent_status": "An agent's state is another one",
    "message_routed": "A message was delivered",
    "message_broadcast": "A message was delivered to several",
    "agent_added": "There is one agent more",
    "agent_removed": "There is one agent less",
    "topology_changed": "Edges were added or removed",
    "swarm_started": "The swarm runs",
    "swarm_stopped": "The swarm was stopped",
    "log_entry": "A line of a log that was subscribed to",
    "event": "An event that was subscribed to",
}


def channel() -> Mapping[str, Any]:
    """The channel with its messages. Raises KeyError for a message that has no summary here."""
    names = [*_client_names(), "phx_reply", "phx_close", *SERVER_EVENTS]
    query = {
        "type": "object",
        "required": ["token"],
        "properties": {
            "token": {"type": "string", "description": "An API token or that of a login."},
            "vsn": {"type": "string", "description": "`2.0.0`; without it, version 1's frames."},
        },
    }
    return {
        "address": SWARMS_PATH,
        "description": "Phoenix channels: one topic for each swarm.",
        "messages": {
            message_name(name): {"$ref": f"#/components/messages/{message_name(name)}"}
            for name in sorted(names)
        },
        "bindings": {"ws": {"method": "GET", "query": query, "bindingVersion": "0.1.0"}},
    }


def operations() -> Mapping[str, Any]:
    """What a client may send, and the reply; the roles are those of REST."""
    here = f"#/channels/{CHANNEL.replace('/', '~1')}"
    found = {}
    for name in _client_names():
        found[f"swarm.{name}"] = {
            "action": "receive",
            "summary": _CLIENT[name][0],
            "channel": {"$ref": here},
            "messages": [{"$ref": f"{here}/messages/{message_name(name)}"}],
            "reply": {
                "channel": {"$ref": here},
                "messages": [{"$ref": f"{here}/messages/{message_name('phx_reply')}"}],
            },
            "x-role": "operator" if name == "send_task" else "viewer",
        }
    return found


def messages() -> Mapping[str, Any]:
    """Every frame of the channel."""
    found = {}
    for name in _client_names():
        summary, payload, sample = _CLIENT[name]
        topic = "phoenix" if name == "heartbeat" else "swarm:research"
        sent: Any = ["1", "1" if name == "phx_join" else "2", topic, name, sample]
        found[name] = _message(summary, _frame(name, payload), sent)
    reply = _payload(("status", "response"), status={"enum": ["ok", "error"]}, response=_OBJECT)
    answer = {"status": "error", "response": {"reason": "swarm_not_found"}}
    example: Any = ["1", "1", "swarm:research", "phx_reply", answer]
    summary = "The answer to a request; of an error, `reason` says why"
    found["phx_reply"] = _message(summary, _frame("phx_reply", reply), example)
    closed = ["1", "1", "swarm:research", "phx_close", {}]
    found["phx_close"] = _message("The topic was left", _frame("phx_close", _OBJECT), closed)
    for name in SERVER_EVENTS:
        pushed: Any = ["1", None, "swarm:research", name, {}]
        found[name] = _message(_SERVER[name], _frame(name, _OBJECT), pushed)
    return {message_name(name): one for name, one in found.items()}


def message_name(event: str) -> str:
    """The name of a frame's message in the document: other channels have an `event` too."""
    return f"swarm.{event}"


def _client_names() -> tuple[str, ...]:
    return ("phx_join", "phx_leave", "heartbeat", *CLIENT_EVENTS)


def _frame(event: str, payload: Schema) -> Schema:
    return {
        "type": "array",
        "prefixItems": [_REF, _REF, _TOPIC, {"const": event}, payload],
        "items": False,
        "minItems": 5,
    }


def _message(summary: str, payload: Schema, example: Any) -> Mapping[str, Any]:
    return {"summary": summary, "payload": payload, "examples": [{"payload": example}]}
