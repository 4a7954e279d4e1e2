"""The JSON Schema of the definition format takes what apply takes, and shows an editor what it refuses."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml
from jsonschema import Draft202012Validator
from jsonschema.exceptions import best_match

from chalicelib.actions.registry import get, names
from chalicelib.core.definitions.models import StepModel, WorkflowModel
from chalicelib.definition_schema import definition_schema, schema_text
from tests.support.definitions import Definition, delay, fetch, shape, workflow

ROOT = Path(__file__).resolve().parents[3]
SCHEMA = definition_schema()
VALIDATOR = Draft202012Validator(SCHEMA)


def problem(definition: Any) -> str | None:
    """The best of what is wrong with it: `place: message`; None where nothing is."""
    error = best_match(VALIDATOR.iter_errors(definition))
    if error is None:
        return None
    return f"{'.'.join(map(str, error.absolute_path))}: {error.message}"


def from_docs() -> Iterator[Any]:
    """Every whole definition on the pages."""
    pages = [ROOT / "README.md", *sorted((ROOT / "docs").glob("*.md"))]
    for page in pages:
        for number, block in enumerate(
            re.findall(r"^```yaml\n(.*?)^```$", page.read_text(), re.DOTALL | re.MULTILINE)
        ):
            value = yaml.safe_load(block)
            if isinstance(value, dict) and {"name", "steps"} <= value.keys():
                yield pytest.param(value, id=f"{page.stem}-{number}")


def one(step: dict[str, Any], **more: Any) -> Definition:
    return workflow("w", step, **more)


def test_it_is_a_schema_of_its_draft() -> None:
    Draft202012Validator.check_schema(SCHEMA)
    assert SCHEMA["$schema"] == "https://json-schema.org/draft/2020-12/schema"
    assert json.loads(schema_text()) == SCHEMA


def test_every_reference_leads_somewhere() -> None:
    references = set(re.findall(r'"\$ref":"([^"]+)"', schema_text()))
    resolver = VALIDATOR._resolver  # the one that validation uses
    for reference in references:
        assert resolver.lookup(reference).contents, reference


@pytest.mark.parametrize(
    "path", sorted((ROOT / "examples").glob("*.y*ml")), ids=lambda path: path.stem
)
def test_every_example_is_valid(path: Path) -> None:
    assert problem(yaml.safe_load(path.read_text())) is None


@pytest.mark.parametrize("definition", list(from_docs()))
def test_every_definition_on_the_pages_is_valid(definition: Any) -> None:
    assert problem(definition) is None


def test_every_member_and_parameter_is_described() -> None:
    for model, properties in (
        (WorkflowModel, SCHEMA["properties"]),
        (StepModel, SCHEMA["$defs"]["StepModel"]["properties"]),
    ):
        for name, field in model.model_fields.items():
            assert properties[field.alias or name]["description"] == field.description
    for action in names():
        fields = get(action).Params.model_fields
        for member, shown in SCHEMA["$defs"][action].get("properties", {}).items():
            (field,) = [f for n, f in fields.items() if member in (n, f.alias)]
            assert shown["description"] == field.description


@pytest.mark.parametrize(
    "definition",
    [
        one(fetch("a", "{{ inputs.url }}", {"timeout": "{{ inputs.t }}", "method": "{{ env.M }}"})),
        one(fetch("a", "https://x.org", {"allow_status": ["{{ inputs.n }}", 404]})),
        one(
            fetch("a", "https://x.org", {"allow_status": "{{ inputs.list }}", "headers": "{{ x }}"})
        ),
        one(fetch("a", "https://x.org", {"query": {"n": 1, "l": [1, "b", True]}, "timeout": 5})),
        one(fetch("a", "https://x.org", {"follow_redirects": "{{ inputs.yes }}", "json": [1]})),
        one(delay("a", "1m30s"), timeout="1h"),
        one(delay("a", "{{ inputs.wait }}", retry={"max_attempts": 3, "interval": "1.5s"})),
        one({"name": "a", "action": "delay", "params": {"until": "{{ inputs.at }}"}}),
        one({"name": "a", "action": "transform"}),
        one(shape("a", {"any": {"thing": [1, None, {"x": "{{ 1 }}"}]}})),
        one(
            {
                "name": "a",
                "action": "ai/completion",
                "params": {"model": "m", "prompt": "{{ inputs.p }}", "temperature": "{{ 0.5 }}"},
            }
        ),
    ],
)
def test_templates_may_stand_for_any_typed_parameter(definition: Definition) -> None:
    assert problem(definition) is None


@pytest.mark.parametrize(
    ("definition", "said"),
    [
        ({"name": "w"}, "'steps' is a required property"),
        (workflow("w"), "steps: "),
        (workflow("W x", shape("a")), "name: "),
        (one(shape("a"), tiemout="1h"), "'tiemout' was unexpected"),
        (one(shape("a", dependson=["b"])), "'dependson' was unexpected"),
        (one({"name": "a", "action": "http/reqest"}), "steps.0.action: "),
        (one(fetch("a", "https://x.org", {"metod": "GET"})), "'metod' was unexpected"),
        (one(fetch("a", "https://x.org", {"method": "FETCH"})), "steps.0.params.method: "),
        (one(fetch("a", "https://x.org", {"allow_status": [99]})), "steps.0.params.allow_status"),
        (one(fetch("a", "https://x.org", {"timeout": "soon"})), "steps.0.params.timeout: "),
        (one(fetch("a", "https://x.org", {"body": "x", "json": 1})), "steps.0.params: "),
        (
            one({"name": "a", "action": "http/request", "params": {}}),
            "'url' is a required property",
        ),
        (one({"name": "a", "action": "http/request"}), "'params' is a required property"),
        (one({"name": "a", "action": "delay", "params": {}}), "steps.0.params: "),
        (one(shape("a", retry={"max_attempts": 0})), "steps.0.retry"),
        (one(shape("a", timeout="5 minutes")), "steps.0.timeout: "),
        (one(shape("a", timeout=30)), "steps.0.timeout: "),
        (one(shape("a"), timeout="soon"), "timeout: "),
        (one(shape("a"), inputs={"n": {"type": "integer"}}), "inputs.n.type: "),
        (one(shape("a"), inputs={"1 n": {}}), "inputs: "),
        (one(shape("a"), env={"A-B": "x"}), "env: "),
        (one(shape("a"), env={"A": 1}), "env.A: "),
    ],
)
def test_typical_mistakes_are_shown_where_they_are(definition: Definition, said: str) -> None:
    found = problem(definition)
    assert found is not None and said in found, found
