"""Which backends run agents, and what is wrong with one at create: never found out by a mock (S3)."""

from __future__ import annotations

import re
from collections.abc import Callable, Collection, Mapping
from typing import Any, Final

from chalicelib.core.addresses import parse_url
from chalicelib.core.swarms.mock_script import script_problem
from chalicelib.core.swarms.model import AgentSpec, Backend

BACKENDS: Final = ("mock", "local", "bwrap", "bedrock", "http", "lambda", "docker", "ssh")
DEFAULT: Final = "mock,local,bwrap,bedrock,http,lambda"
"""What a stage has switched on unless it says otherwise."""
MODELS: Final = frozenset({"local", "bwrap", "bedrock"})
"""Those whose turns are a model's."""
HOST: Final = re.compile(
    r"(?:m?i-[0-9a-f]{8,40}|tag:[A-Za-z0-9_.:-]{1,128}=[A-Za-z0-9_.-]{1,256})\Z"
)
IMAGE: Final = re.compile(r"[A-Za-z0-9][A-Za-z0-9_-]{0,99}\Z")


def parse_backends(text: str) -> frozenset[str]:
    """The stage's setting: names separated by commas. Raises ValueError for one there is not."""
    found = frozenset(filter(None, (part.strip() for part in text.split(","))))
    if unknown := sorted(found - set(BACKENDS)):
        raise ValueError(f"there is no backend {unknown[0]!r}; there are {', '.join(BACKENDS)}")
    return found


def backend_problem(backend: Backend, enabled: Collection[str]) -> str | None:
    """Why a backend cannot run an agent here; None when it can."""
    if backend.type not in BACKENDS:
        return f"unknown backend {backend.type[:64]!r}: there are {', '.join(BACKENDS)}"
    if backend.type not in enabled:
        on = ", ".join(name for name in BACKENDS if name in enabled) or "none"
        return f"the backend {backend.type} is not switched on for this stage (on: {on})"
    check = _OPTIONS.get(backend.type)
    problem = check(backend.options) if check is not None else None
    return None if problem is None else f"the backend {backend.type}: {problem}"


def agent_problem(agent: AgentSpec, enabled: Collection[str]) -> str | None:
    """Why an agent cannot run here: its backend, and what its endpoint and config say to it."""
    problem = backend_problem(agent.backend, enabled) or _agent_problem(agent)
    return None if problem is None else f"Agent {agent.name}: {problem}"


def _agent_problem(agent: AgentSpec) -> str | None:
    credential = agent.config.get("credential")
    if credential is not None and (not isinstance(credential, str) or not credential):
        return "config.credential must name a secret"
    if credential is not None and agent.backend.type == "bedrock":
        return "the backend bedrock takes no credential: the stage's own role asks"
    if agent.endpoint is not None:
        if agent.backend.type not in MODELS - {"bedrock"}:
            return f"the backend {agent.backend.type} takes no endpoint; local and bwrap do"
        if problem := _url_problem({"url": agent.endpoint}):
            return f"endpoint: {problem}"
    if agent.backend.type == "mock" and "script" in agent.config:
        return script_problem(agent.config["script"])
    return None


def _url_problem(options: Mapping[str, Any]) -> str | None:
    url = options.get("url")
    if not isinstance(url, str):
        return "url is required"
    try:
        parse_url(url)
    except ValueError as problem:
        return f"url: {problem}"[:300]
    return None


def _arn_problem(options: Mapping[str, Any]) -> str | None:
    arn = options.get("arn")
    if isinstance(arn, str) and 0 < len(arn) <= 300:
        return None
    return "arn is required: a Lambda function's"


def _image_problem(options: Mapping[str, Any]) -> str | None:
    image = options.get("image")
    if isinstance(image, str) and IMAGE.match(image):
        return None
    return "image is required: letters, digits, - and _ (it names a task definition of the stage)"


def _host_problem(options: Mapping[str, Any]) -> str | None:
    host = options.get("host")
    if isinstance(host, str) and HOST.match(host):
        return None
    return "host is required: an instance's id (i-…, mi-…) or tag:<name>=<value>"


_OPTIONS: Final[Mapping[str, Callable[[Mapping[str, Any]], str | None]]] = {
    "http": _url_problem,
    "lambda": _arn_problem,
    "docker": _image_problem,
    "ssh": _host_problem,
}
