"""The definition format as a JSON Schema (draft 2020-12), so that editors complete and check it.

It is made from the models that apply itself checks with, and from the parameters of the actions, so
it cannot say what is not true of this version. What one member alone does not decide (graphs,
names, expressions) stays apply's.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from functools import cache
from typing import Any, Final

Schema = dict[str, Any]

DURATION: Final = r"^([0-9]{1,15}(\.[0-9]{1,9})?(ms|[dhms]))+$"
_DIALECT: Final = "https://json-schema.org/draft/2020-12/schema"
_TEMPLATE: Final[Schema] = {"type": "string", "pattern": r"\{\{"}
_NOISE: Final = ("title", "ge", "gt", "le", "lt")
"""What pydantic adds and no reader of a schema knows or needs: bounds of a value that it converts
before it compares are no keywords of JSON Schema."""
_SCHEMAS: Final = ("items", "additionalProperties", "propertyNames", "not")
_LISTS: Final = ("anyOf", "oneOf", "allOf")
_MAPS: Final = ("properties", "patternProperties", "$defs")


def definition_schema() -> Schema:
    """The schema of a whole workflow definition (S2), each action with its own parameters."""
    from chalicelib.core.definitions.models import WorkflowModel

    found = _cleaned(WorkflowModel.model_json_schema())
    definitions = found.pop("$defs")
    step = definitions["StepModel"]
    step["properties"]["action"] = {
        **step["properties"]["action"],
        "enum": sorted(_actions()),
        "type": "string",
    }
    step["allOf"] = [
        _rule(action, params, definitions) for action, params in sorted(_actions().items())
    ]
    for text in _durations(found, definitions):
        text["pattern"] = DURATION
    return {
        "$schema": _DIALECT,
        "title": "Runyard workflow",
        **found,
        "$defs": definitions,
    }


@cache
def schema_text() -> str:
    """The schema as JSON, built once per process."""
    import json

    return json.dumps(definition_schema(), separators=(",", ":"), ensure_ascii=False)


def _actions() -> dict[str, Schema]:
    from chalicelib.actions.registry import get, names

    return {name: get(name).Params.model_json_schema() for name in names()}


def _rule(action: str, params: Schema, definitions: Schema) -> Schema:
    """If it is this action, then its parameters are these."""
    params = _cleaned(params)
    for name, definition in params.pop("$defs", {}).items():
        definitions[f"{action} {name}"] = _templated(definition, action)
    own = _templated(params, action, whole=True)
    then: Schema = {"properties": {"params": {"$ref": f"#/$defs/{_pointer(action)}"}}}
    if "required" in own or "oneOf" in own:
        then["required"] = ["params"]
    definitions[action] = own
    condition = {"properties": {"action": {"const": action}}, "required": ["action"]}
    return {"if": condition, "then": then}


def _templated(schema: Schema, action: str, *, whole: bool = False) -> Schema:
    """The schema of a value in whose place a template may stand, at any depth.

    Which members there are is decided before templates are rendered, so only values may be one:
    `whole` is for what is always there as it is, such as the parameters themselves.
    """
    found = dict(schema)
    if "$ref" in found:
        name = found["$ref"].rsplit("/", 1)[1]
        found["$ref"] = f"#/$defs/{_pointer(f'{action} {name}')}"
    for keyword in ("items", "additionalProperties"):
        if isinstance(found.get(keyword), Mapping):
            found[keyword] = _templated(found[keyword], action)
    for keyword in ("properties", "patternProperties"):
        if keyword in found:
            found[keyword] = {n: _templated(v, action) for n, v in found[keyword].items()}
    kinds = found.get("anyOf", [])
    found |= {"anyOf": [_templated(kind, action, whole=True) for kind in kinds]} if kinds else {}
    if whole or _takes_text(found):
        return found
    said: Schema = {name: found.pop(name) for name in ("description", "default") if name in found}
    return {**said, "anyOf": [*(found["anyOf"] if set(found) == {"anyOf"} else [found]), _TEMPLATE]}


def _takes_text(schema: Mapping[str, Any]) -> bool:
    """Whether any text is a right value of this schema, and so a template too."""
    rest = {name: schema[name] for name in schema if name not in ("description", "default")}
    if set(rest) == {"anyOf"}:
        return any(_takes_text(kind) for kind in rest["anyOf"])
    kinds = rest.pop("type", "string")
    return set(rest) <= {"minLength"} and "string" in (
        kinds if isinstance(kinds, list) else [kinds]
    )


def _cleaned(schema: Mapping[str, Any]) -> Schema:
    """Without noise; regular expressions as JSON Schema has them; names out of pattern refused."""
    found = {name: value for name, value in schema.items() if name not in _NOISE}
    if found.get("default", 0) is None:
        del found["default"]
    if "pattern" in found:
        found["pattern"] = _ecma(found["pattern"])
    for keyword in _SCHEMAS:
        if isinstance(found.get(keyword), Mapping):
            found[keyword] = _cleaned(found[keyword])
    for keyword in _LISTS:
        if keyword in found:
            found[keyword] = [_cleaned(one) for one in found[keyword]]
    for keyword in _MAPS:
        if keyword in found:
            found[keyword] = {name: _cleaned(value) for name, value in found[keyword].items()}
    if "patternProperties" in found:
        patterns = found["patternProperties"].items()
        found["patternProperties"] = {_ecma(pattern): value for pattern, value in patterns}
        found["additionalProperties"] = False
    found.pop("discriminator", None)  # OpenAPI's; the constants in the parts say the same
    return found


def _ecma(pattern: str) -> str:
    return pattern.replace(r"\z", "$")


def _durations(whole: Schema, definitions: Schema) -> Iterator[Schema]:
    """The schemas of the format's own durations, which pydantic knows as texts only."""
    from typing import get_args, get_type_hints

    from chalicelib.core.definitions import models

    of_models = {
        name: definition["properties"]
        for name, definition in definitions.items()
        if name.endswith(("Model", "Trigger"))
    }
    of_models["WorkflowModel"] = whole["properties"]
    for name, properties in of_models.items():
        hints = get_type_hints(getattr(models, name), include_extras=True)
        for member, hint in hints.items():
            if {models.Timeout, models.Interval} & {hint, *get_args(hint)}:
                schema = properties[member]
                kinds = schema.get("anyOf", [schema])
                yield next(kind for kind in kinds if kind.get("type") == "string")


def _pointer(name: str) -> str:
    """A name inside a JSON pointer inside a URI."""
    return name.replace("~", "~0").replace("/", "~1").replace(" ", "%20")
