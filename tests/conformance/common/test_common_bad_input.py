"""Contract, for all dialects: bad input is 400 where it cannot be parsed and 422 where it is wrong.
Never a 500, never a stack trace."""

from __future__ import annotations

import json
from typing import Any

import pytest
import requests
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.support.answers import has_common_headers, places, problem
from tests.support.definitions import shape, workflow
from tests.support.stack import Api, RunningStack

RUN = "/api/v1/run/bad-input"
JSON = {"Content-Type": "application/json"}
ONE = workflow(
    "bad-input",
    shape("a", {"text": "{{ inputs.text }}", "number": "{{ inputs.number }}"}),
    inputs={
        "text": {"type": "string", "default": ""},
        "number": {"type": "number", "default": 0},
    },
)
FUZZ = settings(
    max_examples=30,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
    database=None,
)


@pytest.fixture(scope="module")
def api(stack: RunningStack) -> Api:
    stack.api.apply(ONE)
    return stack.api


UNREADABLE: dict[str, bytes] = {
    "cut": b'{"inputs": {',
    "no json": b"inputs=1",
    "two values": b"{} {}",
    "trailing comma": b'{"inputs": {},}',
    "single quotes": b"{'inputs': {}}",
    "comment": b"{} // all",
    "NaN": b'{"inputs": {"number": NaN}}',
    "Infinity": b'{"inputs": {"number": -Infinity}}',
    "member twice": b'{"inputs": {}, "inputs": {}}',
    "input twice": b'{"inputs": {"number": 1, "number": 2}}',
    "deep list": b"[" * 100_000 + b"]" * 100_000,
    "deep object": b'{"inputs":' * 50_000 + b"1" + b"}" * 50_000,
    "byte order mark": b"\xef\xbb\xbf{}",
    "not utf-8": b"\xff\xfe{\x00}\x00",
    "latin-1": b'{"inputs": {}}\xe9',
    "NUL": b"\x00",
    "control character": b'{"inputs": {"text": "a\x01b"}}',
    "half a surrogate pair": b'{"inputs": {"text": "\\ud800"}}',
    "half a pair as a name": b'{"inputs": {"\\udfff": "a"}}',
    "endless number": b'{"inputs": {"number": ' + b"9" * 10_000 + b"}}",
}


@pytest.mark.parametrize("case", UNREADABLE)
def test_bad_input__a_body_that_cannot_be_parsed_is_400(api: Api, case: str) -> None:
    problem(api.post(RUN, data=UNREADABLE[case], headers=JSON), 400, "bad-request")


@pytest.mark.parametrize("number", ["1e999", "-1e999", "1" + "0" * 400, str(2**63), "1e400"])
def test_bad_input__a_number_nobody_can_hold_is_422(api: Api, number: str) -> None:
    body = b'{"inputs": {"number": ' + number.encode() + b"}}"
    answer = api.post(RUN, data=body, headers=JSON)
    assert list(places(problem(answer, 422, "validation-error", "errors"))) == ["inputs.number"]


@pytest.mark.parametrize(
    "number", [2**63 - 1, -(2**63), 0.1, 1e308, -0.0, 5e-324], ids=lambda value: repr(value)
)
def test_bad_input__the_largest_and_smallest_numbers_pass_unchanged(
    api: Api, number: float
) -> None:
    detail = api.detail(api.run("bad-input", {"number": number}))
    assert detail["inputs"]["number"] == number
    assert type(detail["inputs"]["number"]) is type(number)


@pytest.mark.parametrize(
    "text",
    [
        "\u0000",
        "\U0001f600 \u00fc",
        "\u2028",
        "a" * 200_000,
        "</script>",
        "'; --",
        "{{ 1/0 }}",
        "${x}",
    ],
    ids=["NUL", "emoji", "separator", "long", "html", "quote", "template", "variable"],
)
def test_bad_input__any_text_passes_unchanged(api: Api, text: str) -> None:
    detail = api.ended(api.run("bad-input", {"text": text}))
    assert (detail["status"], detail["inputs"]["text"]) == ("completed", text)
    assert detail["outputs"]["text"] == text


@pytest.mark.parametrize(
    "media", ["text/plain", "application/yaml", "application/x-www-form-urlencoded", "json", "*/*"]
)
def test_bad_input__another_content_type_is_415(api: Api, media: str) -> None:
    answer = api.post(RUN, data=b"{}", headers={"Content-Type": media})
    problem(answer, 415, "unsupported-media-type")


@pytest.mark.parametrize("media", ["application/json; charset=utf-8", "APPLICATION/JSON"])
def test_bad_input__json_in_other_spellings_of_its_type_is_read(api: Api, media: str) -> None:
    answer = api.post(RUN, data=b'{"inputs": {}}', headers={"Content-Type": media})
    assert answer.status_code == 202


