"""S2, definition: what is wrong with one is answered at once, all of it, with place and line; and
nothing is stored. (Contract: what cannot be parsed 400; what parses but is wrong 422.)"""

from __future__ import annotations

import json
from typing import Any

import pytest

from tests.support.answers import places, problem
from tests.support.definitions import Definition, fetch, shape, workflow
from tests.support.stack import Api, RunningStack

NAME = "refused"


@pytest.fixture(scope="module")
def api(stack: RunningStack) -> Api:
    return stack.api


@pytest.fixture(autouse=True)
def nothing_is_stored(api: Api) -> Any:
    yield
    problem(api.get(f"/api/v1/workflows/{NAME}"), 404, "not-found")


def refused(
    api: Api, definition: Definition | str, media: str = "application/json"
) -> dict[str, str]:
    """The places named by a 422."""
    return places(problem(api.put(NAME, definition, media), 422, "validation-error", "errors"))


BOMB = f"name: {NAME}\nx: &a [{', '.join(['lol'] * 9)}]\n" + "".join(
    f"x{n}: &{b} [{', '.join([f'*{a}'] * 9)}]\n"
    for n, (a, b) in enumerate(zip("abcdefgh", "bcdefghi", strict=True))
)
UNREADABLE = {
    "json": ('{\n  "name": "refused",\n  "steps": [\n}', "application/json", 4),
    "json-comma": ('{"name": "refused",}', "application/json", 1),
    "json-nan": ('{"name": NaN}', "application/json", 1),
    "json-twice": ('{\n"name": "refused",\n"name": "b"}', "application/json", 3),
    "json-deep": ("[" * 5000 + "]" * 5000, "application/json", 1),
    "json-number": ('{"x": 1' + "0" * 400 + "}", "application/json", 1),
    "json-nul": ('{"x": "a\\u0000b"}', "application/json", 1),
    "json-surrogate": ('{"x": "\\ud800"}', "application/json", 1),
    "yaml": ("name: refused\nsteps:\n  - name: [\n", "application/yaml", 4),
    "yaml-tab": ("name: refused\n\tsteps: []\n", "application/yaml", 2),
    "yaml-tag": ("name: refused\nx: !!python/object/apply:os.system [id]\n", "application/yaml", 2),
    "yaml-twice": ("name: refused\nname: b\n", "text/yaml", 2),
    "yaml-two": ("name: refused\n---\nname: b\n", "application/yaml", 2),
    "yaml-merge": ("a: &a {b: 1}\nc:\n  <<: *a\n", "application/yaml", 3),
    "yaml-key": ("1: a\n", "application/yaml", 1),
    "empty": ("", "application/yaml", 1),
}


@pytest.mark.parametrize("case", UNREADABLE)
def test_s2_apply__what_cannot_be_parsed_is_400_with_its_line(api: Api, case: str) -> None:
    text, media, line = UNREADABLE[case]
    found = problem(api.put(NAME, text, media), 400, "bad-request", "line", "column")
    assert found["line"] == line
    assert found["detail"].startswith(f"line {line}, column {found['column']}: ")


def test_s2_apply__a_yaml_bomb_is_400_and_quick(api: Api) -> None:
    answers = [api.put(NAME, BOMB, "application/yaml") for _ in range(3)]
    for answer in answers:
        found = problem(answer, 400, "bad-request", "line", "column")
        assert "20,000 values" in found["detail"]
    # The quickest: what else the machine has to do meanwhile is no matter here.
    assert min(answer.elapsed.total_seconds() for answer in answers) < 10


def test_s2_apply__bytes_that_are_not_utf_8_are_400(api: Api) -> None:
    for body in (b"\xff\xfe{}", b"{\xff}", json.dumps({"name": NAME}).encode("utf-16")):
        problem(api.put(NAME, body), 400, "bad-request", "line", "column")


def test_s2_apply__over_a_megabyte_is_413(api: Api) -> None:
    definition = workflow(NAME, shape("a", {"text": "x" * 1_000_000}))
    problem(api.put(NAME, definition), 413, "too-large")


def test_s2_apply__an_unknown_member_is_refused_with_a_suggestion_and_its_line(api: Api) -> None:
    text = f"""\
name: {NAME}
descripton: typo
steps:
  - name: a
    action: transform
    retry:
      max_attempt: 3
    dependson: []
"""
    found = problem(api.put(NAME, text, "text/yaml"), 422, "validation-error", "errors")
    assert [(one["location"], one["line"]) for one in found["errors"]] == [
        ("descripton", 2),
        ("steps[0].retry.max_attempt", 7),
        ("steps[0].dependson", 8),
    ]
    for one, word in zip(
        found["errors"], ("description", "max_attempts", "depends_on"), strict=True
    ):
        assert f"did you mean `{word}`?" in one["message"]


