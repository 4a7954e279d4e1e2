"""Objects: their handlers are pure; what they want done outside is done here."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

from chalicelib.brains.base import World
from chalicelib.brains.function import invoked
from chalicelib.core.steps import StepFailed
from chalicelib.core.swarms.model import ALWAYS_ROUTABLE, Mail, ObjectSpec, Outgoing
from chalicelib.core.swarms.objects import registry
from chalicelib.core.swarms.objects.base import Effect, Handled, Post
from chalicelib.core.swarms.ports import TurnContext, TurnResult

SECONDS: Final = 30.0
"""For one effect, where the turn has as many left."""


@dataclass(frozen=True, slots=True)
class ObjectBrain:
    """A turn of an object: (state, mail) → (state, messages)."""

    world: World

    def turn(self, mail: Mail, context: TurnContext) -> TurnResult:
        """Raises StepFailed: `unknown_handler`, and what an effect fails with."""
        spec = context.node.spec
        if not isinstance(spec, ObjectSpec) or spec.handler not in registry.names():
            raise StepFailed("unknown_handler", registry.UNKNOWN, retryable=False)
        handler, config = registry.handler(spec.handler), registry.config_of(spec)
        state = context.life.memory
        found = handler.handle(state, mail, config, context.now)
        if found.effect is not None:
            answer = self._done(found.effect, context)
            found = handler.answered(found.state, mail, config, answer, context.now)
        return TurnResult(
            found.state,
            outgoing=tuple(sent for sent in found.outgoing if _leads(sent, context)),
            events=_events(found, mail, context),
        )

    def _done(self, effect: Effect, context: TurnContext) -> Any:
        """An effect's answer: a status, or what a function returned."""
        seconds = min(SECONDS, context.seconds)
        if isinstance(effect, Post):
            return post(self.world, effect, seconds)
        reach = self.world.reach(context.org)
        return invoked(self.world, reach, effect.arn, effect.payload)


def post(world: World, effect: Post, seconds: float) -> int:
    """The status of a POST; from 400 on it fails, for good where another try cannot help."""
    from chalicelib.core.addresses import parse_url

    headers = {name.lower(): value for name, value in effect.headers.items()}
    headers |= {"content-type": "application/json", "idempotency-key": effect.key}
    answer = world.http().request(
        "POST",
        effect.url,
        headers=headers,
        body=json.dumps(effect.body).encode(),
        timeout_seconds=seconds,
        follow_redirects=0,
    )
    if answer.status >= 400:
        # Neither query nor body: either may hold what must not stand in an event or a log.
        where = parse_url(answer.url).public
        raise StepFailed(
            "http_status",
            f"POST {where} answered {answer.status}",
            retryable=answer.status >= 500 or answer.status in (408, 425, 429),
        )
    return answer.status


def _leads(sent: Outgoing, context: TurnContext) -> bool:
    """Whether to send it at all. A handler answers whoever wrote; where no edge leads back, that is
    no mistake that an event should tell of."""
    if sent.to is None or sent.type != "reply":
        return True
    known: Mapping[str, Any] = context.kinds
    allowed = sent.to in context.node.targets or sent.to in ALWAYS_ROUTABLE
    return allowed and (not known or sent.to in known)


def _events(
    found: Handled, mail: Mail, context: TurnContext
) -> tuple[tuple[str, str, Mapping[str, Any]], ...]:
    if found.rejected is None:
        return ()
    told = {"from": mail.sender, "reason": found.rejected}
    return (("object_rejected", f"{context.node.name}: {found.rejected}", told),)
