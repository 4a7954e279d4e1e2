"""`local`, `bwrap` and `bedrock`: a turn of a language model, inside the Lambda (S3).

The agent's skills are the system prompt, its last exchanges the conversation, its edges and presets
the tools. What it says last is its output and, where it was asked, the reply.
"""

from __future__ import annotations

import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any, Final

from chalicelib.brains import presets
from chalicelib.brains.base import MOST_LOG, MOST_OUTPUT, World, agent_of, heard, spoken
from chalicelib.brains.model_memory import exchanges_of, history_of, remembered, words
from chalicelib.brains.model_tools import ModelTools
from chalicelib.core.chat import Conversation, Question
from chalicelib.core.credentials import Credential
from chalicelib.core.steps import StepFailed
from chalicelib.core.swarms.messages import answer_to
from chalicelib.core.swarms.model import AgentSpec, Mail, Outgoing
from chalicelib.core.swarms.objects.base import whole
from chalicelib.core.swarms.ports import TurnContext, TurnResult

if TYPE_CHECKING:
    from chalicelib.actions.ai_tools import RecordedCall

ROUNDS: Final = 8
"""How often a model may call tools in a turn, unless the agent's config says `max_rounds`."""
MOST_ROUNDS: Final = 20
MOST_SYSTEM: Final = 200_000
"""Characters of the system prompt."""
MOST_TOLD: Final = 10
"""Calls of tools in one turn that events and lines tell of."""

_Events = tuple[tuple[str, str, Mapping[str, Any]], ...]


@dataclass(frozen=True, slots=True)
class ModelBrain:
    world: World

    def turn(self, mail: Mail, context: TurnContext) -> TurnResult:
        """Raises StepFailed: those of `core.chat.Conversation`, `too_many_tool_calls`,
        `model_missing` and `credential_invalid` (all three final)."""
        spec = agent_of(context)
        name = spec.config.get("credential")
        if not isinstance(name, str):
            return self._turn(mail, context, spec, None)
        secret = self.world.credential(context.org, name)
        try:
            return self._turn(mail, context, spec, secret)
        except StepFailed as failure:
            # A server may repeat what it was sent in why it refused.
            message = secret.hide(failure.message)
            raise StepFailed(failure.code, message, retryable=failure.retryable) from None

    def _turn(
        self, mail: Mail, context: TurnContext, spec: AgentSpec, secret: Credential | None
    ) -> TurnResult:
        from chalicelib.actions.ai_tools import rounds

        end = time.monotonic() + context.seconds
        tools = ModelTools(
            mail,
            context.node.targets,
            presets.known(spec.presets),
            lambda: self._actions(mail, context, end),
        )
        history = history_of(context.life.memory)
        _, text = heard(mail)
        specs = tools.specs()
        question = Question(
            model=self._model(spec),
            prompt=words(text),
            system_prompt=system_prompt(context, spec),
            max_tokens=whole(spec.config.get("max_tokens"), 1, 1_000_000, 0) or None,
            temperature=_temperature(spec.config.get("temperature")),
            tools=specs,
            history=history,
        )
        turns, calls = rounds(
            self._conversation(spec, question, secret),
            tools.run if specs else None,
            whole(spec.config.get("max_rounds"), 1, MOST_ROUNDS, ROUNDS),
            lambda: end - time.monotonic(),
        )
        said = turns[-1].text if secret is None else secret.hide(turns[-1].text)
        said = said[:MOST_OUTPUT]
        reply = answer_to(mail, words(said)) if mail.type == "ask" else None
        sent = tools.sent if secret is None else [_hidden(one, secret) for one in tools.sent]
        return TurnResult(
            remembered(history, text, said, exchanges_of(spec.config)),
            outgoing=(*sent, *([reply] if reply else [])),
            logs=(*_absent(spec, history), heard(mail), *_lines(calls), *spoken(said)),
            output=said or None,
            events=_events(context.node.name, calls),
        )

    def _model(self, spec: AgentSpec) -> str:
        named = spec.model or spec.backend.options.get("model") or self.world.model
        if not isinstance(named, str) or not named:
            message = "the agent names no model, and the stage has none of its own"
            raise StepFailed("model_missing", message, retryable=False)
        return named

    def _conversation(
        self, spec: AgentSpec, question: Question, secret: Credential | None
    ) -> Conversation:
        """With Bedrock, or with the endpoint that the agent or its credential names."""
        if spec.endpoint is None and secret is None:
            from chalicelib.cloud.models import BedrockConversation

            return BedrockConversation(self.world.bedrock(), question)
        from chalicelib.actions.ai_endpoint import endpoint
        from chalicelib.cloud.openai import Endpoint, OpenAiConversation

        if secret is None:
            return OpenAiConversation(self.world.http(), Endpoint(str(spec.endpoint)), question)
        found = endpoint(secret, "an agent's model")
        if spec.endpoint is not None and spec.endpoint.rstrip("/") != found.url.rstrip("/"):
            # Or whoever may write an agent could have the key sent to a server of theirs.
            message = f"the credential {secret.name!r} is for another endpoint than the agent's"
            raise StepFailed("credential_not_allowed", message, retryable=False)
        return OpenAiConversation(self.world.http(), found, question)

    def _actions(self, mail: Mail, context: TurnContext, end: float) -> Any:
        """What tools may use: as steps do, without the model's credential."""
        from chalicelib.actions.base import ActionContext

        return ActionContext(
            http=self.world.http(),
            bedrock=self.world.bedrock,
            remaining=lambda: end - time.monotonic(),
            now=self.world.now,
            idempotency_key=mail.id,
            aws=self.world.aws,
            reach=self.world.reach(context.org),
        )


