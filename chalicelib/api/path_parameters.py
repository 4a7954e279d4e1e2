"""What stands in the places of a path, for the OpenAPI document: one table for all routes.

An entry goes by the path up to and with its place, so that `{id}` of an execution and `{id}` of an
approval are two. A new place without an entry makes no document: a KeyError names it.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Final

_NAME: Final = r"^[a-z][a-z0-9-]*$"
_RUN: Final = "run_01M809R606DKZ0RSWTHQ57HDXA"
_GRAPH: Final = "wf_01M809R606DKZ0RSWTHQ57HDXF"
_APPROVAL: Final = "apr_01M809R606DKZ0RSWTHQ57HDXB.release"
_RUN_ID: Final = r"^run_[A-Za-z0-9_-]{1,76}$"
_PLACE: Final = re.compile(r"{(\w+)}")


@dataclass(frozen=True, slots=True)
class Place:
    """One place of a path. What does not fit the pattern is none of ours, so it is not found."""

    description: str
    example: str
    longest: int = 128
    pattern: str | None = None

    def schema(self) -> Mapping[str, Any]:
        """Its JSON Schema."""
        found: dict[str, Any] = {"type": "string", "minLength": 1, "maxLength": self.longest}
        if self.pattern is not None:
            found["pattern"] = self.pattern
        return found


_HOOK: Final = r"^[A-Za-z0-9_~-][A-Za-z0-9._~-]*$"
_NODE: Final = r"^[a-zA-Z][a-zA-Z0-9_-]*$"
PLACES: Final[Mapping[str, Place]] = {
    "/api/skills/{name}": Place("The skill's name; `.md` may be left out.", "writing"),
    "/api/swarms/{name}": Place("The swarm's name.", "report", 64, _NODE),
    "/api/swarms/{name}/agents/{agent}": Place("The agent's name.", "writer", 64, _NODE),
    "/api/swarms/{name}/agents/{agent}/skills/{skill}": Place("The skill's name.", "writing"),
    "/api/swarms/{name}/objects/{object}": Place("The object's name.", "rounds", 64, _NODE),
    "/api/v1/approvals/{id}": Place(
        "The approval's id.", _APPROVAL, 161, r"^apr_[A-Za-z0-9_-]{1,76}\.[a-z][a-z0-9_-]{0,79}$"
    ),
    "/api/v1/auth/tokens/{id}": Place("The token's id.", "tok_01M809R606DKZ0RSWTHQ57HDXD"),
    "/api/v1/cancel/{execution}": Place("The execution's id.", _RUN, 80, _RUN_ID),
    "/api/v1/cancel/{execution}/{id}": Place("The run's id.", _RUN, 80, _RUN_ID),
    "/api/v1/executions/{id}": Place("The execution's id.", _RUN, 80, _RUN_ID),
    "/api/v1/models/{name}": Place("The model's name.", "ticket-api", 64, _NAME),
    "/api/v1/models/{name}/methods/{method}": Place("A method of it.", "request", 64, _NAME),
    "/api/v1/run/{workflow}": Place("The workflow's name.", "greet", 64, _NAME),
    "/api/v1/secrets/{name}": Place(
        "The secret's name.", "ticket-api", pattern=r"^[A-Za-z0-9][A-Za-z0-9_.-]*$"
    ),
    "/api/v1/users/{id}": Place("The user's id.", "user_01M809R606DKZ0RSWTHQ57HDXE"),
    "/api/v1/workflows/{name}": Place("The workflow's name.", "greet", 64, _NAME),
    "/api/v1/workflows/{name}/versions/{n}": Place("Its number.", "1", 6, r"^[1-9][0-9]*$"),
    "/docs/{asset}": Place("The file's name.", "explorer.js", 64, r"^[a-z][a-z.]*$"),
    "/errors/{slug}": Place("The last part of a problem's `type`.", "conflict", 64, _NAME),
    "/hooks/{path}": Place("The first part of the hook's path.", "shop", 100, _HOOK),
    "/hooks/{path}/{second}": Place("The second part.", "orders", 100, _HOOK),
    "/hooks/{path}/{second}/{third}": Place("The third part.", "new", 100, _HOOK),
    "/v1/runs/{id}/nodes/{nodeId}": Place("The node's id.", "ask", 64, r"^[A-Za-z0-9_-]+$"),
    "/v1/organizations/{orgId}": Place("The organisation's id.", "org_acme", 64),
    "/v1/workflows/{id}": Place("The workflow's id.", _GRAPH, 79, r"^wf_[A-Za-z0-9_-]{1,76}$"),
    "/v1/workflows/{id}/versions/{n}": Place("Its number.", "1", 6, r"^[1-9][0-9]*$"),
    "/v1/runs/{id}": Place("The run's id.", _RUN, 80, _RUN_ID),
}


ENTRIES_OF_TWO: Final[Mapping[str, Mapping[str, Place]]] = {
    "/api/swarms/{name}/agents/{agent}/scale": {
        "agent": Place("What the group's agents are called, without numbers.", "writer", 64, _NODE)
    },
    # S0's cancel puts the type where S2's puts the execution (API Gateway allows one name a level).
    "/api/v1/cancel/{execution}/{id}": {
        "execution": Place(
            "The type of the run.", "workflow-run", 64, r"^(workflow-run|method-run)$"
        )
    },
}
"""Places that mean something else in one path than its table's entry says."""


def places(path: str) -> Iterator[tuple[str, Place]]:
    """The names of a path's places with what they are. Raises KeyError for one that is not listed."""
    own = ENTRIES_OF_TWO.get(path, {})
    for found in _PLACE.finditer(path):
        yield found[1], own.get(found[1]) or PLACES[path[: found.end()]]
