"""README.md, docs/api.md and docs/operations.md have the routes, errors and metrics that there are."""

from __future__ import annotations

import importlib
import json
import re
from pathlib import Path

import pytest
from docs_pages import ROOT, blocks, code, rows, section, text_of

from chalicelib.api.documentation import error_kinds
from chalicelib.api.prometheus import families
from chalicelib.api.requests import MOST_BODY_BYTES
from chalicelib.api.routing import Route, declared
from chalicelib.core.dialects import S2, S2_STEP
from chalicelib.core.roles import Role
from chalicelib.core.swarms.config import read_config
from chalicelib.core.swarms.formats import format_of_path, parse_document

API = text_of("docs/api.md")


@pytest.fixture(scope="module")
def routes() -> list[Route]:
    importlib.import_module("app")  # declares them
    return list(declared())


def _role(route: Route) -> str:
    return route.role.word if route.role is not None else "public"


def test_the_readme_lists_exactly_the_declared_routes(routes: list[Route]) -> None:
    table = rows(section(text_of("README.md"), "Endpoints"))
    assert table == [(r.method, f"`{r.path}`", _role(r), r.summary) for r in routes]


def test_the_api_page_lists_the_routes_with_their_statuses(routes: list[Route]) -> None:
    table = rows(section(API, "Endpoints"))
    assert table == [
        (r.method, f"`{r.path}`", _role(r), str(r.status), ", ".join(map(str, r.errors)))
        for r in routes
    ]


def test_the_lenient_routes_are_the_ones_that_the_page_names(routes: list[Route]) -> None:
    (line,) = [line for line in API.splitlines() if "ignore them" in line]
    named = set(re.findall(r"`(/[^`]*)`", line))
    under = tuple(one.removesuffix("…") for one in named if one.endswith("…"))
    for route in routes:
        assert route.lenient is (route.path in named or route.path.startswith(under)), route.path


def test_every_kind_of_error_is_in_the_table() -> None:
    documented = {(int(status), code(slug)) for status, slug, _ in rows(section(API, "Errors"))}
    assert documented == {(kind.status, kind.slug) for kind in error_kinds()}


def test_every_role_is_explained() -> None:
    assert [code(row[0]) for row in rows(section(API, "Who may"))] == [r.word for r in Role]


def test_the_filters_of_the_list_are_all_there(routes: list[Route]) -> None:
    (route,) = [r for r in routes if (r.method, r.path) == ("GET", "/api/v1/executions")]
    table = {code(name): text for name, text in rows(section(API, "Lists of executions"))}
    assert list(table) == [p.name for p in route.parameters]
    for word in S2.values():
        assert f"`{word}`" in table["status"]


def test_the_statuses_of_a_step_are_all_named() -> None:
    for word in S2_STEP.values():
        assert f"`{word}`" in section(API, "An execution")


def test_the_limit_of_a_body_is_the_one_that_holds() -> None:
    assert f"{MOST_BODY_BYTES:,} bytes" in API


def test_the_members_of_a_detail_are_all_described(routes: list[Route]) -> None:
    (detail,) = [r for r in routes if (r.method, r.path) == ("GET", "/api/v1/executions/{id}")]
    assert detail.answer is not None
    text = section(API, "An execution")
    assert [name for name in detail.answer.model_fields if f"`{name}`" not in text] == []


@pytest.mark.parametrize("path", sorted((ROOT / "examples/swarms").iterdir()), ids=lambda p: p.name)
def test_every_example_of_a_swarm_is_told_of_and_can_be_started(path: Path) -> None:
    assert f"(../examples/swarms/{path.name})" in section(API, "Swarms")
    document = parse_document(path.read_text(), format_of_path(path.name))
    config = read_config(document.value, document.lines)
    assert config.name == path.stem
    assert {agent.backend.type for agent in config.agents} == {"mock"}


@pytest.mark.parametrize("block", blocks(API, "json"))
def test_the_example_of_a_problem_is_json(block: str) -> None:
    assert json.loads(block)["error"] == json.loads(block)["detail"]


def test_every_metric_is_described() -> None:
    documented = [
        code(name).removesuffix("_total")
        for name, *_ in rows(section(text_of("docs/operations.md"), "Metrics"))
    ]
    assert documented == list(families())
