"""Elixir's literals to nodes (`exs`): parsed as data, never evaluated.

Maps, keyword lists, lists, tuples, atoms, numbers, texts, the sigils ~w and ~s, and names of
modules. An atom and a module are read as text, a tuple as a list. A keyword list is a map, or a list
of pairs where a key repeats in it; behind other items of a list its entries are pairs.
"""

from __future__ import annotations

from chalicelib.core.definitions.nodes import MOST_DEPTH, Node, counted
from chalicelib.core.swarms.elixir_strings import Source
from chalicelib.core.swarms.elixir_tokens import Token, tokens

_CLOSING = {"%{": "}", "{": "}", "[": "]"}


def read_elixir(text: str) -> Node:
    """The nodes of the one literal that a text is. Raises BadRequest with line and column of
    whatever is no literal."""
    return _Reader(Source(text)).document()


class _Reader:
    def __init__(self, source: Source) -> None:
        self._source = source
        self._tokens = tokens(source)
        self._next = next(self._tokens)
        self._nodes = 0

    def document(self) -> Node:
        if self._next.kind == "end":
            raise self._source.refusal(0, "the document is empty")
        root = self._value(1)
        if self._next.kind != "end":
            raise self._unexpected("nothing more: one literal is read")
        return root

    def _take(self) -> Token:
        token = self._next
        if token.kind != "end":
            self._next = next(self._tokens)
        return token

    def _unexpected(self, expected: str) -> Exception:
        kind = self._next.kind
        shown = {"end": "the end", "value": "a value", "key": "a key"}.get(kind, f"`{kind}`")
        return self._source.refusal(self._next.offset, f"expected {expected}, not {shown}")

    def _value(self, depth: int) -> Node:
        if self._next.kind not in ("value", *_CLOSING):
            raise self._unexpected("a value")
        token = self._take()
        place = self._source.place(token.offset)
        self._nodes += len(token.value) + 1 if isinstance(token.value, list) else 1
        counted(self._nodes, *place)
        if depth > MOST_DEPTH:
            message = f"nested deeper than {MOST_DEPTH} levels"
            raise self._source.refusal(token.offset, message)
        if token.kind in _CLOSING:
            return self._collection(token, place, depth)
        if isinstance(token.value, list):
            words = [Node("scalar", *place, word) for word in token.value]
            return Node("sequence", *place, items=words)
        return Node("scalar", *place, token.value)

    def _collection(self, opening: Token, place: tuple[int, int], depth: int) -> Node:
        items: list[Node] = []
        entries: list[tuple[Node, Node]] = []
        closing = _CLOSING[opening.kind]
        while self._next.kind != closing:
            if self._next.kind == "key":
                key = self._take()
                self._nodes += 1
                named = Node("scalar", *self._source.place(key.offset), _text(key))
                entries.append((named, self._value(depth + 1)))
            else:
                self._item(opening, items, entries, depth)
            if self._next.kind == ",":
                self._take()
            elif self._next.kind != closing:
                raise self._unexpected(f"`,` or `{closing}`")
        self._take()
        if opening.kind == "%{":
            return Node("mapping", *place, entries=entries)
        if opening.kind == "{" and entries:
            items.append(_keywords(entries))
        elif entries and not items:
            return _keywords(entries)
        elif entries:
            items += map(_pair, entries)
        return Node("sequence", *place, items=items)

    def _item(
        self, opening: Token, items: list[Node], entries: list[tuple[Node, Node]], depth: int
    ) -> None:
        """One that has no `key:` before it: in a map it has `=>` behind its key."""
        if entries and opening.kind != "%{":
            raise self._unexpected("`key: value`, as before it")
        item = self._value(depth + 1)
        if opening.kind != "%{":
            items.append(item)
        elif self._next.kind == "=>":
            self._take()
            entries.append((item, self._value(depth + 1)))
        else:
            raise self._unexpected("`=>`")


def _text(token: Token) -> str:
    return str(token.value)


def _pair(entry: tuple[Node, Node]) -> Node:
    key, _ = entry
    return Node("sequence", key.line, key.column, items=list(entry))


def _keywords(entries: list[tuple[Node, Node]]) -> Node:
    """A keyword list: a map, or pairs where a key repeats."""
    first = entries[0][0]
    if len({key.value for key, _ in entries}) == len(entries):
        return Node("mapping", first.line, first.column, entries=entries)
    return Node("sequence", first.line, first.column, items=list(map(_pair, entries)))
