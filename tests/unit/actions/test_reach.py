"""What a step may touch is decided by name, and no organisation's name begins with another's."""

from __future__ import annotations

import pytest

from chalicelib.core.reach import Place, Reach, parse_patterns
from chalicelib.core.steps import StepFailed

PLACE = Place.of("arn:aws:lambda:eu-west-1:123456789012:function:runyard-prod-RunStep")


def reach(org: str = "org_acme", patterns: str = "") -> Reach:
    return Reach(org, "runyard-prod", parse_patterns(patterns), ("the-table",), PLACE)


def sqs(name: str, account: str = "123456789012") -> str:
    return f"arn:aws:sqs:eu-west-1:{account}:{name}"


def test_an_organisations_own_names_are_its_own_and_nobody_elses() -> None:
    assert reach().allows(sqs("runyard-prod-user-acme--orders"))
    for other in ("org_acm", "org_acme-b", "org_b"):
        assert not reach(other).allows(sqs("runyard-prod-user-acme--orders"))


@pytest.mark.parametrize("org", ["org_acme-", "org_a--b", "org_", "acme", "org_Ünder", "~"])
def test_an_organisation_whose_name_could_begin_anothers_has_no_names_of_its_own(org: str) -> None:
    assert reach(org).own_prefix is None


def test_the_stages_own_resources_are_out_of_reach_whatever_its_patterns_say() -> None:
    wide = reach(patterns="arn:aws:*:*:*:*")
    assert wide.allows(sqs("anything"))
    for name in ("runyard-prod-RunStep", "runyard-prod-user-other--q", "the-table"):
        assert not wide.allows(sqs(name))
    assert not wide.allows("arn:aws:s3:::runyard-prod-bucket-1x/outputs/a")
    assert not wide.allows("arn:aws:lambda:eu-west-1:123456789012:function:runyard-prod-RunStep")
    assert not wide.allows("arn:aws:s3:::the-table/key")


def test_a_name_in_another_account_is_another_resource() -> None:
    elsewhere = sqs("runyard-prod-user-acme--orders", "999999999999")
    assert not reach().allows(elsewhere)
    assert reach(patterns="arn:aws:sqs:*:999999999999:*").allows(elsewhere)


def test_patterns_are_iams() -> None:
    found = reach(patterns="arn:aws:s3:::papers, arn:aws:s3:::papers/in/*, arn:aws:sqs:*:*:q?")
    assert found.allows("arn:aws:s3:::papers")
    assert found.allows("arn:aws:s3:::papers/in/a/b")
    assert not found.allows("arn:aws:s3:::papers/out")
    assert not found.allows("arn:aws:s3:::papers-too")
    assert found.allows(sqs("q1"))
    assert not found.allows(sqs("q12"))
    with pytest.raises(ValueError, match="not a pattern"):
        parse_patterns("*")


def test_a_refusal_is_final_and_does_not_name_the_account() -> None:
    with pytest.raises(StepFailed) as caught:
        reach().allow(sqs("alarms"), "alarms")
    assert (caught.value.code, caught.value.retryable) == ("resource_not_allowed", False)
    assert "123456789012" not in str(caught.value)
    with pytest.raises(StepFailed):
        reach().arn("sqs", "arn:aws:sns:eu-west-1:123456789012:x")
