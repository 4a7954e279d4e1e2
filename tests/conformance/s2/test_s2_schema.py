"""Ours, beside S2: the definition format as a JSON Schema for editors."""

from __future__ import annotations

from jsonschema import Draft202012Validator

from tests.support.answers import has_common_headers
from tests.support.definitions import shape, workflow
from tests.support.stack import Api

PATH = "/schemas/workflow.json"


def test_schema__is_there_for_everybody_and_judges_as_apply_does(api: Api, nobody: Api) -> None:
    answer = nobody.get(PATH)
    assert answer.status_code == 200
    has_common_headers(answer)
    assert answer.headers["Content-Type"].startswith("application/schema+json")
    assert answer.headers["Access-Control-Allow-Origin"] == "*"
    found = answer.json()
    Draft202012Validator.check_schema(found)
    validator = Draft202012Validator(found)
    right = workflow("schema-right", shape("a", {"n": 1}))
    wrong = workflow("schema-wrong", shape("a", tiemout="1s"))
    assert validator.is_valid(right) and api.put("schema-right", right).ok
    assert not validator.is_valid(wrong) and api.put("schema-wrong", wrong).status_code == 422


def test_schema__may_be_kept_and_is_not_sent_again_unchanged(nobody: Api) -> None:
    answer = nobody.get(PATH)
    assert "max-age=" in answer.headers["Cache-Control"]
    tag = answer.headers["ETag"]
    again = nobody.get(PATH, headers={"If-None-Match": tag})
    assert (again.status_code, again.content) == (304, b"")
    assert again.headers["ETag"] == tag
    other = nobody.get(PATH, headers={"If-None-Match": '"another"'})
    assert (other.status_code, other.content) == (200, answer.content)
