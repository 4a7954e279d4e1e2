"""Parameters are checked as far as can be known at apply time, and fully at run time."""

from __future__ import annotations

import subprocess
import sys
from typing import Any

import pytest

from chalicelib.actions import registry
from chalicelib.actions.base import ActionContext
from chalicelib.cloud.http import OutboundHttp
from chalicelib.core.addresses import parse_networks
from chalicelib.core.steps import StepFailed

URL = "https://example.org/"


def places(name: str, params: dict[str, Any], allowed: str = "") -> dict[str, str]:
    found = registry.check_params(name, params, parse_networks(allowed))
    return {problem.location: problem.message for problem in found}


def context() -> ActionContext:
    def no_model() -> Any:
        raise AssertionError("no model was asked for")

    return ActionContext(http=OutboundHttp(), bedrock=no_model, remaining=lambda: 30.0)


def test_every_registered_action_loads_and_describes_every_parameter() -> None:
    assert registry.names() == (
        "ai/completion",
        "ai/embed",
        "approval",
        "delay",
        "email/send",
        "events/put",
        "http/request",
        "lambda/invoke",
        "s3/get",
        "s3/list",
        "s3/put",
        "slack/send",
        "sns/publish",
        "sqs/send",
        "swarm/task",
        "text/chunk",
        "transform",
        "workflow/run",
    )
    for name in registry.names():
        action = registry.get(name)
        assert action.name == name
        assert (action.Params.__doc__ or "").strip()
        assert set(action.later) <= set(action.Params.model_fields)
        for field_name, field in action.Params.model_fields.items():
            assert field.description or field_name == "root", f"{name}: {field_name}"


def test_looking_at_the_registry_imports_no_action_and_running_one_imports_only_that() -> None:
    script = (
        "import sys\n"
        "from chalicelib.actions import registry\n"
        "registry.names(); registry.check_params('transform', {})\n"
        "loaded = [m for m in sys.modules if m.startswith('chalicelib.')]\n"
        "assert 'chalicelib.actions.transform' in loaded, loaded\n"
        "assert 'chalicelib.actions.http_request' not in loaded, loaded\n"
        "assert 'chalicelib.cloud.http' not in loaded, loaded\n"
        "assert not {'botocore', 'boto3', 'ssl'} & set(sys.modules)\n"
    )
    subprocess.run([sys.executable, "-c", script], check=True)


def test_an_unknown_action_is_a_problem_with_a_suggestion() -> None:
    assert "did you mean 'http/request'?" in places("http/requests", {})[""]
    with pytest.raises(KeyError):
        registry.get("nope")


def test_all_problems_come_at_once_each_with_its_place() -> None:
    params = {
        "metod": "GET",
        "headers": {"X Y": "1", "Host": "x", "X-Ok": ["list"], "X-Evil": "a\r\nb"},
        "allow_status": [404, 200, "x"],
        "timeout": "soon",
        "body": "a",
        "json": {},
    }
    found = places("http/request", params)
    assert set(found) == {
        "metod",
        "url",
        'headers["X Y"]',
        "headers.Host",
        "headers.X-Ok",
        "headers.X-Evil",
        "allow_status[1]",
        "allow_status[2]",
        "timeout",
        "body",
    }
    assert found["metod"] == "unknown parameter; did you mean 'method'?"
    assert found["url"] == "is required"
    assert found["timeout"] == "must be a duration such as 500ms, 90s, 1m30s, 24h or 7d"


@pytest.mark.parametrize(
    "params",
    [
        {"url": "{{ inputs.url }}"},
        {"url": "https://{{ inputs.host }}/"},
        {"url": URL, "method": "{{ inputs.method }}", "timeout": "{{ inputs.t }}"},
        {"url": URL, "allow_status": "{{ inputs.codes }}", "headers": "{{ inputs.headers }}"},
        {"url": URL, "allow_status": [404, "{{ inputs.code }}"]},
        {
            "url": URL,
            "headers": {"X": "{{ steps.a.output }}"},
            "query": {"q": ["{{ x }}", 1, True]},
        },
        {"url": URL, "json": {"deep": ["{{ x }}"]}},
    ],
)
def test_a_value_with_a_template_is_not_judged_before_it_is_rendered(
    params: dict[str, Any],
) -> None:
    assert places("http/request", params) == {}


