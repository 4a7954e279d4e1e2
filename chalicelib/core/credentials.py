"""A named secret as an action gets it: handed over for one try, and kept out of everything that is
stored, sent or logged.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from chalicelib.core.steps import StepFailed

HIDDEN = "[redacted]"
SHORTEST = 6
"""A text shorter than this is not looked for in outputs: it would hide what is no secret."""


@dataclass(frozen=True, slots=True)
class Credential:
    """A secret's name and value: text, or an object of JSON."""

    name: str
    value: str | Mapping[str, Any] = field(repr=False)

    @classmethod
    def parse(cls, name: str, text: str) -> Credential:
        """A stored value: an object where the text is one in JSON, else the text."""
        try:
            read = json.loads(text)
        except ValueError:
            read = None
        return cls(name, read if isinstance(read, dict) else text)

    @property
    def text(self) -> str | None:
        """The value, where it is text."""
        return self.value if isinstance(self.value, str) else None

    def member(self, name: str) -> str | None:
        """A member of the value that is text; None where there is none such."""
        found = None if isinstance(self.value, str) else self.value.get(name)
        return found if isinstance(found, str) and found else None

    def unusable(self, action: str, wanted: str) -> StepFailed:
        """The failure of an action that cannot use this value. `wanted` says what it takes."""
        message = f"the credential {self.name!r} is not what {action} takes: {wanted}"
        return StepFailed("credential_invalid", message, retryable=False)

    def secrets(self) -> frozenset[str]:
        """Every text of the value that must appear nowhere: all that is long enough to be one,
        and how HTTP's Basic scheme writes a user and password."""
        import base64

        # Both forms: the line break behind a pasted token is not sent along.
        forms = {form for text in _texts(self.value) for form in (text, text.strip())}
        found = {form for form in forms if len(form) >= SHORTEST}
        user, password = self.member("username"), self.member("password")
        if user is not None and password is not None:
            found.add(base64.b64encode(f"{user}:{password}".encode()).decode())
        return frozenset(found)

    def hide(self, value: Any) -> Any:
        """A value of JSON with every occurrence of a secret text replaced."""
        hidden = sorted(self.secrets(), key=len, reverse=True)
        return _without(value, [*hidden, *_escaped(hidden)]) if hidden else value


def _texts(value: Any) -> Iterator[str]:
    if isinstance(value, str):
        yield value
    elif isinstance(value, Mapping):
        for name, member in value.items():
            # Where a server or a mailbox is found is no secret, and outputs have to name it.
            if name not in ("url", "api_url", "hosts", "username"):
                yield from _texts(member)
    elif isinstance(value, list):
        for member in value:
            yield from _texts(member)


def _escaped(texts: list[str]) -> list[str]:
    """The texts as JSON writes them inside of another text, where that differs."""
    found = {json.dumps(text)[1:-1] for text in texts}
    found |= {json.dumps(text, ensure_ascii=False)[1:-1] for text in texts}
    return sorted(found - set(texts), key=len, reverse=True)


def _without(value: Any, hidden: list[str]) -> Any:
    if isinstance(value, str):
        for text in hidden:
            value = value.replace(text, HIDDEN)
        return value
    if isinstance(value, Mapping):
        return {_without(name, hidden): _without(member, hidden) for name, member in value.items()}
    if isinstance(value, list | tuple):
        return [_without(member, hidden) for member in value]
    return value
