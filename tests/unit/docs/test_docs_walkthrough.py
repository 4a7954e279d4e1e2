"""README's walkthrough can be typed as it stands: its script is bash, its paths are routes."""

from __future__ import annotations

import ast
import importlib
import re
import subprocess

import yaml
from docs_pages import blocks, section, text_of, walkthrough

from chalicelib.api.routing import declared

DEFINITION, SCRIPT = walkthrough()


def test_every_block_of_commands_is_part_of_the_walkthrough() -> None:
    part = section(text_of("README.md"), "A workflow of your own")
    assert len(blocks(part, "sh")) == part.count("<!-- walkthrough -->\n```sh") >= 5


def test_the_script_is_bash() -> None:
    checked = subprocess.run(
        ["bash", "-n"], input=SCRIPT, text=True, capture_output=True, check=False
    )
    assert checked.stderr == ""


def test_the_python_in_it_is_python() -> None:
    (program,) = re.findall(r"<<'EOF'\n(.*?)^EOF$", SCRIPT, re.DOTALL | re.MULTILINE)
    assert ast.parse(program)


def test_every_path_in_it_is_a_route() -> None:
    importlib.import_module("app")  # declares them
    patterns = [
        (route.method, re.compile(re.sub(r"{\w+}", "[^/]+", route.path))) for route in declared()
    ]
    asked = re.findall(r"api (?:-X (\w+) )?\"\$BASE([^\"?]+)", SCRIPT)
    assert len(asked) >= 5
    for method, path in asked:
        found = [m for m, pattern in patterns if pattern.fullmatch(path)]
        assert (method or "GET") in found, path


def test_it_is_about_the_workflow_that_it_shows() -> None:
    name = yaml.safe_load(DEFINITION)["name"]
    assert f"/api/v1/workflows/{name}" in SCRIPT
    assert f"@{name}.yaml" in SCRIPT