def test_s2_apply__several_problems_are_answered_all_at_once(api: Api) -> None:
    definition = workflow(
        NAME,
        shape("One"),
        shape("a", timeout="soon"),
        shape("a", depends_on=["nobody", "a"]),
        {"name": "b", "action": "transfrom"},
        shape("c", {"x": "{{ 1 + }}"}),
        shape("d", condition="steps.zz.output > 1"),
        fetch("e", "http://10.0.0.1/", {"methd": "GET"}),
        inputs={"x": {"type": "integer"}, "y": {"type": "number", "default": "1"}},
        timeout="0s",
        outputs={"o": "{{ steps.nobody.output }}"},
    )
    found = refused(api, definition)
    assert set(found) >= {
        "steps[0].name",
        "steps[1].timeout",
        "steps[2].name",
        "steps[2].depends_on[0]",
        "steps[2].depends_on[1]",
        "steps[3].action",
        "steps[4].params.x",
        "steps[5].if",
        "steps[6].params.url",
        "steps[6].params.methd",
        "inputs.x.type",
        "inputs.y.default",
        "timeout",
        "outputs.o",
    }


WRONG: dict[str, tuple[Definition, str, str]] = {
    "unknown action": (
        workflow(NAME, {"name": "a", "action": "http/requst", "params": {}}),
        "steps[0].action",
        "did you mean `http/request`?",
    ),
    "unknown dependency": (
        workflow(NAME, shape("first"), shape("b", depends_on=["frist"])),
        "steps[1].depends_on[0]",
        "did you mean `first`?",
    ),
    "cycle": (
        workflow(
            NAME,
            shape("a", depends_on=["c"]),
            shape("b", depends_on=["a"]),
            shape("c", depends_on=["b"]),
        ),
        "steps[0].depends_on",
        "these steps wait for each other",
    ),
    "itself": (workflow(NAME, shape("a", depends_on=["a"])), "steps[0].depends_on[0]", "itself"),
    "double name": (workflow(NAME, shape("a"), shape("a")), "steps[1].name", "another step"),
    "step name": (workflow(NAME, shape("1-a")), "steps[0].name", "must match"),
    "long step name": (workflow(NAME, shape("a" * 81)), "steps[0].name", "too long"),
    "no steps": (workflow(NAME), "steps", "must not be empty"),
    "steps missing": ({"name": NAME}, "steps", "is missing"),
    "steps no list": ({"name": NAME, "steps": {}}, "steps", "must be a list"),
    "action missing": ({"name": NAME, "steps": [{"name": "a"}]}, "steps[0].action", "is missing"),
    "attempts": (
        workflow(NAME, shape("a", retry={"max_attempts": 0})),
        "steps[0].retry.max_attempts",
        "at least 1",
    ),
    "attempts text": (
        workflow(NAME, shape("a", retry={"max_attempts": "3"})),
        "steps[0].retry.max_attempts",
        "must be a whole number, not text",
    ),
    "backoff": (
        workflow(NAME, shape("a", retry={"backoff": "linear"})),
        "steps[0].retry.backoff",
        "must be one of",
    ),
    "timeout": (workflow(NAME, shape("a", timeout="1.5s")), "steps[0].timeout", "whole number"),
    "reserved input": (
        workflow(NAME, shape("a"), inputs={"trigger": {}}),
        "inputs.trigger",
        "reserved",
    ),
    "not yet done": (
        workflow(NAME, shape("a", {"x": "{{ steps.b.output }}"}), shape("b")),
        "steps[0].params.x",
        "`b`",
    ),
    "delay of both": (
        workflow(
            NAME,
            {
                "name": "a",
                "action": "delay",
                "params": {"duration": "1s", "until": "2026-01-01T00:00:00Z"},
            },
        ),
        "steps[0].params",
        "exactly one of",
    ),
    "delay until no time": (
        workflow(
            NAME, {"name": "a", "action": "delay", "params": {"until": "0001-01-01T00:00:00+14:00"}}
        ),
        "steps[0].params.until",
        "time",
    ),
    "too many events": (
        workflow(NAME, *(shape(f"s{n}", retry={"max_attempts": 100}) for n in range(100))),
        "steps",
        "25,000",
    ),
}


@pytest.mark.parametrize("case", WRONG)
def test_s2_apply__a_wrong_definition_is_422_naming_the_place(api: Api, case: str) -> None:
    definition, place, message = WRONG[case]
    found = refused(api, definition)
    assert place in found, found
    assert message in found[place]


@pytest.mark.parametrize("body", ["[]", "7", "null", '"text"', "{}"])
def test_s2_apply__a_document_that_is_no_definition_is_422(api: Api, body: str) -> None:
    assert refused(api, body)
    assert refused(api, body, "application/yaml")


@pytest.mark.parametrize(
    "name", ["A", "1a", "a_b", "a.b", "-a", "a" * 65, "a b", "\u00fc", "", None, 7, "a\n"]
)
def test_s2_apply__a_bad_name_is_422(api: Api, name: Any) -> None:
    found = refused(api, {"name": name, "steps": [shape("a")]})
    assert list(found) == ["name"]
