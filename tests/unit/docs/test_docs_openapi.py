"""The committed description is the code's, and it is whole: nothing in it lacks a word or an example."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from typing import Any

import pytest
from jsonschema import Draft202012Validator
from openapi_spec_validator import OpenAPIV31SpecValidator
from pydantic import BaseModel

from chalicelib.api.examples import DEFINITION, EXAMPLES
from chalicelib.api.openapi import TAGS
from chalicelib.api.openapi_errors import ALWAYS
from chalicelib.api.path_parameters import ENTRIES_OF_TWO, PLACES
from chalicelib.api.routing import declared
from chalicelib.reading import Reader
from chalicelib.settings import Settings
from infra.api_document import documents, openapi

DOCUMENT = openapi()
OPERATIONS = [
    pytest.param(operation, id=f"{method} {path}")
    for path, item in DOCUMENT["paths"].items()
    for method, operation in item.items()
]
every_operation = pytest.mark.parametrize("operation", OPERATIONS)


def _resolved(part: dict[str, Any]) -> dict[str, Any]:
    found = part
    while "$ref" in found and found["$ref"].startswith("#/components/responses/"):
        found = DOCUMENT["components"]["responses"][found["$ref"].rsplit("/", 1)[1]]
    return found


def _models() -> dict[str, type[BaseModel]]:
    return {
        model.__name__: model
        for route in declared()
        for model in (route.answer, route.body)
        if isinstance(model, type)
    }


def _references(part: Any) -> Iterator[str]:
    if isinstance(part, dict):
        if isinstance(part.get("$ref"), str):
            yield part["$ref"]
        for value in part.values():
            yield from _references(value)
    if isinstance(part, list):
        for value in part:
            yield from _references(value)


@pytest.mark.parametrize("path", documents(), ids=lambda path: path.name)
def test_the_committed_document_is_what_the_code_says(path: Any) -> None:
    assert path.read_text() == documents()[path], "run `make document`"


def test_it_is_valid_openapi_3_1() -> None:
    assert [str(error) for error in OpenAPIV31SpecValidator(DOCUMENT).iter_errors()] == []


def test_every_reference_leads_somewhere() -> None:
    for reference in set(_references(DOCUMENT)):
        at: Any = DOCUMENT
        for step in reference.removeprefix("#/").split("/"):
            at = at[step.replace("%20", " ").replace("~1", "/").replace("~0", "~")]
        assert at


@every_operation
def test_every_operation_has_a_summary_a_known_tag_and_a_role_or_none(
    operation: dict[str, Any],
) -> None:
    assert operation["summary"]
    assert set(operation["tags"]) <= set(TAGS)
    assert ("x-role" in operation) != (operation.get("security") is not None)


@every_operation
def test_every_parameter_is_described_and_those_of_paths_have_an_example(
    operation: dict[str, Any],
) -> None:
    for parameter in operation["parameters"]:
        assert parameter["description"]
        if parameter["in"] == "path":
            schema = Draft202012Validator(parameter["schema"])
            assert [e.message for e in schema.iter_errors(parameter["example"])] == []


@every_operation
def test_every_answer_has_content_and_the_headers_that_all_have(operation: dict[str, Any]) -> None:
    for status, part in operation["responses"].items():
        response = _resolved(part)
        assert response["description"]
        assert set(ALWAYS) <= set(response["headers"])
        assert status in ("302", "304") or response["content"]


@every_operation
def test_every_example_is_valid_by_its_schema(operation: dict[str, Any]) -> None:
    bodies = [operation.get("requestBody", {}), *map(_resolved, operation["responses"].values())]
    for content in [one for body in bodies for one in body.get("content", {}).values()]:
        validator = Draft202012Validator(
            {**content["schema"], "components": DOCUMENT["components"]}
        )
        examples = [one["value"] for one in content.get("examples", {}).values()]
        for example in [*examples, *([content["example"]] if "example" in content else [])]:
            assert [error.message for error in validator.iter_errors(example)] == []


def test_every_body_has_an_example_and_there_is_none_too_many() -> None:
    models = _models()
    assert set(EXAMPLES) == set(models)
    for name, model in models.items():
        model.model_validate(EXAMPLES[name])


def test_the_example_of_a_definition_is_one_that_is_applied() -> None:
    definition = Reader(Settings()).read(json.dumps(DEFINITION).encode(), "application/json")
    assert definition.plan.name == "greet"


def test_every_place_of_a_path_is_described_once() -> None:
    paths = {route.path for route in declared()}
    used = {path[: found.end()] for path in paths for found in re.finditer(r"{\w+}", path)}
    assert set(PLACES) == used
    assert set(ENTRIES_OF_TWO) <= paths


def test_limits_are_said_in_the_words_of_json_schema() -> None:
    """Pydantic passes its own words on where a validator stands between a number and its limits."""
    text = json.dumps(DOCUMENT)
    assert not [word for word in ("ge", "le", "gt", "lt") if f'"{word}": ' in text]
