"""The sockets as an AsyncAPI 3.0 document, built from what handles their frames: there is no second
list.

Requests and their roles come from `workers.socket_requests`, events from `core.runs.event_kinds`,
codes from the kinds of errors, paths from `workers.socket_events`. Swarms' socket is in
`asyncapi_swarms`.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any, Final

from chalicelib import asyncapi_swarms
from chalicelib.core.dialects import S0
from chalicelib.core.runs.event_kinds import KINDS
from chalicelib.workers.socket_events import RUNS_PATH
from chalicelib.workers.socket_requests import REQUESTS

Schema = Mapping[str, Any]

_ID: Final[Schema] = {
    "type": "string",
    "minLength": 1,
    "maxLength": 128,
    "description": "The client's name of this request; every frame that answers it has it.",
}
_EVENTS: Final = ("event", "done", "error")
_STREAMING: Final = {"workflow.run", "model.method.run", "run.attach"}
_SUMMARIES: Final[Mapping[str, str]] = {
    "workflow.run": "Start a run of a workflow and follow it",
    "model.method.run": "Start a run of a model's method and follow it",
    "run.attach": "Follow a run from a number on",
    "cancel": "Cancel a request of this socket, or a run; its own stream tells",
    "workflow.run.search": "Find runs",
}
_EXAMPLES: Final[Mapping[str, Mapping[str, Any]]] = {
    "workflow.run": {"workflowIdOrName": "greet", "inputs": {"who": "Ada"}},
    "model.method.run": {"modelIdOrName": "ticket-api", "methodName": "request", "inputs": {}},
    "run.attach": {"runId": "run_01M809R606DKZ0RSWTHQ57HDXA", "afterSeq": 3},
    "cancel": {"id": "2"},
    "workflow.run.search": {"workflow": "greet", "limit": 1},
}


def document(codes: Iterable[str], *, version: str) -> dict[str, Any]:
    """The whole document as plain JSON. `codes` are the slugs of errors. Raises KeyError for a
    request that has no summary or example here."""
    messages = {**_requests(), **_answers(sorted({slug.replace("-", "_") for slug in codes}))}
    runs = RUNS_PATH.strip("/")
    channels = {
        runs: {
            "address": RUNS_PATH,
            "description": "Opened with an API token. A socket lives for two hours at most.",
            "messages": {
                name: {"$ref": f"#/components/messages/{name}"} for name in sorted(messages)
            },
            "bindings": {"ws": {"method": "GET", "query": _HANDSHAKE, "bindingVersion": "0.1.0"}},
        },
        asyncapi_swarms.CHANNEL: asyncapi_swarms.channel(),
    }
    return {
        "asyncapi": "3.0.0",
        "info": {
            "title": "Runyard sockets",
            "version": version,
            "description": "Start, follow, cancel and find runs; watch swarms. REST is described in "
            "/openapi.json.",
            "license": {"name": "Apache-2.0"},
        },
        "defaultContentType": "application/json",
        "servers": {
            "stage": {
                "host": "{host}",
                "protocol": "wss",
                "description": "The host that serves this document (`ws` on the local stage).",
                "variables": {"host": {"default": "localhost:8000"}},
                "security": [{"$ref": "#/components/securitySchemes/token"}],
            }
        },
        "channels": channels,
        "operations": {
            **{kind: _operation(runs, kind) for kind in sorted(REQUESTS)},
            **asyncapi_swarms.operations(),
        },
        "components": {
            "messages": {**messages, **asyncapi_swarms.messages()},
            "schemas": {kind: dict(entry.schema(kind)) for kind, entry in KINDS.items()},
            "securitySchemes": {
                "token": {
                    "type": "httpApiKey",
                    "in": "query",
                    "name": "token",
                    "description": "An API token, `name.secret`.",
                }
            },
        },
    }


_HANDSHAKE: Final[Schema] = {
    "type": "object",
    "required": ["token"],
    "properties": {"token": {"type": "string", "description": "An API token, `name.secret`."}},
}


def _operation(channel: str, kind: str) -> Mapping[str, Any]:
    here = f"#/channels/{channel}/messages"
    own = [_answer(kind)] if kind == _SEARCH else []
    replies = list(_EVENTS) if kind in _STREAMING else [*own, "error"]
    return {
        "action": "receive",
        "summary": _SUMMARIES[kind],
        "channel": {"$ref": f"#/channels/{channel}"},
        "messages": [{"$ref": f"{here}/{kind}"}],
        "reply": {
            "channel": {"$ref": f"#/channels/{channel}"},
            "messages": [{"$ref": f"{here}/{name}"} for name in replies],
        },
        "x-role": REQUESTS[kind][0].role.word,
    }


def _requests() -> Mapping[str, Any]:
    found = {}
    for kind, (model, _) in REQUESTS.items():
        payload = _without_null_defaults(model.model_json_schema())
        schema = _frame(kind, {"id": _ID, "payload": payload}, optional=("payload",))
        if payload.get("required"):
            schema["required"].append("payload")
        example = {"type": kind, "id": "1", "payload": _EXAMPLES[kind]}
        found[kind] = _message(_SUMMARIES[kind], schema, example)
    return found


def _answers(codes: list[str]) -> Mapping[str, Any]:
    events = [{"$ref": f"#/components/schemas/{kind}"} for kind in KINDS]
    error = {
        "type": "object",
        "required": ["code", "message"],
        "properties": {
            "code": {"enum": codes},
            "message": {"type": "string"},
            "errors": {"type": "array", "items": {"type": "object"}},
        },
    }
    unread = {**_ID, "type": ["string", "null"], "description": "Null where it cannot be read."}
    cancelled = {
        "kind": "cancelled",
        "runId": "run_01M809R606DKZ0RSWTHQ57HDXA",
        "status": "cancelled",
        "message": "cancelled by request",
        "at": "2026-11-22T00:15:59.789Z",
        "seq": 5,
    }
    refusal = {"code": "not_found", "message": "workflow 'greet' not found"}
    return {
        "event": _message(
            "One event of a run, in the order of its log",
            _frame("event", {"id": _ID, "event": {"oneOf": events}}),
            {"type": "event", "id": "1", "event": cancelled},
        ),
        "done": _message(
            "Nothing more comes for this request",
            _frame("done", {"id": _ID}),
            {"type": "done", "id": "1"},
        ),
        "error": _message(
            "The request was refused; the socket stays open",
            _frame("error", {"id": unread, "error": error}),
            {"type": "error", "id": "1", "error": refusal},
        ),
        _answer(_SEARCH): _message(
            "The runs that were found",
            _frame(_SEARCH, {"id": _ID, "payload": _FOUND}),
            {"type": _SEARCH, "id": "1", "payload": {"runs": []}},
        ),
    }


_SEARCH: Final = "workflow.run.search"
_FOUND: Final[Schema] = {
    "type": "object",
    "required": ["runs"],
    "properties": {
        "runs": {
            "type": "array",
            "items": {
                "type": "object",
                "required": ["runId", "workflow", "version", "status", "startedAt", "finishedAt"],
                "properties": {
                    "runId": {"type": "string"},
                    "workflow": {"type": "string"},
                    "version": {"type": "integer"},
                    "status": {"enum": sorted(set(S0.values()))},
                    "startedAt": {"type": "string"},
                    "finishedAt": {"type": ["string", "null"]},
                },
                "additionalProperties": False,
            },
        }
    },
}


def _answer(kind: str) -> str:
    """The message's name: its frames have the request's own type."""
    return f"{kind}.answer"


def _frame(
    kind: str, members: Mapping[str, Schema], *, optional: Iterable[str] = ()
) -> dict[str, Any]:
    wanted = [name for name in members if name not in set(optional)]
    return {
        "type": "object",
        "required": ["type", *wanted],
        "properties": {"type": {"const": kind}, **members},
    }


def _message(summary: str, payload: Schema, example: Mapping[str, Any]) -> Mapping[str, Any]:
    return {"summary": summary, "payload": payload, "examples": [{"payload": example}]}


def _without_null_defaults(schema: dict[str, Any]) -> dict[str, Any]:
    """Pydantic's schema without `default: null` and titles, which say nothing."""
    members = {
        name: {k: v for k, v in one.items() if k != "title" and not (k == "default" and v is None)}
        for name, one in schema.get("properties", {}).items()
    }
    kept = {name: value for name, value in schema.items() if name != "title"}
    return {**kept, "properties": members}
