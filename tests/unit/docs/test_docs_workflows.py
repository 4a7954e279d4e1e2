"""Workflows in the docs and examples are valid, and the reference is the models' own."""

from __future__ import annotations

from pathlib import Path

import pytest
import yaml
from docs_pages import ROOT, blocks, section, text_of

from chalicelib.actions import registry
from chalicelib.core.compiler import machine
from chalicelib.core.definitions import checks, nodes
from chalicelib.reading import PLANNED_ACTIONS, Reader
from chalicelib.settings import Settings
from infra import reference

FORMAT = text_of("docs/workflow-format.md")
README = text_of("README.md")
DOCUMENTED = [
    pytest.param(block, id=f"{page}: {yaml.safe_load(block)['name']}")
    for page in ("README.md", "docs/workflow-format.md")
    for block in blocks(text_of(page), "yaml")
]
STAGE = Settings(
    step_arn="arn:aws:lambda:us-east-1:123456789012:function:step",
    finish_arn="arn:aws:lambda:us-east-1:123456789012:function:finish",
)


def check(text: str) -> str:
    """Read and compile as an apply does; the workflow's name."""
    reader = Reader(STAGE)
    definition = reader.read(text.encode(), "application/yaml")
    assert reader.compile(definition.plan)
    return definition.plan.name


@pytest.mark.parametrize("text", DOCUMENTED)
def test_every_workflow_in_the_pages_can_be_applied(text: str) -> None:
    assert check(text)


def test_there_are_workflows_in_both_pages() -> None:
    assert blocks(README, "yaml")
    assert len(blocks(FORMAT, "yaml")) >= 2


@pytest.mark.parametrize("path", sorted((ROOT / "examples").glob("*.yaml")), ids=lambda p: p.name)
def test_every_example_can_be_applied_under_its_files_name(path: Path) -> None:
    assert check(path.read_text()) == path.stem


def test_every_example_is_told_of() -> None:
    told = section(FORMAT, "Examples")
    files = sorted(path.name for path in (ROOT / "examples").glob("*.yaml"))
    assert [name for name in files if f"(../examples/{name})" not in told] == []


def test_the_reference_is_what_the_models_say() -> None:
    assert reference.rewritten(FORMAT) == FORMAT, "run `python -m infra.reference`"


def test_every_model_of_the_format_has_its_section() -> None:
    for heading, model in reference.SECTIONS.items():
        text = section(FORMAT, heading)
        for name, field in model.model_fields.items():
            assert f"| `{field.alias or name}` |" in text


def test_a_page_without_its_marks_is_refused() -> None:
    with pytest.raises(reference.InfraError, match="has to contain the lines"):
        reference.rewritten("# nothing")


def test_the_limits_are_the_codes_own() -> None:
    limits = section(FORMAT, "Limits")
    for number in (
        nodes.MOST_BYTES,
        nodes.MOST_NODES,
        nodes.MOST_DEPTH,
        checks.MOST_EXPRESSIONS,
        machine.MOST_EVENTS,
    ):
        assert f"{number:,}" in limits
    assert f"{checks.LONGEST_STEP // 60} minutes" in limits


def test_nothing_of_the_format_is_missing() -> None:
    assert PLANNED_ACTIONS == ()
    assert [word for name in registry.names() for word in registry.get(name).later] == []
    assert "not built" not in FORMAT
