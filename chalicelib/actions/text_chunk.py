"""`text/chunk`: cuts a text into pieces that overlap, at the best places (S2)."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Annotated, Any, TypedDict

from pydantic import Field

from chalicelib.actions.base import Action, ActionContext, ActionParams
from chalicelib.core.errors import Problem
from chalicelib.core.steps import StepFailed

MOST_CHARACTERS = 2_000_000
MOST_CHUNKS = 5_000
SEPARATORS = ("\n\n", "\n", ". ", " ")


class TextChunkParams(ActionParams):
    """What is cut, and how. Sizes are in characters."""

    text: str = Field(max_length=MOST_CHARACTERS, description="The text.")
    size: int = Field(default=1000, ge=1, le=100_000, description="The longest piece.")
    overlap: int = Field(
        default=0, ge=0, le=50_000, description="How much of its end a piece repeats in the next."
    )
    separators: list[Annotated[str, Field(min_length=1, max_length=20)]] = Field(
        default_factory=lambda: list(SEPARATORS),
        max_length=10,
        description="Where to cut, the best first; a piece ends behind one if it can.",
    )


class Chunk(TypedDict):
    index: int
    start: int
    """The piece is `text[start:end]`."""
    end: int
    text: str


class TextChunkOutput(TypedDict):
    chunks: list[Chunk]
    count: int


class TextChunk(Action[TextChunkParams]):
    name = "text/chunk"
    Params = TextChunkParams
    Output = TextChunkOutput
    effectful = False

    def shape_problems(self, params: Mapping[str, Any]) -> list[Problem]:
        size, overlap = params.get("size", 1000), params.get("overlap", 0)
        if isinstance(size, int) and isinstance(overlap, int) and overlap >= max(size, 1):
            return [Problem("overlap", "must be less than size")]
        return []

    def run(self, params: TextChunkParams, context: ActionContext) -> TextChunkOutput:
        found: list[Chunk] = []
        for start, end in spans(params.text, params.size, params.overlap, params.separators):
            if len(found) == MOST_CHUNKS:
                message = f"over {MOST_CHUNKS:,} pieces: choose a larger size"
                raise StepFailed("too_large", message, retryable=False)
            text = params.text[start:end]
            found.append({"index": len(found), "start": start, "end": end, "text": text})
        return {"chunks": found, "count": len(found)}


def spans(text: str, size: int, overlap: int, separators: list[str]) -> Iterator[tuple[int, int]]:
    """(start, end) of each piece. They cover the whole text in order, none is longer than `size`,
    and each begins `overlap` characters before the end of the one before it."""
    start = 0
    while start < len(text):
        end = _cut(text, start, size, overlap, separators)
        yield start, end
        if end == len(text):
            return
        start = end - overlap


def _cut(text: str, start: int, size: int, overlap: int, separators: list[str]) -> int:
    most = start + size
    if most >= len(text):
        return len(text)
    # In the last half only, and beyond the overlap: every piece has to bring something new.
    least = start + max(size // 2, overlap)
    for separator in separators:
        at = text.rfind(separator, least, most)
        if at >= 0 and at + len(separator) > start + overlap:
            return at + len(separator)
    return most
