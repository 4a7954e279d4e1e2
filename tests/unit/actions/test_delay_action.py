"""A delay says until when; it waits for nothing itself."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from chalicelib.actions import registry
from chalicelib.actions.base import ActionContext
from chalicelib.actions.delay import DelayParams, until
from chalicelib.cloud.http import OutboundHttp
from chalicelib.core.steps import StepFailed

NOW = datetime(2026, 3, 18, 9, 0, 0, 250_000, tzinfo=UTC)


def run(**params: Any) -> str:
    def no_model() -> Any:
        raise AssertionError("no model was asked for")

    context = ActionContext(
        http=OutboundHttp(), bedrock=no_model, remaining=lambda: 30.0, now=lambda: NOW
    )
    output = registry.run("delay", params, context)
    assert set(output) == {"until"}
    return str(output["until"])


@pytest.mark.parametrize(
    ("params", "expected"),
    [
        ({"duration": "1m30s"}, "2026-03-18T09:01:31.000Z"),
        ({"duration": 2}, "2026-03-18T09:00:03.000Z"),
        ({"duration": 0.75}, "2026-03-18T09:00:01.000Z"),
        ({"duration": "0s"}, "2026-03-18T09:00:00.250Z"),
        ({"until": "2026-03-18T12:00:00+02:00"}, "2026-03-18T10:00:00.000Z"),
        ({"until": "2020-01-01T00:00:00Z"}, "2026-03-18T09:00:00.250Z"),
    ],
)
def test_the_instant_is_whole_seconds_never_too_early_and_never_in_the_past(
    params: dict[str, Any], expected: str
) -> None:
    assert run(**params) == expected


def test_until_is_a_pure_function_of_parameters_and_now() -> None:
    params = DelayParams(duration="24h")  # type: ignore[arg-type]
    assert until(params, NOW) == NOW + timedelta(days=1)


@pytest.mark.parametrize(
    "params",
    [
        {},
        {"duration": "1s", "until": "2026-03-18T12:00:00Z"},
        {"duration": "soon"},
        {"duration": -1},
        {"duration": "366d"},
        {"duration": True},
        {"duration": float("nan")},
        {"until": "2026-03-18T12:00:00"},
        {"until": "tomorrow"},
        {"until": 1_800_000_000},
        {"until": "2027-03-19T12:00:00Z"},
    ],
)
def test_a_delay_that_is_none_or_over_a_year_fails_for_good(params: dict[str, Any]) -> None:
    with pytest.raises(StepFailed) as caught:
        run(**params)
    assert (caught.value.code, caught.value.retryable) == ("invalid_params", False)


@pytest.mark.parametrize(
    ("params", "wrong"),
    [
        ({}, [""]),
        ({"duration": "{{ x }}", "until": "{{ y }}"}, [""]),
        ({"duration": "{{ inputs.wait }}"}, []),
        ({"until": "{{ inputs.when }}"}, []),
        ({"duration": "400d"}, ["duration"]),
        ({"until": "noon"}, ["until"]),
    ],
)
def test_exactly_one_of_both_is_demanded_before_anything_is_rendered(
    params: dict[str, Any], wrong: list[str]
) -> None:
    assert [problem.location for problem in registry.check_params("delay", params)] == wrong