def system_prompt(context: TurnContext, spec: AgentSpec) -> str:
    """Who the agent is, whom it can reach, what its config says, and its skills."""
    targets = ", ".join(context.node.targets)
    reach = f"You can send messages to: {targets}." if targets else "You can message nobody."
    parts = [
        f"You are {context.node.name}, an agent of the swarm {context.swarm}. {reach} "
        "A message that begins with [ask from …] wants an answer: what you say last is sent back."
    ]
    own = spec.config.get("system_prompt")
    if isinstance(own, str) and own.strip():
        parts.append(own)
    parts += [f"# Skill: {name}\n\n{text}" for name, text in context.skills]
    return "\n\n".join(parts)[:MOST_SYSTEM]


def _hidden(sent: Outgoing, secret: Credential) -> Outgoing:
    return replace(sent, content=secret.hide(sent.content))


def _temperature(value: Any) -> float | None:
    if isinstance(value, bool) or not isinstance(value, int | float) or not 0 <= value <= 1:
        return None
    return float(value)


def _absent(spec: AgentSpec, history: Sequence[object]) -> tuple[tuple[str, str], ...]:
    """Told once, at the beginning of a session."""
    missing = presets.unknown(spec.presets)
    if not missing or history:
        return ()
    names = ", ".join(missing)
    return (("system", f"These presets are not there: {names}"[:MOST_LOG]),)


def _lines(calls: Sequence[RecordedCall]) -> tuple[tuple[str, str], ...]:
    return tuple(("tool", _told(call)) for call in calls[:MOST_TOLD])


def _events(agent: str, calls: Sequence[RecordedCall]) -> _Events:
    return tuple(
        (
            "tool_failed" if call["status"] == "failed" else "tool_called",
            f"{agent}: {_told(call)}",
            {"tool": call["name"], "round": call["round"], "status": call["status"]},
        )
        for call in calls[:MOST_TOLD]
    )


def _told(call: RecordedCall) -> str:
    error = f": {call['error']}" if "error" in call else ""
    return f"{call['name']} {call['status']}{error}"[:500]
