"""docs/operations.md has the template's parameters, functions and alarms; README the local settings."""

from __future__ import annotations

import re

from docs_pages import ROOT, code, rows, section, text_of

from infra import functions, template
from infra.deploy import STAGE_SETTINGS
from infra.local import stack
from infra.merge import read

PAGE = text_of("docs/operations.md")
TEMPLATE = read(ROOT / "infra" / "template.yaml")
SET_BY_THE_DEPLOYMENT = {"Stage", "CodeBucket", "CodeKey"}


def test_every_parameter_is_in_the_table_with_its_default() -> None:
    documented = {code(name): value for name, value, _ in rows(section(PAGE, "Settings"))}
    declared = {
        name: f"`{parameter['Default']}`" if parameter["Default"] != "" else "none"
        for name, parameter in TEMPLATE["Parameters"].items()
        if name not in SET_BY_THE_DEPLOYMENT
    }
    assert documented == declared


def test_what_the_deployment_sets_is_named_too() -> None:
    for name in SET_BY_THE_DEPLOYMENT:
        assert f"`{name}`" in section(PAGE, "Settings")


def test_every_alarm_is_explained() -> None:
    alarms = [n for n, r in TEMPLATE["Resources"].items() if r["Type"] == "AWS::CloudWatch::Alarm"]
    assert [code(row[0]) for row in rows(section(PAGE, "Alarms"))] == alarms


def test_every_function_is_named() -> None:
    for page in (PAGE, text_of("docs/architecture.md")):
        assert [name for name in functions.SIZES if f"`{name}`" not in page] == []


def test_the_special_stages_are_the_ones_that_the_page_tells_of() -> None:
    listed = [code(row[0]) for row in rows(section(PAGE, "Stages"))[:-1]]
    assert listed == list(template.THROWAWAY_STAGES)
    assert f"`{STAGE_SETTINGS['local']['OutboundAllow']}`" in section(PAGE, "Stages")


def test_the_local_settings_are_the_ones_that_are_read() -> None:
    table = {
        code(n): value
        for n, value, _ in rows(text_of("README.md").split("## Configuration")[1])
        if n.startswith("`RUNYARD")
    }
    assert table[stack.FRONT_PORT_SETTING] == f"`{stack.FRONT_PORT}`"
    assert table[stack.EMULATOR_PORT_SETTING] == f"`{stack.EMULATOR_PORT}`"
    sources = "\n".join(path.read_text() for path in (ROOT / "infra" / "local").glob("*.py"))
    assert set(table) == set(re.findall(r'"(RUNYARD_[A-Z_]+)"', sources))


def test_the_variables_that_name_another_emulator_are_in_the_readme() -> None:
    named = set(re.findall(r'os\.environ.*?"([A-Z_]+)"', text_of("infra/sessions.py")))
    assert named == {"AWS_ENDPOINT_URL", "LOCALSTACK_HOST"}
    for name in named:
        assert f"`{name}`" in text_of("README.md").split("## Configuration")[1]
