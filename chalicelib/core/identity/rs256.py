"""RS256 signatures of others, checked: RSA with SHA-256 and the padding of PKCS #1 (RFC 8017, 8.2.2).

Checking needs the public key only, and is one power and one comparison: what the signature says is
compared, whole, with the one text that it may say. Nothing of it is parsed, which is where checkers
have gone wrong. Nothing here is secret, so nothing can be timed. Signing is not here.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

LEAST_BITS: Final = 2048
MOST_BITS: Final = 8192
_MOST_EXPONENT: Final = 2**32
_SHA256: Final = bytes.fromhex("3031300d060960864801650304020105000420")
"""DER's words for "a SHA-256 digest follows"."""
_MEMBER_CHARACTERS: Final = 2048


@dataclass(frozen=True, slots=True)
class PublicKey:
    """An RSA key of a sane size."""

    modulus: int
    exponent: int


def key_of(jwk: Mapping[str, Any]) -> PublicKey | None:
    """The key of one entry of a key set (RFC 7517); None for what is no RSA key for RS256
    signatures, or one of a size that nobody should use."""
    if jwk.get("kty") != "RSA" or jwk.get("use", "sig") != "sig":
        return None
    if jwk.get("alg", "RS256") != "RS256":
        return None
    modulus, exponent = _number(jwk.get("n")), _number(jwk.get("e"))
    if not LEAST_BITS <= modulus.bit_length() <= MOST_BITS or modulus % 2 == 0:
        return None
    if not 3 <= exponent < _MOST_EXPONENT or exponent % 2 == 0:
        return None
    return PublicKey(modulus, exponent)


def is_signed(message: bytes, signature: bytes, key: PublicKey) -> bool:
    """Whether the signature is the key's, of exactly this message."""
    size = (key.modulus.bit_length() + 7) // 8
    number = int.from_bytes(signature)
    if len(signature) != size or number >= key.modulus:
        return False
    said = pow(number, key.exponent, key.modulus).to_bytes(size)
    ending = _SHA256 + hashlib.sha256(message).digest()
    return said == b"\x00\x01" + b"\xff" * (size - len(ending) - 3) + b"\x00" + ending


def _number(text: object) -> int:
    """A number as a key set writes it; 0 for anything else."""
    if not isinstance(text, str) or len(text) > _MEMBER_CHARACTERS or not text.isascii():
        return 0
    try:
        found = base64.b64decode(text + "=" * (-len(text) % 4), altchars=b"-_", validate=True)
    except binascii.Error:
        return 0
    return int.from_bytes(found)
