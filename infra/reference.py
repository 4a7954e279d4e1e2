"""`python -m infra.reference`: writes the tables of docs/workflow-format.md from the models.

The descriptions in `chalicelib/core/definitions/models.py` are the reference; this only lays them
out between two marks of the page. A test fails when the page and the models differ.
"""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Iterator, Mapping
from typing import Any, Final, get_args, get_type_hints

from pydantic import BaseModel

from chalicelib.core.definitions import models
from infra.errors import InfraError
from infra.paths import ROOT

PAGE: Final = ROOT / "docs" / "workflow-format.md"
BEGIN: Final = "<!-- begin: written by `python -m infra.reference` -->"
END: Final = "<!-- end: written by `python -m infra.reference` -->"

SECTIONS: Final[Mapping[str, type[BaseModel]]] = {
    "Workflow": models.WorkflowModel,
    "Input": models.InputModel,
    "Step": models.StepModel,
    "Retry": models.RetryModel,
    "Cron trigger": models.CronTrigger,
    "Webhook trigger": models.WebhookTrigger,
    "Event trigger": models.EventTrigger,
    "Hooks": models.HooksModel,
}
"""Heading on the page → model. One that is missing here cannot be named by another: KeyError."""

_HEADINGS: Final = {model.__name__: heading for heading, model in SECTIONS.items()}
_DURATIONS: Final = (models.Timeout, models.Interval)
_WORDS: Final = {"string": "text", "integer": "whole number", "boolean": "boolean"}
_HEAD: Final = "| member | type | default | limits | meaning |\n| --- | --- | --- | --- | --- |"


def reference() -> str:
    """The generated part: a section with a table for each model."""
    return "\n\n".join(_section(heading, model) for heading, model in SECTIONS.items())


def rewritten(page: str) -> str:
    """The page with its generated part made anew. Raises InfraError without the two marks."""
    before, begin, rest = page.partition(BEGIN)
    _, end, after = rest.partition(END)
    if not (begin and end):
        raise InfraError(f"{PAGE.name} has to contain the lines {BEGIN} and {END}")
    return f"{before}{BEGIN}\n\n{reference()}\n\n{END}{after}"


def _section(heading: str, model: type[BaseModel]) -> str:
    schema = model.model_json_schema()
    required = schema.get("required", [])
    hints = get_type_hints(model, include_extras=True)
    rows = [_HEAD]
    for name, field in model.model_fields.items():
        member = field.alias or name
        shape = _without_null(schema["properties"][member])
        duration = any(kind in (hints[name], *get_args(hints[name])) for kind in _DURATIONS)
        cells = (
            f"`{member}`",
            "duration" if duration else _type(shape),
            "required" if member in required else _default(shape, field.default),
            "; ".join(_limits(shape)),
            field.description or "",
        )
        rows.append("| " + " | ".join(cell.replace("|", "\\|") for cell in cells) + " |")
    return f"### {heading}\n\n{(model.__doc__ or '').strip()}\n\n" + "\n".join(rows)


def _without_null(schema: Mapping[str, Any]) -> Mapping[str, Any]:
    """The schema of an optional member's value."""
    kinds = [kind for kind in schema.get("anyOf", []) if kind != {"type": "null"}]
    return kinds[0] if len(kinds) == 1 else schema


def _type(schema: Mapping[str, Any]) -> str:
    if "const" in schema:
        return f"`{schema['const']}`"
    if "enum" in schema:
        return ", ".join(f"`{word}`" for word in schema["enum"])
    if "$ref" in schema:
        heading = _HEADINGS[schema["$ref"].rsplit("/", 1)[1]]
        return f"[{heading.lower()}](#{heading.lower().replace(' ', '-')})"
    if "oneOf" in schema:
        return " or ".join(_type(kind) for kind in schema["oneOf"])
    if schema.get("type") == "array":
        return f"list of {_type(schema['items'])}"
    if schema.get("type") == "object":
        found = {**schema.get("patternProperties", {})}
        members = next(iter(found.values()), schema.get("additionalProperties"))
        return f"map of {_type(members)}" if isinstance(members, Mapping) else "map"
    return _WORDS.get(str(schema.get("type")), "any")


def _default(schema: Mapping[str, Any], default: Any) -> str:
    found = schema.get("default", default)
    said = isinstance(found, str | bool | int) and found != ""
    return f"`{json.dumps(found)}`" if said else "none"


def _limits(schema: Mapping[str, Any]) -> Iterator[str]:
    for kind, words in {
        "minimum": "at least {}",
        "maximum": "at most {}",
        "maxLength": "at most {} characters",
        "maxItems": "at most {} items",
        "maxProperties": "at most {} members",
    }.items():
        if kind in schema:
            yield words.format(f"{schema[kind]:,}")
    if any(schema.get(kind) == 1 for kind in ("minLength", "minItems", "minProperties")):
        yield "not empty"
    patterns = [schema["pattern"]] if "pattern" in schema else []
    patterns += schema.get("patternProperties", {})
    of_names = "" if "pattern" in schema else "names "
    for pattern in patterns:
        yield f"{of_names}`{pattern.replace(chr(92) + 'z', '$')}`"
    if (longest := schema.get("propertyNames", {}).get("maxLength")) is not None:
        yield f"names of at most {longest} characters"


def main(arguments: list[str] | None = None) -> int:
    """Writes the generated part of docs/workflow-format.md."""
    argparse.ArgumentParser(prog="python -m infra.reference", description=main.__doc__).parse_args(
        arguments
    )
    try:
        PAGE.write_text(rewritten(PAGE.read_text()))
    except InfraError as error:
        print(error, file=sys.stderr)
        return 1
    print(f"wrote {PAGE.relative_to(ROOT)}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
