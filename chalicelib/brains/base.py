"""What brains may use of the world, and what more than one of them does."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

from chalicelib.core.clock import Clock, utc_now
from chalicelib.core.credentials import Credential
from chalicelib.core.reach import Reach
from chalicelib.core.steps import StepFailed
from chalicelib.core.swarms.messages import told
from chalicelib.core.swarms.model import AgentSpec, Mail
from chalicelib.core.swarms.ports import TurnContext
from chalicelib.core.swarms.routing import as_text

if TYPE_CHECKING:
    from mypy_boto3_bedrock_runtime import BedrockRuntimeClient

    from chalicelib.cloud.http import OutboundHttp

MOST_OUTPUT: Final = 50_000
"""Characters of what an agent says in a turn that are kept."""
MOST_LOG: Final = 10_000
"""Characters of one line of its conversation."""


@dataclass(frozen=True, slots=True)
class Containers:
    """Where the stage runs containers of agents. `task_definition` has `{image}` in it."""

    cluster: str
    task_definition: str
    subnets: tuple[str, ...]
    security_groups: tuple[str, ...] = ()
    container: str = "agent"
    public_ip: bool = False
    callback: str = ""
    """The stage's address, for what the container answers."""


@dataclass(frozen=True, slots=True)
class World:
    """What a stage hands to its brains. What is costly to make is made when asked for."""

    http: Callable[[], OutboundHttp]
    bedrock: Callable[[], BedrockRuntimeClient]
    aws: Callable[[str], Any]
    """The client of an AWS service, by boto3's name of it."""
    reach: Callable[[str], Reach]
    """What an organisation may touch of AWS."""
    credential: Callable[[str, str], Credential]
    """A named secret of an organisation. Raises StepFailed where there is none."""
    model: str = ""
    """The stage's own model; empty: agents have to name one."""
    containers: Containers | None = None
    now: Clock = utc_now


def agent_of(context: TurnContext) -> AgentSpec:
    """The agent whose turn it is. Raises StepFailed (final) for an object: objects have handlers."""
    spec = context.node.spec
    if not isinstance(spec, AgentSpec):
        raise StepFailed("not_an_agent", f"{context.node.name} is an object", retryable=False)
    return spec


def asked(mail: Mail, context: TurnContext) -> dict[str, Any]:
    """What a backend outside is sent: `{agent, swarm, message, state, skills, targets}`."""
    state = context.life.memory.get("state")
    return {
        "agent": context.node.name,
        "swarm": context.swarm,
        "message": told(mail),
        "state": state if isinstance(state, Mapping) else {},
        "skills": dict(context.skills),
        "targets": list(context.node.targets),
    }


def heard(mail: Mail) -> tuple[str, str]:
    """The line of the conversation that says what came in."""
    text = as_text(mail.content)
    said = text if mail.sender is None else f"[{mail.type} from {mail.sender}] {text}"
    return ("user", said[:MOST_LOG])


def spoken(output: str | None) -> tuple[tuple[str, str], ...]:
    """The line of what the agent said, if it did."""
    return (("assistant", output[:MOST_LOG]),) if output else ()
