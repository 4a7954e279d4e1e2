"""A request to a hook: what is signed, how old it may be, and what a run is told of it."""

from __future__ import annotations

import hmac
import re
from collections.abc import Mapping
from datetime import datetime
from hashlib import sha256
from typing import Final

SIGNATURES: Final = ("x-hub-signature-256", "x-signature-256")
TIMESTAMP: Final = "x-signature-timestamp"
OLDEST_SECONDS: Final = 300
"""How far a signed timestamp may be from now, either way."""
MOST_HEADERS: Final = 50
LONGEST_HEADER: Final = 1_000

_HEX: Final = re.compile(r"(?:sha256=)?([0-9a-fA-F]{64})\Z")
_SECONDS: Final = re.compile(r"[0-9]{1,12}\Z")
_CREDENTIAL: Final = re.compile(
    r"authorization|cookie|token|secret|signature|password|credential|api-?key"
)
_TRANSPORT: Final = re.compile(r"(?:x-amzn?-|x-forwarded-|cloudfront-|host\Z|via\Z)")


def signature_of(headers: Mapping[str, str]) -> str | None:
    """The signature as 64 small hex digits; None where there is none or none that can be read."""
    for name in SIGNATURES:
        if name in headers:
            match = _HEX.match(headers[name].strip())
            return match.group(1).lower() if match else None
    return None


def signed_message(headers: Mapping[str, str], body: bytes, now: datetime) -> bytes | None:
    """What the signature is over: the raw body, or `<timestamp>.<body>` where the sender signs a
    time as well. None for a timestamp that is none, or not within five minutes of now."""
    if TIMESTAMP not in headers:
        return body
    stamp = headers[TIMESTAMP].strip()
    if not _SECONDS.match(stamp) or abs(now.timestamp() - int(stamp)) > OLDEST_SECONDS:
        return None
    return stamp.encode() + b"." + body


def is_signature(secret: str, message: bytes, signature: str) -> bool:
    """Whether it is the HMAC-SHA256 of the message, in hex. Takes the same time for any wrong one."""
    wanted = hmac.new(secret.encode(), message, sha256).hexdigest()
    return hmac.compare_digest(wanted.encode(), signature.encode())


def told_headers(headers: Mapping[str, str]) -> dict[str, str]:
    """The headers that a run may see: small names; nothing that could be a credential or a
    signature, nothing that proxies add, nothing endless, at most fifty."""
    found = {
        name.lower(): value
        for name, value in sorted(headers.items())
        if not _CREDENTIAL.search(name.lower())
        and not _TRANSPORT.match(name.lower())
        and len(name) + len(value) <= LONGEST_HEADER
    }
    return dict(list(found.items())[:MOST_HEADERS])
