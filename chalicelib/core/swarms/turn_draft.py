"""What turns have come to before they are committed."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Final

from chalicelib.core.swarms.model import LogLine, NodeLife, Outgoing, SwarmEvent, TaskOutcome
from chalicelib.core.swarms.turn_limits import MOST_OUTGOING

MOST_WRITES: Final = 80
"""Lines and events in one commit; DynamoDB takes 100 items in a transaction."""


@dataclass(slots=True)
class Draft:
    """What turns have come to that are not committed yet."""

    life: NodeLife
    count: int = 0
    outgoing: list[Outgoing] = field(default_factory=list)
    logs: list[LogLine] = field(default_factory=list)
    outputs: list[str] = field(default_factory=list)
    events: list[SwarmEvent] = field(default_factory=list)
    outcomes: list[TaskOutcome] = field(default_factory=list)
    hold: bool = False

    @property
    def full(self) -> bool:
        writes = len(self.logs) + len(self.events) + len(self.outputs) + len(self.outcomes)
        return self.hold or writes > MOST_WRITES or len(self.outgoing) > MOST_OUTGOING // 2
