"""Scripts of the `mock` backend: what it does on which mail.

    [{"when": "hello", "reply": "hello {{from}}"},
     {"when": {"type": "ask", "from": "boss"}, "reply": {"done": true}, "times": 1},
     {"when": "*", "send": {"to": "writer", "content": "{{content}}"}, "say": "passed on"}]

The first line that fits is played, and only that one. `when` is a part of the content's text, `*`
for any, or an object whose members must all hold: `type`, `kind`, `from`, `contains`. A line may do
several things: `reply`, `send` and `ask` ({to, content}, or a list of them), `broadcast`, `say` (its
output), `remember` (an object added to its memory), `sleep` (seconds, at most 10) and `fail` (a text,
or {message, tries, retryable}: with `tries` it fails only that often, then does the rest). `times` is
how often a line is played. In texts `{{content}}`, `{{from}}` and `{{agent}}` are filled in.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from chalicelib.core.swarms.messages import checked, correlation_of
from chalicelib.core.swarms.model import NAME, Mail, Outgoing
from chalicelib.core.swarms.routing import as_text

MOST_LINES: Final = 100
LONGEST_SLEEP: Final = 10
ACTIONS: Final = frozenset(
    {"when", "reply", "send", "ask", "broadcast", "say", "remember", "sleep", "fail", "times"}
)
CONDITIONS: Final = frozenset({"type", "kind", "from", "contains"})


@dataclass(frozen=True, slots=True)
class Failure:
    message: str
    tries: int | None
    retryable: bool


def script_problem(script: Any) -> str | None:
    """What is wrong with a script; None when it can be played."""
    if not isinstance(script, list) or len(script) > MOST_LINES:
        return f"script must be a list of at most {MOST_LINES} lines"
    for position, line in enumerate(script):
        if problem := _line_problem(line):
            return f"script[{position}]: {problem}"
    return None


def line_for(script: Sequence[Any], mail: Mail, played: Mapping[str, Any]) -> int | None:
    """The number of the line to play on this mail; None when none fits. `played` says how often
    each was played."""
    for position, line in enumerate(script):
        times = line.get("times")
        used_up = times is not None and _count(played, position) >= times
        if not used_up and _fits(line.get("when", "*"), mail):
            return position
    return None


def counted(played: Mapping[str, Any], position: int) -> dict[str, int]:
    """`played` with one more of a line."""
    found = {name: _count(played, int(name)) for name in played if name.isdigit()}
    found[str(position)] = found.get(str(position), 0) + 1
    return found


def failure_of(line: Mapping[str, Any]) -> Failure | None:
    """How a line fails, if it does."""
    fail = line.get("fail")
    if fail is None:
        return None
    if isinstance(fail, str):
        return Failure(fail, None, True)
    return Failure(
        str(fail.get("message", "it was told to")), fail.get("tries"), fail.get("retryable", True)
    )


def outgoing_of(line: Mapping[str, Any], mail: Mail, agent: str) -> tuple[Outgoing, ...]:
    """What a line sends, in the order reply, send, ask, broadcast. Raises MessagesInvalid for a
    content that is too large."""
    found: list[Outgoing] = []

    def content(value: Any) -> Any:
        return checked(filled(value, mail, agent), f"message {len(found) + 1}")

    if "reply" in line and mail.sender is not None:
        found.append(Outgoing(mail.sender, content(line["reply"]), "reply", mail.correlation))
    for sent in _listed(line.get("send")):
        found.append(Outgoing(sent["to"], content(sent.get("content"))))
    for asked in _listed(line.get("ask")):
        correlation = correlation_of(mail, len(found))
        found.append(Outgoing(asked["to"], content(asked.get("content")), "ask", correlation))
    if "broadcast" in line:
        found.append(Outgoing(None, content(line["broadcast"]), "broadcast"))
    return tuple(found)


def filled(value: Any, mail: Mail, agent: str) -> Any:
    """A value of a script with the mail's parts in its texts. `{{content}}` alone is the content as
    it is, whatever its type."""
    if isinstance(value, Mapping):
        return {name: filled(member, mail, agent) for name, member in value.items()}
    if isinstance(value, list):
        return [filled(member, mail, agent) for member in value]
    if not isinstance(value, str):
        return value
    if value == "{{content}}":
        return mail.content
    # The content last: what stands in it is nobody's placeholder.
    text = value.replace("{{from}}", mail.sender or "").replace("{{agent}}", agent)
    return text.replace("{{content}}", as_text(mail.content))


def _fits(when: Any, mail: Mail) -> bool:
    if isinstance(when, Mapping):
        has = {"type": mail.type, "kind": mail.kind, "from": mail.sender}
        return all(
            wanted in as_text(mail.content) if name == "contains" else has[name] == wanted
            for name, wanted in when.items()
        )
    return when == "*" or when in as_text(mail.content)


def _line_problem(line: Any) -> str | None:
    if not isinstance(line, Mapping):
        return "it must be an object"
    if unknown := sorted(map(str, line.keys() - ACTIONS)):
        return f"unknown: {', '.join(unknown)[:100]}"
    when = line.get("when", "*")
    if isinstance(when, Mapping):
        known = when.keys() <= CONDITIONS
        if not known or not all(isinstance(wanted, str) for wanted in when.values()):
            return f"when has texts under {', '.join(sorted(CONDITIONS))}"
    elif not isinstance(when, str):
        return "when must be a text or an object"
    return next(_action_problems(line), None)


def _action_problems(line: Mapping[str, Any]) -> Iterator[str]:
    for name in ("send", "ask"):
        for sent in _listed(line.get(name)):
            to = sent.get("to") if isinstance(sent, Mapping) else None
            if not isinstance(to, str) or not NAME.match(to):
                yield f"{name} must be {{to, content}}, or a list of them"
    if not isinstance(line.get("say", ""), str):
        yield "say must be a text"
    if not isinstance(line.get("remember", {}), Mapping):
        yield "remember must be an object"
    if not _whole(line.get("times", 1), 1, 1_000_000):
        yield "times must be a whole number from 1"
    sleep = line.get("sleep", 0)
    if isinstance(sleep, bool) or not isinstance(sleep, int | float):
        yield "sleep must be a number of seconds"
    elif not 0 <= sleep <= LONGEST_SLEEP:
        yield f"sleep is at most {LONGEST_SLEEP} seconds"
    fail = line.get("fail", "")
    if isinstance(fail, Mapping):
        if not _whole(fail.get("tries", 1), 1, 100):
            yield "fail.tries must be a whole number from 1 to 100"
        if not isinstance(fail.get("retryable", True), bool):
            yield "fail.retryable must be true or false"
    elif not isinstance(fail, str):
        yield "fail must be a text or an object"


def _listed(value: Any) -> list[Any]:
    if value is None:
        return []
    return value if isinstance(value, list) else [value]


def _whole(value: Any, least: int, most: int) -> bool:
    return isinstance(value, int) and not isinstance(value, bool) and least <= value <= most


def _count(played: Mapping[str, Any], position: int) -> int:
    count = played.get(str(position), 0)
    return count if _whole(count, 0, 2**53) else 0
