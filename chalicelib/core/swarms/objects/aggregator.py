"""`aggregator`: collects messages and sends them on together.

Config `count` (10; at most 1,000) is how many make a bundle. `key` names a member of the contents:
then each of its values has a bundle of its own. A bundle is sent to all targets as `{messages:
[{from, content}], complete}`, with `key`'s value as `key`. `complete` is false for one that was sent
early: by `{"op": "flush"}`, or because there is no room for more. `{"op": "reset"}` drops what was
collected, `{"op": "status"}` tells. State `{bundles, emitted}`; answers of ops `{waiting, emitted}`.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any, Final

from chalicelib.core.swarms.model import Mail, Outgoing
from chalicelib.core.swarms.objects.base import (
    MOST_ENTRIES,
    MOST_ENTRY_BYTES,
    MOST_NUMBER,
    MOST_STATE_BYTES,
    Config,
    Handled,
    Plain,
    State,
    command,
    content_object,
    refuse,
    reply,
    size,
    whole,
)

OPS: Final = ("flush", "reset", "status")
MOST_BUNDLES: Final = 100
LONGEST_KEY: Final = 128

_Bundles = dict[str, list[Any]]


class Aggregator(Plain):
    def initial(self, config: Config) -> State:
        return {"bundles": {}, "emitted": 0}

    def problem(self, config: Config) -> str | None:
        if "count" in config and not whole(config["count"], 1, MOST_ENTRIES, 0):
            return f"count must be a whole number from 1 to {MOST_ENTRIES:,}"
        if config.get("key") is not None and not isinstance(config["key"], str):
            return "key must be a text"
        return None

    def handle(self, state: State, mail: Mail, config: Config, now: str) -> Handled:
        bundles, emitted = _read(state)
        keyed = isinstance(config.get("key"), str)
        asked = command(mail.content)
        if asked is not None and asked["op"] in OPS:
            out: list[Outgoing] = []
            if asked["op"] == "flush":
                out = [_bundle(key, bundles[key], keyed, complete=False) for key in bundles]
            left = bundles if asked["op"] == "status" else {}
            after = {"bundles": left, "emitted": min(emitted + len(out), MOST_NUMBER)}
            waiting = sum(map(len, left.values()))
            told = reply(mail, {"waiting": waiting, "emitted": after["emitted"]})
            return Handled(after, (*out, *told))
        return _collect(bundles, emitted, mail, config)


def _collect(bundles: _Bundles, emitted: int, mail: Mail, config: Config) -> Handled:
    line = {"from": mail.sender, "content": mail.content}
    if size(line) > MOST_ENTRY_BYTES:
        same = {"bundles": bundles, "emitted": emitted}
        return refuse(same, mail, "too_large", f"a message has at most {MOST_ENTRY_BYTES:,} bytes")
    keyed = isinstance(config.get("key"), str)
    key = _key(mail.content, config["key"]) if keyed else ""
    out = []
    # What is sent has to fit a message, and what is kept the state: the oldest bundle goes first.
    if key in bundles and size([*bundles[key], line]) > MOST_ENTRY_BYTES:
        out.append(_bundle(key, bundles.pop(key), keyed, complete=False))
    bundles[key] = [*bundles.get(key, []), line]
    if len(bundles[key]) >= whole(config.get("count"), 1, MOST_ENTRIES, 10):
        out.append(_bundle(key, bundles.pop(key), keyed, complete=True))
    while len(bundles) > MOST_BUNDLES or size(bundles) > MOST_STATE_BYTES - 1_000:
        oldest = next(iter(bundles))
        out.append(_bundle(oldest, bundles.pop(oldest), keyed, complete=False))
    emitted = min(emitted + len(out), MOST_NUMBER)
    return Handled({"bundles": bundles, "emitted": emitted}, tuple(out))


def _read(state: State) -> tuple[_Bundles, int]:
    kept = state.get("bundles")
    found = kept if isinstance(kept, Mapping) else {}
    bundles = {key: list(lines) for key, lines in found.items() if isinstance(lines, list)}
    return bundles, whole(state.get("emitted"), 0, MOST_NUMBER, 0)


def _key(content: Any, name: str) -> str:
    """The value by which a content is bundled; what has none is bundled together."""
    read = content_object(content)
    value = read.get(name) if isinstance(read, Mapping) else None
    if value is None:
        return ""
    text = value if isinstance(value, str) else json.dumps(value)
    return text[:LONGEST_KEY]


def _bundle(key: str, lines: list[Any], keyed: bool, *, complete: bool) -> Outgoing:
    said: dict[str, Any] = {"messages": lines, "complete": complete}
    if keyed:
        said["key"] = key
    return Outgoing(None, said, "broadcast")
