"""`apply`, `plan` and `workflows`: which name a file has, and what is told of its mistakes."""

from __future__ import annotations

import json

import httpx
import pytest

from tests.support.command_line import Terminal, problem

APPLIED = {"name": "greet", "version": 2, "status": "updated", "content_hash": "x"}
PLAN = {
    "name": "greet",
    "action": "update",
    "current_version": 1,
    "next_version": 2,
    "diff": "-a\n+b\n",
}


def written(terminal: Terminal, name: str, text: str) -> str:
    path = terminal.folder / name
    path.write_text(text)
    return str(path)


@pytest.mark.parametrize(
    ("text", "name"),
    [
        ("name: greet\nsteps: []\n", "greet"),
        ('{"steps": [], "name": "greet"}', "greet"),
        ("# first\n'name': \"greet\"\n", "greet"),
        ("steps: []\n", "file"),
        ("name: [a]\n", "file"),
        ("- name: greet\n", "file"),
        ("name: ..\n", "file"),
        ("name: {\n", "file"),
        ("", "file"),
        ("a: &a [*a, *a]\nname: greet\n", "greet"),
        ("a: {name: inner}\n? [name]\n: {}\nname: greet\n", "greet"),
        ("name: greet\nsteps: [{message: Shall we?}, {\n", "greet"),
        ("description: name\nother: x\nname: greet\n", "greet"),
        ("- name\n- other\n", "file"),
        ("\0", "file"),
    ],
)
def test_the_name_is_the_definitions_or_else_the_files(
    signed_in: Terminal, text: str, name: str
) -> None:
    signed_in.answer(f"PUT /api/v1/workflows/{name}", 200, {**APPLIED, "name": name})
    done = signed_in.type("apply", written(signed_in, "file.yaml", text))
    assert (done.code, done.out) == (0, f"{name} version 2 updated\n")
    assert signed_in.asked[0].content == text.encode()
    assert signed_in.asked[0].headers["content-type"] == "application/yaml"


def test_every_file_is_tried_and_each_problem_has_its_place(signed_in: Terminal) -> None:
    places = [{"location": "steps.a.action", "message": "no such action", "line": 7}]
    wrong = problem(422, "validation-error", "1 problem", errors=places)
    signed_in.answer("PUT /api/v1/workflows/bad", 422, wrong)
    signed_in.answer("PUT /api/v1/workflows/greet", 200, APPLIED)
    bad = written(signed_in, "bad.yaml", "name: bad")
    good = written(signed_in, "good.yaml", "name: greet")
    done = signed_in.type("apply", bad, good)
    assert (done.code, done.out) == (3, "greet version 2 updated\n")
    assert done.err.splitlines() == [
        f"error: {bad}: 422 validation-error: 1 problem (req_1)",
        f"  {bad}:7: steps.a.action: no such action",
    ]
    done = signed_in.type("apply", bad, good, "--json")
    assert json.loads(done.out) == [APPLIED]
    told = json.loads(done.err)
    assert (told["file"], told["errors"]) == (bad, places)


def test_what_concerns_every_file_ends_the_command(signed_in: Terminal) -> None:
    files = [written(signed_in, f"{name}.yaml", f"name: {name}") for name in "ab"]
    for answer, code in (
        (httpx.Response(401, json=problem(401, "unauthorized", "no")), 3),
        (httpx.ConnectError("away"), 4),
    ):
        signed_in.asked.clear()
        signed_in.answers["PUT /api/v1/workflows/a"] = answer
        assert signed_in.type("apply", *files).code == code
        assert set(signed_in.paths()) == {"PUT /api/v1/workflows/a"}


def test_a_definition_may_come_from_standard_input(signed_in: Terminal) -> None:
    signed_in.answer("PUT /api/v1/workflows/greet", 200, APPLIED)
    assert signed_in.type("apply", "-", stdin=b"name: greet").code == 0


def test_a_file_that_is_not_there_is_a_wrong_command(signed_in: Terminal) -> None:
    done = signed_in.type("apply", str(signed_in.folder / "none.yaml"))
    assert (done.code, signed_in.asked) == (2, [])


def test_a_plan_shows_the_difference_and_the_next_version(signed_in: Terminal) -> None:
    signed_in.answer("POST /api/v1/workflows/greet/plan", 200, PLAN)
    file = written(signed_in, "greet.yaml", "name: greet")
    assert signed_in.type("plan", file).out == "-a\n+b\n\ngreet: update, version 2\n"
    assert json.loads(signed_in.type("plan", file, "--json").out) == PLAN
    same = {**PLAN, "action": "unchanged", "diff": ""}
    signed_in.answer("POST /api/v1/workflows/greet/plan", 200, same)
    assert signed_in.type("plan", file).out == "greet: no change\n"
    signed_in.answer("POST /api/v1/workflows/greet/plan", 422, problem(422, "x", "no"))
    assert signed_in.type("plan", file).code == 3


def test_workflows_are_listed_by_name(signed_in: Terminal) -> None:
    line = {
        "name": "greet",
        "version": 2,
        "updated_at": "2026-01-02T12:00:00Z",
        "description": "Writes\na letter",
    }
    signed_in.answer("GET /api/v1/workflows", 200, {"workflows": [line]})
    assert signed_in.type("workflows").out.splitlines()[1].endswith("Writes a letter")
    assert json.loads(signed_in.type("workflows", "--json").out) == [line]
