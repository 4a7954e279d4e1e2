from __future__ import annotations

import json

from chalicelib.core import errors
from infra import gateway_responses as gateway


def _slugs(error: type[errors.RunyardError]) -> set[str]:
    return {error.slug}.union(*(_slugs(child) for child in error.__subclasses__()))


def test_every_answer_of_the_gateway_is_a_problem_whose_body_tells_its_own_status() -> None:
    for name, response in gateway.swagger_extension().items():
        body = json.loads(response["responseTemplates"]["application/json"])
        assert body["status"] == response["statusCode"], name
        assert body["error"] == body["detail"]
        assert body["correlation_id"] == "$context.requestId"
        headers = response["responseParameters"]
        assert headers["gatewayresponse.header.Content-Type"] == "'application/problem+json'"
        assert headers["gatewayresponse.header.Access-Control-Allow-Origin"] == {
            "Fn::Sub": "'${CorsOrigin}'"
        }


def test_an_unknown_path_is_not_found_instead_of_missing_authentication() -> None:
    assert gateway.RESPONSES["MISSING_AUTHENTICATION_TOKEN"].status == 404
    assert gateway.RESPONSES["REQUEST_TOO_LARGE"].status == 413
    assert gateway.RESPONSES["THROTTLED"].status == 429


def test_the_gateways_slugs_are_the_applications_own() -> None:
    assert {refusal.slug for refusal in gateway.RESPONSES.values()} <= _slugs(errors.RunyardError)


def test_a_refusal_for_load_says_when_to_come_again() -> None:
    headers = gateway.swagger_extension()["THROTTLED"]["responseParameters"]
    assert headers["gatewayresponse.header.Retry-After"] == "'1'"
