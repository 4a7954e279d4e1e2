"""The OpenAPI 3.1 document, built from the declared routes and their models: there is no second list."""

from __future__ import annotations

import inspect
from collections.abc import Iterable, Mapping
from typing import Any, Final

from pydantic.json_schema import models_json_schema

from chalicelib.api import openapi_errors as refusals
from chalicelib.api.examples import DEFINITION, EXAMPLES
from chalicelib.api.path_parameters import places
from chalicelib.api.routing import IDEMPOTENCY_KEY, IF_NONE_MATCH, Route

_REFERENCES: Final = "#/components/schemas/{model}"
_DEFINITION: Final = "WorkflowDefinition"
TAGS: Final[Mapping[str, str]] = {
    "workflows": "Definitions: apply, plan, roll back, archive, read.",
    "executions": "Runs of workflows: start, watch, cancel, retry, delete.",
    "graph workflows": "Node graphs: draft, publish, pause, roll back, archive (S1).",
    "runs": "Runs as S1 shows them, under `/v1`.",
    "compute units": "What runs cost, and what may be spent (S1).",
    "swarms": "Swarms of agents: start, stop, pause, change, message, snapshot (S3).",
    "swarm agents": "The agents of a swarm: status, tasks, history, adding, removing, scaling (S3).",
    "swarm objects": "The parts of a swarm without a model (S3).",
    "swarm events": "What happened in swarms (S3).",
    "skills": "Markdown files that agents are given (S3).",
    "approvals": "Steps that wait for a person.",
    "models": "Models and runs of their methods (S0).",
    "cancel": "S0's cancel endpoints.",
    "hooks": "Webhooks that start workflows.",
    "secrets": "Credentials for steps: written, never read back.",
    "auth": "Signing in, and API tokens (S4).",
    "users": "Who may sign in, managed by admins (S4).",
    "organizations": "New organisations, made by admins of the first one (S4).",
    "health": "Liveness, readiness, metrics.",
    "documentation": "The API about itself.",
}
"""In the order in which readers want them. A tag without an entry makes no document."""


def document(routes: Iterable[Route], *, version: str) -> dict[str, Any]:
    """The whole document as plain JSON."""
    listed = list(routes)
    models = {m for route in listed for m in (route.answer, route.body) if isinstance(m, type)}
    ordered = sorted(models, key=lambda model: model.__name__)
    _, definitions = models_json_schema(
        [(model, "validation") for model in ordered], ref_template=_REFERENCES
    )
    schemas = _without_null_defaults(definitions.get("$defs", {}))
    paths: dict[str, dict[str, Any]] = {}
    for route in listed:
        paths.setdefault(route.path, {})[route.method.lower()] = _operation(route)
    return {
        "openapi": "3.1.0",
        "info": {
            "title": "Runyard",
            "version": version,
            "summary": "Starts, watches, streams and stops workflow runs and agent swarms.",
            "description": "Sockets are described in /asyncapi.json.",
            "license": {"name": "Apache-2.0", "identifier": "Apache-2.0"},
        },
        "servers": [{"url": "/", "description": "Where this document is served."}],
        "security": [{"bearer": []}],
        "tags": [{"name": name, "description": text} for name, text in TAGS.items()],
        "paths": paths,
        "components": {
            "schemas": {
                **schemas,
                _DEFINITION: _definition(),
                "Problem": refusals.PROBLEM,
            },
            "responses": refusals.problem_responses(),
            "headers": refusals.HEADERS,
            "securitySchemes": {
                "bearer": {
                    "type": "http",
                    "scheme": "bearer",
                    "description": "An API token, `name.secret`, or the JWT of a login.",
                }
            },
        },
    }


def _definition() -> Any:
    """The schema of workflow definitions, its references led into this document."""
    from chalicelib.definition_schema import definition_schema

    def moved(part: Any) -> Any:
        if isinstance(part, list):
            return [moved(one) for one in part]
        if not isinstance(part, Mapping):
            return part
        found = {name: moved(value) for name, value in part.items() if name != "$schema"}
        target = found.get("$ref")
        if isinstance(target, str):
            found["$ref"] = target.replace("#/", f"#/components/schemas/{_DEFINITION}/", 1)
        return found

    return moved(definition_schema())


