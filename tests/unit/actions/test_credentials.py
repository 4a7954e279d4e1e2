"""A credential becomes headers, stays out of what is kept, and goes to its hosts alone."""

from __future__ import annotations

import json

import pytest

from chalicelib.actions.ai_endpoint import endpoint
from chalicelib.actions.signing import signed
from chalicelib.core.credentials import Credential
from chalicelib.core.plan import Plan, PlanStep
from chalicelib.core.steps import StepFailed

URL = "https://api.example.org/x"


def headers(value: object, url: str = URL, **more: str) -> dict[str, str]:
    text = value if isinstance(value, str) else json.dumps(value)
    return signed(more, Credential.parse("key", text), url, "http/request")


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        ("tok", {"authorization": "Bearer tok"}),
        ("tok\n", {"authorization": "Bearer tok"}),
        ({"token": "tok"}, {"authorization": "Bearer tok"}),
        ({"username": "ada", "password": "pw"}, {"authorization": "Basic YWRhOnB3"}),
        ({"headers": {"X-Api-Key": "k"}}, {"x-api-key": "k"}),
        ("[1]", {"authorization": "Bearer [1]"}),
    ],
)
def test_each_form_of_a_value_becomes_its_headers(value: object, expected: dict[str, str]) -> None:
    assert headers(value) == expected


def test_the_credential_wins_over_the_authors_headers() -> None:
    assert headers("tok", authorization="mine", accept="a") == {
        "authorization": "Bearer tok",
        "accept": "a",
    }


@pytest.mark.parametrize(
    "value",
    [{}, {"headers": {}}, {"headers": {"X": 1}}, {"username": "a"}, {"headers": {"Host": "x"}}],
)
def test_a_value_that_cannot_be_used_is_a_final_failure_that_does_not_show_it(
    value: object,
) -> None:
    with pytest.raises(StepFailed) as caught:
        headers(value)
    assert (caught.value.code, caught.value.retryable) == ("credential_invalid", False)


def test_a_value_with_hosts_goes_to_those_alone() -> None:
    value = {"token": "hunter22", "hosts": ["api.example.org"]}
    assert headers(value)
    with pytest.raises(StepFailed) as caught:
        headers(value, "https://evil.example.com/")
    assert caught.value.code == "credential_not_allowed"
    assert "hunter22" not in str(caught.value)


def test_secret_texts_are_hidden_wherever_they_stand() -> None:
    found = Credential.parse(
        "k", json.dumps({"username": "ada", "password": 'p"w-123', "url": URL})
    )
    value = {"a": ['x p"w-123 y', {'p"w-123': 1}], "b": json.dumps('p"w-123'), "c": URL, "d": 7}
    hidden = found.hide({**value, "e": "Basic YWRhOnAidy0xMjM="})
    assert 'p"w-123' not in json.dumps(hidden)
    assert hidden["a"][0] == "x [redacted] y"
    assert hidden["b"] == '"[redacted]"'
    assert (hidden["c"], hidden["d"], hidden["e"]) == (URL, 7, "Basic [redacted]")


def test_a_token_that_was_pasted_with_its_line_break_is_hidden_as_it_is_sent() -> None:
    for value in ("hunter22\n", json.dumps({"token": " hunter22\n"})):
        found = Credential.parse("k", value)
        assert found.hide("Bearer hunter22") == "Bearer [redacted]"


def test_the_hosts_of_a_credential_are_no_secret() -> None:
    found = Credential.parse("k", json.dumps({"token": "hunter22", "hosts": ["api.example.org"]}))
    assert found.hide("api.example.org knows hunter22") == "api.example.org knows [redacted]"


def test_a_credential_does_not_show_its_value() -> None:
    assert "hunter22" not in repr(Credential.parse("k", "hunter22"))
    found = endpoint(
        Credential.parse("k", '{"url": "https://m/v1", "api_key": "hunter22"}'), "ai/x"
    )
    assert "hunter22" not in repr(found)


def test_a_plan_that_was_stored_before_there_were_credentials_is_read() -> None:
    plan = Plan("w", (PlanStep("a", "http/request", credential="key"),))
    assert Plan.from_dict(plan.to_dict()) == plan
    older = plan.to_dict()
    del older["steps"][0]["credential"]
    assert Plan.from_dict(older).step("a").credential is None
