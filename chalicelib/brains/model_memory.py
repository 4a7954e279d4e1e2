"""What a model agent remembers: the last exchanges, within limits."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Final

from chalicelib.core.swarms.objects.base import size, whole

EXCHANGES: Final = 20
"""Kept unless the agent's config says `memory_exchanges`."""
MOST_EXCHANGES: Final = 100
MOST_TEXT: Final = 8_000
"""Characters of each side of an exchange."""
MOST_BYTES: Final = 100_000
SILENT: Final = "(nothing)"
"""For a side that said nothing: models refuse blank texts."""

History = tuple[tuple[str, str], ...]


def history_of(memory: Mapping[str, Any]) -> History:
    """The exchanges, the oldest first."""
    kept = memory.get("exchanges")
    found = []
    for one in kept if isinstance(kept, list) else []:
        if isinstance(one, Mapping):
            user, assistant = one.get("user"), one.get("assistant")
            if isinstance(user, str) and isinstance(assistant, str):
                found.append((words(user), words(assistant)))
    return tuple(found)


def remembered(history: History, user: str, assistant: str, most: int) -> dict[str, Any]:
    """The memory with one more exchange: the newest `most`, and of those what has room."""
    all_of_them = [*history, (words(user)[:MOST_TEXT], words(assistant)[:MOST_TEXT])]
    kept: list[Mapping[str, str]] = []
    left = MOST_BYTES
    for said, answered in reversed(_newest(all_of_them, most)):
        exchange = {"user": said, "assistant": answered}
        left -= size(exchange) + 1
        if left < 0:
            break
        kept.append(exchange)
    return {"exchanges": kept[::-1]}


def exchanges_of(config: Mapping[str, Any]) -> int:
    """How many exchanges an agent keeps: `memory_exchanges`, 0 to 100."""
    return whole(config.get("memory_exchanges"), 0, MOST_EXCHANGES, EXCHANGES)


def words(text: str) -> str:
    """A text that is not blank."""
    return text if text.strip() else SILENT


def _newest(exchanges: Sequence[tuple[str, str]], most: int) -> Sequence[tuple[str, str]]:
    return exchanges[-most:] if most else ()
