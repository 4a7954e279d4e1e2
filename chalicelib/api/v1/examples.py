"""Examples of S1's bodies for the OpenAPI document, by model name: the workflow `Order alerts`."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

_RUN_ID: Final = "run_01M809R606DKZ0RSWTHQ57HDXA"
_BEGAN: Final = "2026-11-22T00:15:59.494Z"
_ENDED: Final = "2026-11-22T00:16:09.812Z"

GRAPH: Final[Mapping[str, Any]] = {
    "inputSchema": [
        {"key": "total", "type": "number", "required": True, "description": "Of the order."}
    ],
    "nodes": {
        "root": {"type": "manual", "children": ["large"]},
        "large": {
            "type": "if",
            "payload": {"condition": {"$and": [{"{{$inputs.total}}": {"$gte": 2000}}]}},
            "children": ["tell"],
        },
        "tell": {
            "type": "log",
            "branch": "then",
            "payload": {"message": "{{$inputs.total}} is a large order"},
        },
    },
}
_LINE: Final[Mapping[str, Any]] = {
    "id": _RUN_ID,
    "organizationId": "org_acme",
    "workflowId": "wf_01M809R606DKZ0RSWTHQ57HDXF",
    "workflowVersion": 1,
    "status": "success",
    "triggerSource": "manual",
    "triggeredBy": "ada",
    "startedAt": _BEGAN,
    "finishedAt": _ENDED,
    "sourceRunId": None,
    "isSimulation": False,
    "simulationMode": None,
    "simulationForks": [],
    "isDustTest": False,
    "propValues": {},
    "totalCu": 2,
}
_RUN: Final[Mapping[str, Any]] = {
    **_LINE,
    "executionState": {
        "tell": {
            "type": "log",
            "status": "success",
            "input": {"message": "2400 is a large order"},
            "result": {"message": "2400 is a large order", "loggedAt": _ENDED},
            "error": None,
            "startedAt": _BEGAN,
            "finishedAt": _ENDED,
        }
    },
    "workflowDefinition": {**GRAPH, "blockExpansions": None},
}

_WORKFLOW: Final = "wf_01M809R606DKZ0RSWTHQ57HDXF"
_HEAD: Final[Mapping[str, Any]] = {
    "id": _WORKFLOW,
    "organizationId": "org_acme",
    "name": "Order alerts",
    "description": "Tells of large orders.",
    "status": "published",
    "version": 1,
    "publishedVersion": 1,
    "pausedReason": None,
    "createdAt": _BEGAN,
    "createdBy": "ada",
    "updatedAt": _ENDED,
}
_VERSION: Final[Mapping[str, Any]] = {
    "workflowId": _WORKFLOW,
    "version": 1,
    "name": "Order alerts",
    "published": True,
    "contentHash": "sha256:6f4c8b5e2a3d1907c5b8e4f26a1d9c3b7e5f08a2d4c6b1e9f3a7d5c8b2e4f6a1",
    "createdAt": _BEGAN,
    "createdBy": "ada",
}
_PAGE: Final[Mapping[str, Any]] = {"limit": 20, "offset": 0, "hasMore": False}

V1_EXAMPLES: Final[Mapping[str, Any]] = {
    "NewGraphWorkflow": {
        "name": "Order alerts",
        "description": "Tells of large orders.",
        "definition": GRAPH,
    },
    "ChangedGraphWorkflow": {"definition": GRAPH, "expectedVersion": 1},
    "GraphRollback": {"targetVersion": 1},
    "GraphVersionDetail": {
        **_VERSION,
        "description": "Tells of large orders.",
        "definition": GRAPH,
    },
    "GraphVersionPage": {"items": [_VERSION], **_PAGE},
    "GraphWorkflowDetail": {**_HEAD, "definition": GRAPH},
    "GraphWorkflowPage": {"items": [_HEAD], **_PAGE},
    "Allowance": {"monthlyCu": 10_000},
    "CostTable": {"costs": {"manual": 0, "log": 1, "http-request": 2, "ai": 10}, "default": 1},
    "UnitsDetail": {
        "organizationId": "org_acme",
        "month": "2026-11",
        "allowance": 10_000,
        "used": 1_204,
        "balance": 8_796,
        "usage": [
            {
                "month": "2026-11",
                "cu": 1_204,
                "workflows": [{"workflowId": _WORKFLOW, "cu": 1_204}],
            }
        ],
    },
    "ActionPage": {
        "items": [
            {
                "type": "log",
                "role": "data",
                "description": "Writes a line.",
                "effectful": False,
                "branches": [],
                "payload": [
                    {
                        "name": "message",
                        "types": ["text"],
                        "required": True,
                        "aliases": [],
                        "description": "The line.",
                    }
                ],
                "cost": "logic",
                "cu": 1,
            }
        ],
        **_PAGE,
    },
    "ResumeRequest": {"payload": {"approved": True}},
    "Resumed": {"action": "resumed", "reason": "the node goes on"},
    "RunDefinition": {"definition": GRAPH, "payload": {"total": 2400}},
    "RunWorkflow": {"payload": {"total": 2400}, "version": 1},
    "StartedRun": {"runId": _RUN_ID},
    "SyncRun": {
        "runId": _RUN_ID,
        "status": "success",
        "executionState": _RUN["executionState"],
        "durationMs": 480,
    },
    "PauseRequest": {"reason": "maintenance"},
    "PublishRequest": {"expectedVersion": 1},
    "ValidateRequest": {"definition": GRAPH, "name": "Order alerts"},
    "Validation": {
        "valid": False,
        "errors": [
            {
                "type": "connectivity",
                "nodeId": "large",
                "nodeName": None,
                "field": "children[0]",
                "message": "there is no node `tel`",
                "code": "unknown_child",
            }
        ],
    },
    "GraphRun": _RUN,
    "GraphRunPage": {"items": [_LINE], "limit": 20, "offset": 0, "hasMore": False},
    "StatusCounts": {
        "running": 1,
        "waiting": 0,
        "success": 12,
        "failure": 2,
        "cancelled": 1,
        "total": 16,
    },
}
