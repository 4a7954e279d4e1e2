"""Messages as code outside writes them: the answers of Lambdas and HTTP backends, mocks' scripts.

    {"to": "writer", "content": …}            to one node
    {"to": "writer", "ask": …}                to one node, which is to reply
    {"broadcast": …}                          to all targets
    {"reply": …}                              to whom the message is from

Also how a piece of mail is shown to them.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from typing import Any, Final

from chalicelib.core.swarms.model import MOST_CONTENT_BYTES, NAME, Mail, Outgoing
from chalicelib.core.swarms.objects.base import UNWRITABLE, size

MOST_MESSAGES: Final = 50
"""That one turn sends."""


MOST_TOTAL_BYTES: Final = 250_000
"""Of their contents together: they travel as one."""


class MessagesInvalid(ValueError):
    """What is wrong with a list of messages."""


def told(mail: Mail) -> dict[str, Any]:
    """A piece of mail as JSON."""
    return {
        "id": mail.id,
        "kind": mail.kind,
        "type": mail.type,
        "from": mail.sender,
        "content": mail.content,
        "at": mail.at,
        "correlation": mail.correlation,
    }


def read_messages(value: Any, mail: Mail) -> tuple[Outgoing, ...]:
    """The messages that a turn on this mail sends. Raises MessagesInvalid, saying which is wrong."""
    if value is None:
        return ()
    if not isinstance(value, list) or len(value) > MOST_MESSAGES:
        raise MessagesInvalid(f"messages must be a list of at most {MOST_MESSAGES}")
    read = (_message(one, mail, position) for position, one in enumerate(value))
    found = tuple(one for one in read if one is not None)
    if sum(content_size(one.content) for one in found) > MOST_TOTAL_BYTES:
        raise MessagesInvalid(f"messages have at most {MOST_TOTAL_BYTES:,} bytes together")
    return found


def answer_to(mail: Mail, content: Any) -> Outgoing | None:
    """A reply to the sender, with the ask's correlation; None where nobody sent it."""
    if mail.sender is None:
        return None
    return Outgoing(mail.sender, content, "reply", mail.correlation)


def correlation_of(mail: Mail, position: int) -> str:
    """The correlation of an ask: the same in each try of the turn on this mail."""
    return f"ask_{hashlib.sha256(f'{mail.id}/{position}'.encode()).hexdigest()[:26]}"


def content_size(content: Any) -> int:
    """Bytes of a content in UTF-8: of a text as it is, of anything else as JSON."""
    if not isinstance(content, str):
        return size(content)
    try:
        return len(content.encode())
    except UnicodeEncodeError:
        return UNWRITABLE


def checked(content: Any, where: str) -> Any:
    """A content within the limit. Raises MessagesInvalid."""
    if content_size(content) > MOST_CONTENT_BYTES:
        raise MessagesInvalid(f"{where}: content has at most {MOST_CONTENT_BYTES:,} bytes")
    return content


def _message(value: Any, mail: Mail, position: int) -> Outgoing | None:
    where = f"messages[{position}]"
    if not isinstance(value, Mapping):
        raise MessagesInvalid(f"{where}: it must be an object")
    if "broadcast" in value:
        return Outgoing(None, checked(value["broadcast"], where), "broadcast")
    if "reply" in value:
        return answer_to(mail, checked(value["reply"], where))
    to = value.get("to")
    if not isinstance(to, str) or not NAME.match(to):
        raise MessagesInvalid(f"{where}: to must be the name of a node")
    if "ask" in value:
        content = checked(value["ask"], where)
        return Outgoing(to, content, "ask", correlation_of(mail, position))
    if "content" not in value:
        raise MessagesInvalid(f"{where}: content is missing")
    return Outgoing(to, checked(value["content"], where))
