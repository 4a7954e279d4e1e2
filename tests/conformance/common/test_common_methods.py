"""For all dialects: a method that a path does not have is refused with 405, as the dialect refuses, and
the header `Allow` names what the path has (RFC 9110)."""

from __future__ import annotations

import pytest

from tests.support.answers import has_common_headers, problem
from tests.support.stack import Api

PROBLEMS = {
    ("DELETE", "/api/v1/executions"): "GET, OPTIONS",
    ("POST", "/api/v1/executions/run_1"): "DELETE, GET, OPTIONS",
    ("GET", "/api/v1/run/anything"): "POST, OPTIONS",
    ("PUT", "/api/swarms"): "GET, POST, OPTIONS",
    ("PATCH", "/api/swarms/a/agents/b/task"): "POST, OPTIONS",
    ("POST", "/"): "GET, OPTIONS",
    ("POST", "/healthz"): "GET, OPTIONS",
    ("PUT", "/hooks/one/two"): "POST, OPTIONS",
}
METHODS = ("GET", "PUT", "PATCH", "DELETE")


@pytest.mark.parametrize(("method", "path"), PROBLEMS)
def test_s4_errors__a_method_that_a_path_does_not_have_is_405(
    api: Api, method: str, path: str
) -> None:
    answer = api.call(method, path)
    found = problem(answer, 405, "method-not-allowed")
    assert found["detail"] == f"{method} is not possible on {path}"
    assert answer.headers["Allow"] == PROBLEMS[method, path]
    has_common_headers(answer)


@pytest.mark.parametrize("method", METHODS)
@pytest.mark.parametrize("path", ["/api/v1/cancel", "/api/v1/cancel/swarm/run_1"])
def test_s0_cancel__a_method_that_is_not_there_is_405_in_its_words(
    api: Api, method: str, path: str
) -> None:
    answer = api.call(method, path)
    assert answer.status_code == 405
    assert answer.headers["Allow"] == "POST, OPTIONS"
    message = f"{method} is not possible on {path}"
    assert answer.json() == {"status": "error", "message": message}
    has_common_headers(answer)


def test_s1_errors__a_method_that_a_path_does_not_have_is_405_in_its_envelope(api: Api) -> None:
    answer = api.call("DELETE", "/v1/runs")
    assert answer.status_code == 405
    assert answer.headers["Allow"] == "GET, POST, OPTIONS"
    assert answer.json() == {
        "code": 405,
        "details": {"type": "/errors/method-not-allowed"},
        "message": "DELETE is not possible on /v1/runs",
        "requestId": answer.headers["X-Request-Id"],
    }
    has_common_headers(answer)


def test_all_dialects__head_of_a_path_that_has_only_get_says_what_is_allowed(api: Api) -> None:
    answer = api.call("HEAD", "/healthz")
    assert (answer.status_code, answer.headers["Allow"]) == (405, "GET, OPTIONS")


def test_all_dialects__a_path_that_is_not_there_stays_404_with_every_method(api: Api) -> None:
    for method in (*METHODS, "POST"):
        assert api.call(method, "/api/v1/nothing").status_code == 404


def test_all_dialects__without_a_token_a_wrong_method_is_405_too(nobody: Api) -> None:
    answer = nobody.call("PUT", "/api/v1/executions")
    assert (answer.status_code, answer.headers["Allow"]) == (405, "GET, OPTIONS")
