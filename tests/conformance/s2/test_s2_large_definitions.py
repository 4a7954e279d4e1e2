"""Definitions of any size that the format allows can be applied, read, run and rolled back to."""

from __future__ import annotations

from tests.support.definitions import Definition, shape, workflow
from tests.support.stack import Api, step_of


def of_size(name: str, size: int, mark: int) -> Definition:
    """A definition whose texts have this many characters."""
    steps = [shape(f"s{number}", {"text": "x" * (size // 4)}) for number in range(4)]
    return workflow(name, *steps, shape("last", {"n": mark}))


def test_s2_apply__350_kb_can_be_applied_read_run_and_rolled_back_to(api: Api) -> None:
    first, second = (of_size("large-definition", 350_000, mark) for mark in (1, 2))
    assert api.apply(first)["version"] == 1
    assert api.apply(first)["status"] == "unchanged"
    assert api.apply(second)["version"] == 2
    path = "/api/v1/workflows/large-definition"
    assert api.get(path).json()["definition"] == second
    assert api.get(f"{path}/versions/1").json()["definition"] == first
    answer = api.post(f"{path}/rollback", json={"to_version": 1})
    assert (answer.status_code, answer.json()["version"]) == (201, 3)
    assert api.get(path).json()["definition"] == first
    numbers = [line["version"] for line in api.get(f"{path}/versions").json()["versions"]]
    assert numbers == [3, 2, 1]
    detail = api.ended(api.run("large-definition"))
    assert (detail["status"], detail["version"]) == ("completed", 3)
    assert step_of(detail, "last")["output"] == {"n": 1}


def test_s2_apply__almost_a_megabyte_is_taken_and_more_is_413(api: Api) -> None:
    assert api.apply(of_size("larger-definition", 990_000, 1))["version"] == 1
    found = api.get("/api/v1/workflows/larger-definition").json()["definition"]
    assert found == of_size("larger-definition", 990_000, 1)
    answer = api.put("larger-definition", of_size("larger-definition", 1_000_000, 1))
    assert answer.status_code == 413