def _without_null_defaults(schema: Any) -> Any:
    """A schema without `default: null`, which pydantic writes for members that may be absent but not
    null, and which is then no valid value of the member's own type."""
    if isinstance(schema, Mapping):
        return {
            name: _without_null_defaults(member)
            for name, member in schema.items()
            if not (name == "default" and member is None)
        }
    return [_without_null_defaults(one) for one in schema] if isinstance(schema, list) else schema


def _operation(route: Route) -> dict[str, Any]:
    if route.tag not in TAGS:
        raise KeyError(f"the tag {route.tag!r} has no description in TAGS")
    found: dict[str, Any] = {
        "operationId": route.view.__name__,
        "summary": route.summary,
        "tags": [route.tag],
        "parameters": [*_path_parameters(route), *_other_parameters(route)],
        "responses": _responses(route),
    }
    if text := inspect.getdoc(route.view):
        found["description"] = text
    if route.deprecated is not None:
        found |= route.deprecated.described()
    if route.role is not None:
        found["x-role"] = route.role.word
    elif route.tag == "hooks":
        # Signed, or with a token where the trigger names no secret.
        found["security"] = [{}, {"bearer": []}]
    else:
        found["security"] = []
    if route.body is not None:
        content = _content(route.body)
        found["requestBody"] = {
            "required": route.body_required,
            "content": dict.fromkeys(route.body_types, content),
        }
    return found


def _content(model: Any) -> Mapping[str, Any]:
    """Schema and example of a body."""
    if isinstance(model, type):
        name = model.__name__
        return {"schema": {"$ref": _REFERENCES.format(model=name)}, "example": EXAMPLES[name]}
    described: dict[str, Any] = {"schema": model}
    if model.get("$ref") == _REFERENCES.format(model=_DEFINITION):
        described["example"] = DEFINITION
    return described


def _path_parameters(route: Route) -> list[dict[str, Any]]:
    return [
        {
            "name": name,
            "in": "path",
            "required": True,
            "description": place.description,
            "schema": place.schema(),
            "example": place.example,
        }
        for name, place in places(route.path)
    ]


def _other_parameters(route: Route) -> list[dict[str, Any]]:
    return [
        {
            "name": parameter.name,
            "in": parameter.place,
            "description": parameter.description,
            "schema": dict(parameter.schema),
        }
        for parameter in route.parameters
    ]


def _responses(route: Route) -> dict[str, Any]:
    found: dict[str, Any] = {}
    more = ["Idempotent-Replayed"] if IDEMPOTENCY_KEY in route.parameters else []
    more += ["ETag"] if IF_NONE_MATCH in route.parameters else []
    more += ["Location", "Set-Cookie"] if route.status == 302 else []
    for status in (route.status, *route.also):
        found[str(status)] = {
            "description": _MEANINGS[status],
            "headers": refusals.headers(status, *more),
        }
        if status not in (302, 304):
            found[str(status)]["content"] = _answers(route, status)
    for status in refusals.statuses(route):
        found[str(status)] = refusals.refusal(route, status)
    return found


_MEANINGS: Final = {
    200: "Done.",
    201: "Done, and there is something new.",
    202: "Begun.",
    302: "To be continued there.",
    304: "The client has it already.",
}


def _answers(route: Route, status: int) -> Mapping[str, Any]:
    if route.answer is not None:
        content = _content(route.answer)
        if route.envelope is not None:
            content = route.envelope.describe(status, content)
        return {route.produces: content}
    medias = [media.partition(";")[0] for media in (route.produces, *route.or_produces)]
    return {
        media: {"schema": {"type": "object" if media.endswith(("json", "yaml")) else "string"}}
        for media in medias
    }
