"""docs/actions.md tells the truth: its examples are accepted, its tables are complete."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
import yaml

from chalicelib.actions import registry
from chalicelib.core.credentials import SHORTEST
from chalicelib.core.http_headers import OURS

PAGE = (Path(__file__).parents[3] / "docs" / "actions.md").read_text()
SECTIONS = dict(
    part.split("\n", 1)  # the heading is the action's name
    for part in re.split(r"^## ", PAGE, flags=re.MULTILINE)[1:]
)
EXAMPLES = [
    (heading, step)
    for heading, text in SECTIONS.items()
    for block in re.findall(r"```yaml\n(.*?)```", text, flags=re.DOTALL)
    for step in yaml.safe_load(block)["steps"]
]
TABULATED = [name for name in registry.names() if name != "transform"]


def test_every_action_has_its_section_and_an_example_of_itself() -> None:
    assert sorted(SECTIONS) == list(registry.names())
    assert {heading for heading, _ in EXAMPLES} == set(registry.names())


@pytest.mark.parametrize(("heading", "step"), EXAMPLES, ids=[step["name"] for _, step in EXAMPLES])
def test_every_example_is_accepted(heading: str, step: dict[str, object]) -> None:
    assert step["action"] == heading
    params = step["params"]
    assert isinstance(params, dict)
    assert registry.check_params(heading, params) == []
    assert registry.not_built(heading, params) == []


@pytest.mark.parametrize("name", TABULATED)
def test_the_tables_of_parameters_are_complete(name: str) -> None:
    fields = registry.get(name).Params.model_fields
    documented = re.findall(
        r"^\| `(\w+)` \| \w+ \| .* \| .* \|$", SECTIONS[name], flags=re.MULTILINE
    )
    assert documented == [field.alias or key for key, field in fields.items()]


@pytest.mark.parametrize("name", TABULATED)
def test_the_named_members_of_the_output_are_the_ones_there_are(name: str) -> None:
    (shape,) = re.findall(r"^.*Output: `\{(.*)\}`", SECTIONS[name], flags=re.MULTILINE)
    documented = re.sub(r": (\{.*?\}|\[.*?\])", "", shape).split(", ")
    assert documented == [m for m in registry.get(name).Output.__annotations__ if m != "encoding"]


def test_how_short_a_secret_is_not_looked_for() -> None:
    assert SHORTEST == 6
    assert "texts of fewer than six characters are not looked for" in PAGE


def test_every_code_that_the_sources_raise_is_documented() -> None:
    root = Path(__file__).parents[3] / "chalicelib"
    sources = [*root.glob("actions/*.py"), *root.glob("cloud/http*.py")]
    sources += [root / "cloud" / name for name in ("models.py", "openai.py", "aws.py")]
    sources += [root / "core" / name for name in ("reach.py", "credentials.py")]
    sources.append(root / "store" / "secrets.py")
    text = "\n".join(path.read_text() for path in sources)
    raised = set(re.findall(r'StepFailed\(\s*"(\w+)"', text))
    raised |= set(re.findall(r': \("(\w+)", (?:True|False)\)', text))
    documented = set(re.findall(r"^\| `(\w+)` \| (?:yes|no|if)", PAGE, flags=re.MULTILINE))
    # `invalid_method` cannot come from an action: its parameters name the methods.
    assert raised - {"invalid_method"} == documented


def test_the_headers_that_the_page_says_cannot_be_set_cannot() -> None:
    sentence = PAGE.split(" and their like cannot be set")[0].rsplit(". ", 1)[1]
    named = re.findall(r"`([\w-]+)`", sentence)
    assert len(named) == 4
    assert {name.lower() for name in named} <= OURS
