"""Pieces cover the whole text, are short enough, and overlap as asked."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from chalicelib.actions.text_chunk import SEPARATORS, spans


@given(st.text(alphabet="ab .\n", max_size=300), st.integers(1, 40), st.data())
def test_pieces_cover_the_text_in_order_none_too_long(
    text: str, size: int, data: st.DataObject
) -> None:
    overlap = data.draw(st.integers(0, size - 1))
    found = list(spans(text, size, overlap, list(SEPARATORS)))
    assert all(0 < end - start <= size for start, end in found)
    assert [start for start, _ in found[1:]] == [end - overlap for _, end in found[:-1]]
    assert [start for start, _ in found[:1]] == ([0] if text else [])
    assert not text or found[-1][1] == len(text)


def test_a_piece_ends_behind_the_best_separator() -> None:
    text = "One two.\n\nThree four five six."
    assert [text[a:b] for a, b in spans(text, 16, 0, list(SEPARATORS))] == [
        "One two.\n\n",
        "Three four five ",
        "six.",
    ]
