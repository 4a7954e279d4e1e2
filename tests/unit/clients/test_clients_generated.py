"""The generated part of the Python client is the committed documents', and it is whole."""

from __future__ import annotations

import inspect
import json
import re
from pathlib import Path
from typing import Any

import pytest

from infra.clients.files import PACKAGE, formatted, generated, python_files
from infra.clients.operations import NAMES, operations
from infra.clients.python import modules
from infra.paths import ROOT
from runyard import AsyncClient, Client

OPENAPI = json.loads((ROOT / "docs" / "openapi.json").read_text())
ASYNCAPI = json.loads((ROOT / "docs" / "asyncapi.json").read_text())
OPERATIONS = operations(OPENAPI)


@pytest.fixture(scope="module")
def files() -> dict[Path, str]:
    return python_files()


def test_what_is_committed_is_what_the_documents_make(files: dict[Path, str]) -> None:
    assert generated(PACKAGE) == set(files)
    for path, text in files.items():
        assert path.read_text() == text, f"{path.name}: run `make document`"


def test_every_operation_of_the_document_has_a_method_of_both_clients() -> None:
    ids = {one["operationId"] for item in OPENAPI["paths"].values() for one in item.values()}
    assert {one.id for one in OPERATIONS} == ids
    for client in (Client("http://localhost"), AsyncClient("http://localhost")):
        for one in OPERATIONS:
            method = getattr(getattr(client, one.group), one.method)
            assert inspect.iscoroutinefunction(method) == isinstance(client, AsyncClient)
            assert f"{one.verb} {one.path}" in (method.__doc__ or "")


def test_the_generators_know_the_documents_and_not_the_code() -> None:
    for path in (ROOT / "infra" / "clients").glob("*.py"):
        assert not re.search(r"^\s*(from|import) (chalicelib|app)\b", path.read_text(), re.M), path


def test_every_name_of_its_own_is_that_of_an_operation() -> None:
    assert set(NAMES) <= {one.id for one in OPERATIONS}


def test_every_list_with_pages_can_be_walked_through() -> None:
    client = Client("http://localhost")
    for one in OPERATIONS:
        paged = {"page_token", "offset", "after"} & {p.name for p in one.placed("query")}
        if paged:
            assert hasattr(getattr(client, one.group), f"{one.method}_all"), one.id


def _document(**paths: Any) -> dict[str, Any]:
    found: dict[str, Any] = {}
    for operation, (verb, path, more) in paths.items():
        found.setdefault(path, {})[verb] = {
            "operationId": operation,
            "summary": operation,
            "tags": ["thing"],
            "responses": {"200": {"content": {"application/json": {"schema": {}}}}},
            **more,
        }
    return {"paths": found, "tags": [], "components": {"schemas": {}}}


def test_routes_of_tomorrow_need_no_edit() -> None:
    """Redirects, envelopes, lists without names, odd names: each makes Python that is right."""
    envelope = {
        "type": "object",
        "required": ["code", "data"],
        "properties": {
            "code": {"type": "integer"},
            "data": {"type": "object", "properties": {"from": {"type": "string"}}},
        },
    }
    document = _document(
        list_things=("get", "/things", {"responses": {"200": _json({"type": "array", "items": envelope})}}),
        get_thing=(
            "get",
            "/things/{orgId}",
            {
                "parameters": [_parameter("orgId", "path"), _parameter("nodeIds", "query")],
                "responses": {"200": _json(envelope)},
            },
        ),
        oidc_login=("get", "/login", {"responses": {"302": {"description": "Elsewhere."}}}),
        change_thing=(
            "patch",
            "/things/{from}",
            {
                "parameters": [_parameter("from", "path")],
                "requestBody": {
                    "required": True,
                    **_json({"type": "object", "properties": {"maxCost": {"type": ["number", "null"]}}}),
                },
            },
        ),
        thing=("delete", "/thing", {"responses": {"204": {"description": "Gone."}}}),
    )  # fmt: skip
    made = formatted(modules(document, ASYNCAPI))
    text = made["api/thing.py"]
    assert "def get(self, org_id: str, *, node_ids: str | None = None) -> t.GetThingAnswer" in text
    assert "def list(self) -> t.ListThingsAnswer" in text
    assert "def oidc_login(self) -> str" in text
    assert "def change(self, from_: str, *, max_cost: float | None = None)" in text
    assert "def thing(self) -> None" in text
    names: dict[str, Any] = {}
    exec(compile(made["types.py"], "types.py", "exec"), names)
    assert names["ListThingsAnswer"].__args__[0].__annotations__["code"] is not None
    exec(compile(text, "thing.py", "exec"), names)
    request = names["change_thing"]("a/b", max_cost=2)
    assert (request.path, request.content) == ("/things/a%2Fb", b'{"maxCost": 2}')


def test_two_operations_of_one_name_get_their_whole_ids() -> None:
    document = _document(list_thing=("get", "/a", {}), list_things=("get", "/b", {}))
    assert {one.method for one in operations(document)} == {"list_thing", "list_things"}


def test_a_list_in_an_envelope_can_be_walked_through() -> None:
    page = {
        "properties": {
            "items": {"type": "array", "items": {"type": "string"}},
            "offset": {"type": "integer"},
            "hasMore": {"type": "boolean"},
        }
    }
    envelope = {"type": "object", "properties": {"data": {"type": "object", **page}}}
    more = {
        "tags": ["graph things"],
        "parameters": [_parameter("offset", "query")],
        "responses": {"200": _json(envelope)},
    }
    made = formatted(modules(_document(list_graph_things=("get", "/v1/things", more)), ASYNCAPI))
    text = made["api/graph_things.py"]
    assert "def list(self, *, offset: str | None = None) -> t.ListGraphThingsAnswer" in text
    assert "def list_all(self) -> Iterator[str]" in text
    assert "walk(self._send, EnvelopeCursor(), page)" in text


def test_a_group_cannot_take_the_place_of_a_method_of_the_client() -> None:
    document = _document(stream_it=("get", "/a", {"tags": ["stream"]}))
    assert [one.group for one in operations(document)] == ["stream_api"]


def _json(schema: Any) -> dict[str, Any]:
    return {"content": {"application/json": {"schema": schema}}}


def _parameter(name: str, place: str) -> dict[str, Any]:
    return {"name": name, "in": place, "schema": {"type": "string"}}
