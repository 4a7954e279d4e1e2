"""A backend that cannot run here is refused at create, with a reason (S3)."""

from __future__ import annotations

from typing import Any

import pytest

from chalicelib.brains import registry
from chalicelib.core.swarms.backends import (
    BACKENDS,
    DEFAULT,
    agent_problem,
    backend_problem,
    parse_backends,
)
from chalicelib.core.swarms.model import AgentSpec, Backend

ON = parse_backends(DEFAULT)


def test_every_backend_has_a_brain() -> None:
    assert set(registry.backends()) == set(BACKENDS)


def test_what_is_not_switched_on_is_refused_and_what_is_on_is_named() -> None:
    assert backend_problem(Backend("docker", {"image": "coder"}), ON) == (
        "the backend docker is not switched on for this stage "
        "(on: mock, local, bwrap, bedrock, http, lambda)"
    )
    assert backend_problem(Backend("docker", {"image": "coder"}), {"docker"}) is None
    assert "unknown backend" in str(backend_problem(Backend("podman"), ON))


def test_a_stage_cannot_switch_on_what_there_is_not() -> None:
    assert parse_backends(" mock, ssh,") == {"mock", "ssh"}
    with pytest.raises(ValueError, match="podman"):
        parse_backends("mock,podman")


@pytest.mark.parametrize(
    ("backend", "options", "fine"),
    [
        ("http", {"url": "https://example.org/agent"}, True),
        ("http", {}, False),
        ("http", {"url": "https://user:pass@example.org"}, False),
        ("lambda", {"arn": "arn:aws:lambda:us-east-1:123456789012:function:f"}, True),
        ("lambda", {"arn": 3}, False),
        ("docker", {"image": "coder-2"}, True),
        ("docker", {"image": "evil/image:latest"}, False),
        ("ssh", {"host": "i-0123456789abcdef0"}, True),
        ("ssh", {"host": "mi-0123456789abcdef0"}, True),
        ("ssh", {"host": "tag:Role=agents"}, True),
        ("ssh", {"host": "root@example.org; rm -rf /"}, False),
        ("ssh", {"host": "tag:Role=*"}, False),
        ("mock", {}, True),
    ],
)
def test_options_are_checked(backend: str, options: dict[str, Any], fine: bool) -> None:
    assert (backend_problem(Backend(backend, options), set(BACKENDS)) is None) is fine


@pytest.mark.parametrize(
    ("agent", "problem"),
    [
        (AgentSpec("a", Backend("local"), endpoint="https://models.example.org/v1"), None),
        (AgentSpec("a", Backend("local"), config={"credential": "openai"}), None),
        (AgentSpec("a", Backend("mock"), presets=("unheard-of",)), None),
        (AgentSpec("a", Backend("bedrock"), endpoint="https://x.org"), "takes no endpoint"),
        (AgentSpec("a", Backend("bedrock"), config={"credential": "x"}), "takes no credential"),
        (AgentSpec("a", Backend("local"), endpoint="gopher://x"), "endpoint: url: "),
        (AgentSpec("a", Backend("local"), config={"credential": 3}), "must name a secret"),
        (AgentSpec("a", config={"script": "hello"}), "script must be a list"),
        (AgentSpec("a", Backend("ssh", {"host": "i-0123456789abcdef0"})), "not switched on"),
    ],
)
def test_an_agents_problem_begins_with_its_name(agent: AgentSpec, problem: str | None) -> None:
    found = agent_problem(agent, ON)
    if problem is None:
        assert found is None
    else:
        assert found is not None
        assert found.startswith("Agent a: ")
        assert problem in found
