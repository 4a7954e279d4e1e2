"""What a table is asked to write, and what it answers when a condition does not hold.

Writes that must go together are a list of these, given to `Table.transact`.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from chalicelib.store.wire import Item

Key = Mapping[str, str]


class ConditionFailed(Exception):
    """The condition did not hold. `old` has, per write, the item as it was (None: no such item)."""

    def __init__(self, failed: Mapping[int, Item | None]) -> None:
        super().__init__(f"condition failed at {sorted(failed)}")
        self.failed = dict(failed)

    @property
    def old(self) -> Item | None:
        """The one item of a write of its own."""
        return self.failed.get(0)


@dataclass(frozen=True, slots=True)
class Put:
    """Write a whole item."""

    item: Mapping[str, Any]
    condition: str = ""
    values: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Update:
    """Change an item, or make it."""

    key: Key
    expression: str
    condition: str = ""
    values: Mapping[str, Any] = field(default_factory=dict)
    names: Mapping[str, str] = field(default_factory=dict)
    """Placeholders that do not stand for an attribute of their own name."""


@dataclass(frozen=True, slots=True)
class Check:
    """Hold a transaction to a condition on an item that it does not write."""

    key: Key
    condition: str
    values: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Delete:
    """Take an item away."""

    key: Key
    condition: str = ""
    values: Mapping[str, Any] = field(default_factory=dict)


Write = Put | Update | Check | Delete
