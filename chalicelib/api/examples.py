"""Examples for the OpenAPI document: one of every body that a route takes or gives, by model name.

They are of one story: the workflow `greet` of the README. A test validates each against its model and
fails when a model has none.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from chalicelib.api.swarms.examples import SWARM_EXAMPLES
from chalicelib.api.v1.examples import V1_EXAMPLES

_RUN: Final = "run_01M809R606DKZ0RSWTHQ57HDXA"
_HASH: Final = "sha256:6f4c8b5e2a3d1907c5b8e4f26a1d9c3b7e5f08a2d4c6b1e9f3a7d5c8b2e4f6a1"
_BEGAN: Final = "2026-11-22T00:15:59.494Z"
_ENDED: Final = "2026-11-22T00:16:09.812Z"
_STEP: Final[Mapping[str, Any]] = {
    "name": "compose",
    "status": "completed",
    "started_at": _BEGAN,
    "completed_at": _ENDED,
    "attempts": 1,
    "error": None,
    "output": {"text": "Hello, Ada!"},
    "reused": False,
    "iterations": None,
    "execution_id": None,
    "approval_id": None,
}
_EXECUTION: Final[Mapping[str, Any]] = {
    "id": _RUN,
    "workflow": "greet",
    "version": 1,
    "status": "completed",
    "started_at": _BEGAN,
    "completed_at": _ENDED,
}
_APPROVAL: Final[Mapping[str, Any]] = {
    "id": "apr_01M809R606DKZ0RSWTHQ57HDXB.release",
    "run_id": _RUN,
    "step": "release",
    "gate": None,
    "message": "Release version 7?",
    "status": "approved",
    "requested_at": _BEGAN,
    "expires_at": "2026-11-29T00:15:59.494Z",
    "decided_at": _ENDED,
    "decided_by": "ada",
    "comment": "looks good",
}
_USER: Final[Mapping[str, Any]] = {
    "id": "user_01M809R606DKZ0RSWTHQ57HDXE",
    "email": "ada@example.org",
    "role": "operator",
    "org": "acme",
    "disabled": False,
    "created_at": _BEGAN,
}
_LINE: Final[Mapping[str, Any]] = {
    "name": "greet",
    "description": "Writes a letter.",
    "version": 1,
    "content_hash": _HASH,
    "updated_at": _BEGAN,
}
_VERSION: Final[Mapping[str, Any]] = {
    "name": "greet",
    "version": 1,
    "content_hash": _HASH,
    "created_at": _BEGAN,
    "created_by": "ada",
}
_MODEL: Final[Mapping[str, Any]] = {
    "name": "ticket-api",
    "type": "http",
    "globalArguments": {"method": "GET"},
    "description": "Where tickets are read.",
    "version": 1,
    "methods": ["request"],
    "updated_at": _BEGAN,
}

DEFINITION: Final[Mapping[str, Any]] = {
    "name": "greet",
    "description": "Writes a letter.",
    "inputs": {"who": {"type": "string", "default": "Ada"}},
    "steps": [
        {
            "name": "compose",
            "action": "transform",
            "params": {"text": "Hello, {{ inputs.who }}!"},
        }
    ],
    "outputs": {"letter": "{{ steps.compose.output.text }}"},
}

EXAMPLES: Final[Mapping[str, Any]] = {
    "Alive": {"status": "ok", "version": "0.1.0"},
    "AppliedWorkflow": {
        "name": "greet",
        "version": 1,
        "status": "created",
        "content_hash": _HASH,
    },
    "ApprovalItem": _APPROVAL,
    "ApprovalList": {"approvals": [_APPROVAL]},
    "ArchivedWorkflow": {**_LINE, "archived": True},
    "CancelAll": {"executionType": "workflow-run"},
    "Cancelled": {"execution_id": _RUN, "status": "cancelled"},
    "CancelledExecution": {
        "status": "cancelled",
        "executionType": "workflow-run",
        "executionId": _RUN,
    },
    "CancelledExecutions": {"status": "cancelled", "count": 3},
    "Decision": {"comment": "looks good"},
    "DeletedExecution": {"execution_id": _RUN, "status": "deleted"},
    "DeletedModel": {"name": "ticket-api", "status": "deleted"},
    "DeletedSecret": {"name": "ticket-api", "status": "deleted"},
    "ErrorPage": {
        "type": "/errors/conflict",
        "title": "Conflict",
        "status": 409,
        "description": "The thing is not in a state that allows this.",
    },
    "ExecutionDetail": {
        **_EXECUTION,
        "inputs": {"who": "Ada"},
        "outputs": {"letter": "Hello, Ada!"},
        "error": None,
        "trigger": {"type": "api"},
        "source_execution_id": None,
        "steps": [_STEP],
        "hooks": [],
    },
    "ExecutionList": {"executions": [_EXECUTION]},
    "ExecutionLogs": {
        "logs": [
            {
                "timestamp": _BEGAN,
                "level": "info",
                "step": "compose",
                "message": "step compose started (attempt 1, transform)",
            }
        ],
        "next": 2,
    },
    "MethodRequest": {"inputs": {"url": "https://tickets.example.org/4711"}},
    "MethodRun": {"execution_id": _RUN, "model": "ticket-api", "method": "request"},
    "ModelContent": {
        "type": "http",
        "globalArguments": {"method": "GET"},
        "description": "Where tickets are read.",
    },
    "ModelDetail": _MODEL,
    "ModelList": {"models": [_MODEL]},
    "PlannedWorkflow": {
        "name": "greet",
        "action": "create",
        "current_version": None,
        "next_version": 1,
        "content_hash": _HASH,
        "changes": [{"path": "name", "op": "added", "before": None, "after": "greet"}],
        "diff": "+name: greet\n",
        "states": 3,
        "transitions": 4,
        "estimated_events": 12,
        "bytes": 1034,
    },
    "Ready": {"status": "ok", "checks": {"dynamodb": "ok", "step_functions": "ok", "s3": "ok"}},
    "Retried": {
        "execution_id": "run_01M809R606DKZ0RSWTHQ57HDXC",
        "workflow": "greet",
        "version": 1,
        "source_execution_id": _RUN,
    },
    "RollbackRequest": {"to_version": 1},
    "RunRequest": {"inputs": {"who": "Ada"}},
    "Secret": {"name": "ticket-api", "updated_at": _BEGAN},
    "SecretList": {"secrets": [{"name": "ticket-api", "updated_at": _BEGAN}]},
    "SecretValue": {"value": {"token": "…", "hosts": ["tickets.example.org"]}},
    "TriggerList": {
        "triggers": [
            {
                "type": "cron",
                "active": True,
                "schedule": "0 6 * * *",
                "timezone": "Europe/Berlin",
                "next_at": "2026-11-23T05:00:00Z",
            }
        ]
    },
    "Triggered": {"execution_id": _RUN, "workflow": "greet", "version": 1},
    "VersionList": {"versions": [_VERSION]},
    "WorkflowDetail": {**_VERSION, "definition": DEFINITION},
    "WorkflowList": {"workflows": [_LINE]},
    "Login": {"email": "ada@example.org", "password": "correct horse battery"},
    "SessionToken": {"token": "eyJ…", "token_type": "bearer", "expires_in": 86400},
    "LoggedOut": {"status": "logged_out"},
    "Me": {
        "id": "user_01M809R606DKZ0RSWTHQ57HDXE",
        "kind": "user",
        "name": "ada@example.org",
        "email": "ada@example.org",
        "org": "acme",
        "role": "operator",
    },
    "NewToken": {"name": "ci", "role": "operator", "expires_in": 2592000},
    "CreatedToken": {
        "id": "tok_01M809R606DKZ0RSWTHQ57HDXD",
        "name": "ci",
        "token": "ci.…",
        "role": "operator",
        "expires_at": "2026-12-22T00:15:59.494Z",
    },
    "TokenPage": {
        "items": [
            {
                "id": "tok_01M809R606DKZ0RSWTHQ57HDXD",
                "name": "ci",
                "role": "operator",
                "created_at": _BEGAN,
                "expires_at": "2026-12-22T00:15:59.494Z",
                "last_used_at": None,
            }
        ],
        "total": 1,
        "limit": 50,
        "offset": 0,
    },
    "RevokedToken": {"id": "tok_01M809R606DKZ0RSWTHQ57HDXD", "status": "revoked"},
    "NewUser": {
        "email": "ada@example.org",
        "password": "correct horse battery",
        "role": "operator",
    },
    "ChangedUser": {"role": "viewer"},
    "CreatedUser": {name: value for name, value in _USER.items() if name != "disabled"},
    "UserLine": _USER,
    "UserPage": {"items": [_USER], "total": 1, "limit": 50, "offset": 0},
    "NewOrganization": {
        "name": "acme",
        "admin_email": "ada@example.org",
        "admin_password": "correct horse battery",
    },
    "CreatedOrganization": {
        "id": "org_acme",
        "name": "acme",
        "admin_id": "user_01M809R606DKZ0RSWTHQ57HDXE",
        "admin_email": "ada@example.org",
        "created_at": _BEGAN,
    },
    **V1_EXAMPLES,
    **SWARM_EXAMPLES,
}
