"""Page tokens: where a list goes on, and which question it belongs to. Opaque to clients."""

from __future__ import annotations

import base64
import json
from typing import Any, Final

from chalicelib.core.errors import BadRequest

_LONGEST_LAST: Final = 128
"""Characters of a time and an id; DynamoDB refuses a sort key over 1,024 bytes."""


def make_token(last: str, question: list[Any]) -> str:
    """A token for what comes behind `last`."""
    document = json.dumps([last, *question], separators=(",", ":"))
    return base64.urlsafe_b64encode(document.encode()).decode().rstrip("=")


def read_token(token: str, question: list[Any], *, longest: int = _LONGEST_LAST) -> str:
    """The `last` of a token. Raises BadRequest for one that is not ours or of another question."""
    padded = token + "=" * (-len(token) % 4)
    try:
        document = json.loads(base64.b64decode(padded, altchars=b"-_", validate=True))
    except (ValueError, RecursionError) as problem:
        raise BadRequest("page_token is not a token of this API") from problem
    if not isinstance(document, list) or not document or not isinstance(document[0], str):
        raise BadRequest("page_token is not a token of this API")
    if document[1:] != question:
        raise BadRequest("page_token belongs to another list")
    if len(document[0]) > longest:
        raise BadRequest("page_token is not a token of this API")
    return document[0]
