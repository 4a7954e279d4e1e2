"""Walking through lists, whatever kind of pages they have. One cursor serves both clients.

A list answers `next_page_token`, or `next`, or `{items, total, limit, offset}`, or has
`{items, offset, hasMore}` in an envelope; the cursor turns an answer into its items and the next page's
place.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable, Iterator, Mapping, Sequence
from typing import Any, Protocol, cast

from runyard._request import AsyncSend, Request, Send


class Cursor(Protocol):
    """Where in a list we are; `place` goes into the next request."""

    place: Any

    def items(self, page: Mapping[str, Any]) -> Sequence[Any]:
        """What is on a page."""
        ...

    def take(self, page: Mapping[str, Any]) -> bool:
        """Move behind a page; whether there may be another."""
        ...


class TokenCursor:
    """Lists whose answer names the next page by `next_page_token` or `next`."""

    def __init__(self, member: str, items: str) -> None:
        self.place: Any = None
        self._member = member
        self._items = items

    def items(self, page: Mapping[str, Any]) -> Sequence[Any]:
        return cast(Sequence[Any], page[self._items])

    def take(self, page: Mapping[str, Any]) -> bool:
        found = page.get(self._member)
        moved = found is not None and found != self.place
        self.place = found
        return moved


class OffsetCursor:
    """Lists of `{items, total, limit, offset}`."""

    def __init__(self) -> None:
        self.place: Any = None

    def items(self, page: Mapping[str, Any]) -> Sequence[Any]:
        return cast(Sequence[Any], page["items"])

    def take(self, page: Mapping[str, Any]) -> bool:
        self.place = page["offset"] + len(page["items"])
        return bool(page["items"]) and self.place < page["total"]


class EnvelopeCursor:
    """S1's lists: `{items, limit, offset, hasMore}` as the `data` of an envelope."""

    def __init__(self) -> None:
        self.place: Any = None

    def items(self, page: Mapping[str, Any]) -> Sequence[Any]:
        return cast(Sequence[Any], page["data"]["items"])

    def take(self, page: Mapping[str, Any]) -> bool:
        data = page["data"]
        self.place = data["offset"] + len(data["items"])
        return bool(data["items"]) and bool(data["hasMore"])


def walk(send: Send, cursor: Cursor, make: Callable[[Any], Request[Any]]) -> Iterator[Any]:
    """Every item of a list, its pages fetched as they are needed."""
    more = True
    while more:
        page = cast(Mapping[str, Any], send(make(cursor.place)))
        yield from cursor.items(page)
        more = cursor.take(page)


async def async_walk(
    send: AsyncSend, cursor: Cursor, make: Callable[[Any], Request[Any]]
) -> AsyncIterator[Any]:
    """The same, asynchronously."""
    more = True
    while more:
        page = cast(Mapping[str, Any], await send(make(cursor.place)))
        for item in cursor.items(page):
            yield item
        more = cursor.take(page)