def test_bad_input__a_body_over_6_mb_is_413_and_one_just_under_is_read(api: Api) -> None:
    over = b'{"inputs": {"text": "' + b"x" * 6_000_000 + b'"}}'
    problem(api.post(RUN, data=over, headers=JSON), 413, "too-large")
    under = b"{" + b" " * 5_999_990 + b"}"
    assert api.post(RUN, data=under, headers=JSON).status_code == 202


def test_bad_input__a_body_sent_in_chunks_is_limited_too(api: Api) -> None:
    answer = api.post(RUN, data=iter([b"x" * 1_000_000] * 7), headers=JSON)
    problem(answer, 413, "too-large")


@pytest.mark.parametrize("path", ["/api/v1/run/bad-input", "/api/v1/cancel/run_x"])
def test_bad_input__an_unknown_query_parameter_is_400(api: Api, path: str) -> None:
    assert "dry_run" in problem(api.post(f"{path}?dry_run=1"), 400, "bad-request")["detail"]


@pytest.mark.parametrize(
    "path",
    [
        "/api/v1/executions/..%2F..%2Fworkflows",
        "/api/v1/executions/run_%0d%0aX-Injected:%20yes",
        "/api/v1/executions/run_%00",
        "/api/v1/executions/%F0%9F%98%80",
        "/api/v1/workflows/%2e%2e",
        "/errors/%3Cscript%3E",
        "/errors/" + "x" * 5000,
        "/api/v1/executions/run_x/steps",
        "/API/V1/EXECUTIONS",
        "/..%2f..%2fetc/passwd",
    ],
)
def test_bad_input__a_strange_path_is_404(api: Api, path: str) -> None:
    answer = api.get(path)
    problem(answer, 404, "not-found")
    assert "X-Injected" not in answer.headers


def fine(answer: requests.Response, *statuses: int) -> None:
    """Fails unless the answer is one of ours with one of these statuses, and no stack trace."""
    assert answer.status_code in statuses, f"{answer.status_code} {answer.text[:300]}"
    has_common_headers(answer)
    assert "Traceback" not in answer.text and ".py" not in answer.text


json_values: Any = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=20),
    lambda inner: (
        st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=8), inner, max_size=4)
    ),
    max_leaves=10,
)
inputs = st.dictionaries(st.sampled_from(["text", "number", "x", ""]), json_values, max_size=3)


@FUZZ
@given(st.binary(max_size=200))
def test_bad_input__random_bytes_to_run_are_never_a_fault_of_ours(api: Api, body: bytes) -> None:
    fine(api.post(RUN, data=body, headers=JSON), 202, 400, 422)


@FUZZ
@given(json_values | st.fixed_dictionaries({"inputs": inputs}))
def test_bad_input__random_json_to_run_is_never_a_fault_of_ours(api: Api, value: Any) -> None:
    fine(api.post(RUN, data=json.dumps(value).encode(), headers=JSON), 202, 400, 422)


@FUZZ
@given(st.binary(max_size=200), st.sampled_from(["application/json", "application/yaml"]))
def test_bad_input__random_bytes_to_apply_are_never_a_fault_of_ours(
    api: Api, body: bytes, media: str
) -> None:
    fine(api.put("bad-fuzzed", body, media), 400, 422)


members = st.sampled_from(["name", "inputs", "steps", "outputs", "env", "timeout", "hooks", "x"])
step_members = st.sampled_from(
    ["name", "action", "params", "if", "retry", "timeout", "depends_on", "credential", "x"]
)
words = st.sampled_from(["a", "bad-fuzzed", "transform", "delay", "1s", "{{ inputs.x }}", "{{"])
values = words | json_values
steps = st.lists(st.dictionaries(step_members, values, max_size=5), max_size=3)


@FUZZ
@given(st.dictionaries(members, values, max_size=4), steps)
def test_bad_input__random_definitions_to_apply_are_never_a_fault_of_ours(
    api: Api, value: dict[str, Any], listed: list[dict[str, Any]]
) -> None:
    body = json.dumps({**value, "name": "bad-fuzzed", "steps": listed}).encode()
    fine(api.put("bad-fuzzed", body), 200, 201, 400, 422, 501)


@FUZZ
@given(
    st.sampled_from(["limit", "status", "since", "workflow", "page_token"]),
    st.text(max_size=40) | st.sampled_from(["1h", "2026-01-01T00:00:00Z", "completed"]),
)
def test_bad_input__random_filters_are_never_a_fault_of_ours(
    api: Api, name: str, value: str
) -> None:
    text = value.encode("utf-8", "replace").decode()
    fine(api.get("/api/v1/executions", params={name: text}), 200, 400)
