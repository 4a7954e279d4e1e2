"""Named secrets: sealed by KMS, kept in the organisation's partition, read by steps only.

Who stores a secret cannot read it: the API's role may encrypt and not decrypt (decision 41).
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

from chalicelib.cloud.sealing import Seals, Unreadable
from chalicelib.core.clock import Clock, rfc3339
from chalicelib.core.credentials import Credential
from chalicelib.core.errors import NotFound
from chalicelib.core.steps import StepFailed
from chalicelib.store import keys
from chalicelib.store.table import Delete, Put, Table

MOST_BYTES: Final = 65_536
"""Of a value as UTF-8 text; JSON is written without spaces."""


@dataclass(frozen=True, slots=True)
class SecretLine:
    """What may be seen of a secret. `updated_at` is RFC 3339."""

    name: str
    updated_at: str


def as_text(value: str | Mapping[str, Any]) -> str:
    """A value as it is sealed: text as it is, an object as JSON."""
    if isinstance(value, str):
        return value
    return json.dumps(value, separators=(",", ":"), ensure_ascii=False)


class Secrets:
    def __init__(self, table: Table, seals: Seals, *, clock: Clock) -> None:
        self._table = table
        self._seals = seals
        self._clock = clock

    def put(self, org: str, name: str, text: str) -> SecretLine:
        """Store a value, or put it in the place of the one there is. One KMS call per 4 KB and one
        write. Raises Unavailable."""
        line = SecretLine(name, rfc3339(self._clock()))
        sealed = self._seals.seal(text.encode(), _context(org, name))
        item = {"name": name, "updated_at": line.updated_at, "sealed": sealed}
        self._table.write(Put({**keys.secret_key(org, name), **item}))
        return line

    def lines(self, org: str) -> list[SecretLine]:
        """The organisation's secrets by name, without their values: one Query."""
        pk = keys.secret_key(org, "")["pk"]
        return [
            SecretLine(item["name"], item["updated_at"])
            for item in self._table.query_all("#pk = :pk", {"pk": pk}, only=("name", "updated_at"))
        ]

    def delete(self, org: str, name: str) -> None:
        """Forget a secret. Raises NotFound when there is none of that name."""
        key = keys.secret_key(org, name)
        if self._table.get(key) is None:
            raise NotFound(f"secret {name!r} not found")
        # Without a condition: a delete that the SDK sends twice must not fail the second time.
        self._table.write(Delete(key))

    def credential(self, org: str, name: str) -> Credential:
        """What a step signs in with: one read and one KMS call per 4 KB, nothing remembered.

        Raises StepFailed (final): `credential_not_found`, `credential_invalid`; and Unavailable.
        """
        item = self._table.get(keys.secret_key(org, name))
        if item is None:
            message = f"there is no secret named {name!r}"
            raise StepFailed("credential_not_found", message, retryable=False)
        try:
            text = self._seals.open(item["sealed"], _context(org, name)).decode()
        except Unreadable as error:
            message = f"the secret {name!r} cannot be opened any more: store it again"
            raise StepFailed("credential_invalid", message, retryable=False) from error
        return Credential.parse(name, text)


def _context(org: str, name: str) -> dict[str, str]:
    return {"org": org, "secret": name}
