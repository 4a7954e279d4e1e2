"""`queue`: keeps items in order.

`{"op": "push", "item": …}` (any other content is pushed as it is), `pop`, `peek`, `size`. Config
`max_items` (1,000, which is also the most). State `{items}`. Answers: `{size}`, of pop and peek
`{item, size}` with `"empty": true` where there was none.
"""

from __future__ import annotations

from typing import Any, Final

from chalicelib.core.swarms.model import Mail
from chalicelib.core.swarms.objects.base import (
    MOST_ENTRIES,
    MOST_ENTRY_BYTES,
    MOST_STATE_BYTES,
    Config,
    Handled,
    Plain,
    State,
    command,
    refuse,
    reply,
    size,
    unknown,
    whole,
)

OPS: Final = ("push", "pop", "peek", "size")


class Queue(Plain):
    def initial(self, config: Config) -> State:
        return {"items": []}

    def problem(self, config: Config) -> str | None:
        if "max_items" in config and not whole(config["max_items"], 1, MOST_ENTRIES, 0):
            return f"max_items must be a whole number from 1 to {MOST_ENTRIES:,}"
        return None

    def handle(self, state: State, mail: Mail, config: Config, now: str) -> Handled:
        kept = state.get("items")
        items: list[Any] = list(kept) if isinstance(kept, list) else []
        asked = command(mail.content)
        op = "push" if asked is None else asked["op"]
        if op == "push":
            item = mail.content if asked is None else asked.get("item")
            return self._push(items, item, mail, config)
        if op in ("pop", "peek"):
            left = items[1:] if op == "pop" else items
            said = {"item": items[0] if items else None, "size": len(left)}
            if not items:
                said["empty"] = True
            return Handled({"items": left}, reply(mail, said))
        if op == "size":
            return Handled({"items": items}, reply(mail, {"size": len(items)}))
        return unknown({"items": items}, mail, OPS)

    def _push(self, items: list[Any], item: Any, mail: Mail, config: Config) -> Handled:
        most = whole(config.get("max_items"), 1, MOST_ENTRIES, MOST_ENTRIES)
        if size(item) > MOST_ENTRY_BYTES:
            reason = f"an item has at most {MOST_ENTRY_BYTES:,} bytes"
            return refuse({"items": items}, mail, "too_large", reason)
        after = {"items": [*items, item]}
        if len(items) >= most or size(after) > MOST_STATE_BYTES:
            return refuse({"items": items}, mail, "full", f"{len(items)} items are in it")
        return Handled(after, reply(mail, {"size": len(items) + 1}))
