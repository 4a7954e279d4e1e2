"""S1's pages: `{items, limit, offset, hasMore}`."""

from __future__ import annotations

from collections.abc import Iterable
from itertools import islice
from typing import Final, TypeVar

from chalicelib.api.offset_pages import OffsetPages

T = TypeVar("T")

_S1: Final = OffsetPages(default=20, most=100, most_offset=10_000)
"""Everything before a page is read for it; whoever wants more narrows the list."""
PARAMETERS: Final = _S1.parameters
page_of = _S1.page_of


def cut(listed: Iterable[T], limit: int, offset: int) -> tuple[list[T], bool]:
    """The page of a list that is read as far as it is needed, and whether there is more behind it."""
    found = list(islice(listed, offset, offset + limit + 1))
    return found[:limit], len(found) > limit