def test_names_are_judged_whatever_the_templates_beside_them_will_say() -> None:
    params = {"{{ x }}": 1, "headers": {"Bad Name": "{{ x }}"}, "urll": "{{ inputs.url }}"}
    found = places("http/request", params)
    assert set(found) == {'["{{ x }}"]', 'headers["Bad Name"]', "urll", "url"}


def test_a_literal_url_is_checked_against_the_stages_networks() -> None:
    url = {"url": "http://127.0.0.1:9000/"}
    assert "does not allow" in places("http/request", url)["url"]
    assert places("http/request", url, "127.0.0.0/8") == {}
    assert (
        "169.254.169.254"
        in places("http/request", {"url": "http://0xa9fea9fe/"}, "127.0.0.0/8")["url"]
    )


def test_secrets_in_bad_parameters_are_not_repeated_in_messages() -> None:
    params = {"url": URL, "headers": {"Authorization": "hunter2\n"}, "body": ["hunter2"]}
    assert "hunter2" not in str(places("http/request", params))
    with pytest.raises(StepFailed) as caught:
        registry.run("http/request", params, context())
    assert "hunter2" not in str(caught.value)


def test_rendered_parameters_are_checked_fully_and_a_failure_is_final() -> None:
    with pytest.raises(StepFailed) as caught:
        registry.run("http/request", {"url": URL, "timeout": "{{ x }}", "extra": 1}, context())
    failure = caught.value
    assert (failure.code, failure.retryable) == ("invalid_params", False)
    assert "timeout: must be" in failure.message
    assert "extra: unknown parameter" in failure.message


def test_running_what_does_not_exist_fails_for_good() -> None:
    with pytest.raises(StepFailed) as caught:
        registry.run("nope", {}, context())
    assert (caught.value.code, caught.value.retryable) == ("unknown_action", False)


def test_every_documented_parameter_is_built() -> None:
    tool = {"name": "t", "action": "http/request", "params": {"url": "{{ inputs.tool_input }}"}}
    params = {"model": "m", "prompt": "p", "tools": [tool], "max_rounds": 3, "output_schema": {}}
    assert places("ai/completion", params) == {}
    assert [registry.not_built(name, params) for name in (*registry.names(), "nope")] == [[]] * 19


def test_members_of_a_tool_are_checked_too_and_so_are_its_actions_parameters() -> None:
    params = {"model": "m", "prompt": "p", "tools": [{"name": "t", "acton": "transform"}]}
    assert set(places("ai/completion", params)) == {"tools[0].acton", "tools[0].action"}
    tool = {"name": "t", "action": "http/request", "params": {"url": "http://127.0.0.1/", "x": 1}}
    params["tools"] = [tool]
    found = places("ai/completion", params)
    assert set(found) == {"tools[0].params.url", "tools[0].params.x"}


@pytest.mark.parametrize("action", ["ai/completion", "ai/embed", "delay", "approval"])
def test_what_is_more_than_one_call_and_models_themselves_are_no_tools(action: str) -> None:
    params = {"model": "m", "prompt": "p", "tools": [{"name": "t", "action": action}]}
    assert set(places("ai/completion", params)) == {"tools[0].action"}


def test_transform_returns_what_it_is_given() -> None:
    params = {"model_config": 1, "copy": [None], "a-b": {"c": 2.5}}
    assert places("transform", params) == {}
    assert registry.run("transform", params, context()) == params
    assert registry.run("transform", {}, context()) == {}


def test_the_catalogue_is_the_registry_for_one_stage() -> None:
    catalogue = registry.catalogue(parse_networks("127.0.0.0/8"))
    assert catalogue.names() == registry.names()
    assert catalogue.check_params("http/request", {"url": "http://localhost/"}) == []
    assert catalogue.check_params("http/request", {"url": "http://[::1]/"}) != []
    assert catalogue.not_built("ai/completion", {"tools": []}) == []
