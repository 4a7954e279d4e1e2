"""`counter`: counts messages.

Config `step` (1) is what any message adds. `{"op": "add", "by": n}` adds n, `{"op": "reset"}` makes
it 0. State `{count, last_from}`; the answer is `{count}`.
"""

from __future__ import annotations

from chalicelib.core.swarms.model import Mail
from chalicelib.core.swarms.objects.base import (
    Config,
    Handled,
    Plain,
    State,
    command,
    number,
    refuse,
    reply,
)


class Counter(Plain):
    def initial(self, config: Config) -> State:
        return {"count": 0, "last_from": None}

    def problem(self, config: Config) -> str | None:
        if "step" in config and number(config["step"]) is None:
            return "step must be a number"
        return None

    def handle(self, state: State, mail: Mail, config: Config, now: str) -> Handled:
        asked = command(mail.content) or {}
        before = number(state.get("count")) or 0
        step = number(config.get("step", 1))
        by = 1 if step is None else step
        if asked.get("op") == "add" and "by" in asked:
            given = number(asked["by"])
            if given is None:
                return refuse(state, mail, "invalid_by", "by must be a number")
            by = given
        count = 0 if asked.get("op") == "reset" else number(before + by)
        if count is None:
            return refuse(state, mail, "out_of_range", "the count would be too large")
        return Handled({"count": count, "last_from": mail.sender}, reply(mail, {"count": count}))
