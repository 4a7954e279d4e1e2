"""Sealing small values with a key of KMS that nobody can take out.

KMS encrypts at most 4,096 bytes a call, so a longer value is sealed in parts. Each part is bound
by its encryption context to what it belongs to, its place among the parts and their number: parts
cannot be moved, swapped, dropped, or taken to another organisation.
"""

from __future__ import annotations

import base64
from collections.abc import Callable, Mapping, Sequence
from typing import Any, Final

from botocore.exceptions import ClientError

from chalicelib.cloud.calls import code_of, later_is_unavailable

PART: Final = 4096
_BROKEN: Final = frozenset(
    {"InvalidCiphertextException", "IncorrectKeyException", "KMSInvalidStateException"}
    | {"DisabledException", "NotFoundException"}
)


class Unreadable(Exception):
    """What was sealed cannot be opened any more: other key, other place, or the key is gone."""


class Seals:
    """`client` is a function, so that no KMS client is made by a process that needs none."""

    def __init__(self, client: Callable[[], Any], key: str) -> None:
        self._client = client
        self._key = key

    def seal(self, value: bytes, context: Mapping[str, str]) -> list[str]:
        """The sealed parts, base64. Raises Unavailable."""
        parts = [value[at : at + PART] for at in range(0, len(value), PART)]
        sealed = []
        for number, part in enumerate(parts):
            with later_is_unavailable("KMS"):
                answer = self._client().encrypt(
                    KeyId=self._key,
                    Plaintext=part,
                    EncryptionContext=_bound(context, number, len(parts)),
                )
            sealed.append(base64.b64encode(answer["CiphertextBlob"]).decode())
        return sealed

    def open(self, sealed: Sequence[str], context: Mapping[str, str]) -> bytes:
        """The inverse, with the same context. Raises Unreadable, Unavailable."""
        found = []
        for number, part in enumerate(sealed):
            try:
                with later_is_unavailable("KMS"):
                    answer = self._client().decrypt(
                        KeyId=self._key,
                        CiphertextBlob=base64.b64decode(part),
                        EncryptionContext=_bound(context, number, len(sealed)),
                    )
            except ClientError as error:
                if code_of(error) in _BROKEN:
                    raise Unreadable(code_of(error)) from error
                raise
            found.append(answer["Plaintext"])
        return b"".join(found)


def _bound(context: Mapping[str, str], number: int, of: int) -> dict[str, str]:
    return {**context, "part": f"{number + 1}/{of}"}
