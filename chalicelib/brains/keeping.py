"""Asks around any brain: it never sees how they are kept."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

from chalicelib.core.swarms import asks
from chalicelib.core.swarms.model import Mail
from chalicelib.core.swarms.ports import Brain, TurnContext, TurnResult


@dataclass(frozen=True, slots=True)
class AskKeeping:
    """A brain whose asks are remembered, and closed by the reply or the end that comes first."""

    brain: Brain
    config: Mapping[str, Any]

    def turn(self, mail: Mail, context: TurnContext) -> TurnResult:
        """Raises what the brain raises. Of an ask that has its reply, the end is let pass."""
        memory = context.life.memory
        if asks.is_timeout(mail) and not asks.is_open(memory, mail.correlation):
            return TurnResult(memory)
        life = replace(context.life, memory=asks.visible(memory))
        result = self.brain.turn(mail, replace(context, life=life))
        kept = asks.closed(memory, mail.correlation) if mail.type == "reply" else memory
        after = asks.joined(result.memory, kept)
        seconds = asks.seconds_of(self.config)
        after = asks.opened(after, result.outgoing, context.now, seconds)
        return replace(result, memory=after)
