"""`kv`: remembers values by key.

`{"op": "set", "key": …, "value": …}`, `get`, `delete`, and `keys` with `prefix` and `after`, which
lists 100 a time. Config `max_entries` (1,000, which is also the most); keys are texts of 1 to 128
characters. State `{entries}`. Answers: `{key, ok}`, of get `{key, found, value}`, of delete
`{key, found}`, of keys `{keys, more}`.
"""

from __future__ import annotations

from collections.abc import Mapping
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

OPS: Final = ("set", "get", "delete", "keys")
LONGEST_KEY: Final = 128
PAGE: Final = 100


class KeyValue(Plain):
    def initial(self, config: Config) -> State:
        return {"entries": {}}

    def problem(self, config: Config) -> str | None:
        if "max_entries" in config and not whole(config["max_entries"], 1, MOST_ENTRIES, 0):
            return f"max_entries must be a whole number from 1 to {MOST_ENTRIES:,}"
        return None

    def handle(self, state: State, mail: Mail, config: Config, now: str) -> Handled:
        kept = state.get("entries")
        entries: dict[str, Any] = dict(kept) if isinstance(kept, Mapping) else {}
        same = {"entries": entries}
        asked = command(mail.content)
        if asked is None or asked["op"] not in OPS:
            return unknown(same, mail, OPS)
        if asked["op"] == "keys":
            return Handled(same, reply(mail, _page(entries, asked)))
        key = asked.get("key")
        if not isinstance(key, str) or not 0 < len(key) <= LONGEST_KEY:
            reason = f"key must be a text of 1 to {LONGEST_KEY} characters"
            return refuse(same, mail, "invalid_key", reason)
        found = key in entries
        if asked["op"] == "get":
            said = {"key": key, "found": found, "value": entries.get(key)}
            return Handled(same, reply(mail, said))
        if asked["op"] == "delete":
            entries.pop(key, None)
            return Handled(same, reply(mail, {"key": key, "found": found}))
        return _set(entries, key, asked.get("value"), mail, config)


def _set(entries: dict[str, Any], key: str, value: Any, mail: Mail, config: Config) -> Handled:
    same = {"entries": entries}
    if size(value) > MOST_ENTRY_BYTES:
        return refuse(same, mail, "too_large", f"a value has at most {MOST_ENTRY_BYTES:,} bytes")
    most = whole(config.get("max_entries"), 1, MOST_ENTRIES, MOST_ENTRIES)
    after = {"entries": {**entries, key: value}}
    if len(after["entries"]) > max(most, len(entries)) or size(after) > MOST_STATE_BYTES:
        return refuse(same, mail, "full", f"{len(entries)} entries are in it")
    return Handled(after, reply(mail, {"key": key, "ok": True}))


def _page(entries: Mapping[str, Any], asked: Mapping[str, Any]) -> Mapping[str, Any]:
    prefix, after = asked.get("prefix"), asked.get("after")
    begins = prefix if isinstance(prefix, str) else ""
    behind = after if isinstance(after, str) else ""
    keys = sorted(key for key in entries if key.startswith(begins) and key > behind)
    return {"keys": keys[:PAGE], "more": len(keys) > PAGE}
