"""Reading an answer's body without trusting its length or compression. For `cloud.http` only."""

from __future__ import annotations

import zlib
from http.client import HTTPResponse

from chalicelib.core.steps import StepFailed

_PIECE = 65_536
_EITHER_HEADER = 47
"""zlib's `wbits` for "gzip or zlib, whichever it is"."""
_NO_HEADER = -15
_MAX_MEMBERS = 1_000
"""Concatenated gzip members are legal; a million empty ones are an attack on the processor."""


def too_large(max_bytes: int) -> StepFailed:
    """Final: the same answer would come again."""
    message = f"the answer is larger than {max_bytes} bytes"
    return StepFailed("too_large", message, retryable=False)


def read_body(response: HTTPResponse, max_bytes: int) -> bytes:
    """The whole body, decompressed where `Content-Encoding` is gzip or deflate.

    Not more than `max_bytes` are taken from the wire nor come out of decompression, and no more is
    ever held. A coding that was not asked for is left as it is. Raises StepFailed `too_large`, or
    `connection_failed` for a body that ends early or does not decompress.
    """
    if response.length is not None and response.length > max_bytes:
        raise too_large(max_bytes)
    coding = (response.headers.get("Content-Encoding") or "").strip().lower()
    inflate = _Inflate(max_bytes) if coding in ("gzip", "x-gzip", "deflate") else None
    body = bytearray()
    taken = 0
    while piece := response.read(_PIECE):
        taken += len(piece)
        if taken > max_bytes:
            raise too_large(max_bytes)
        body += inflate.feed(piece) if inflate else piece
    if response.length:
        raise StepFailed("connection_failed", "the answer ended before its Content-Length")
    if inflate and taken and not inflate.done:
        raise StepFailed("connection_failed", "the answer's compressed body ended early")
    return bytes(body)


class _Inflate:
    """A decompressor that stops at a size. One more byte than there is room for proves the excess,
    so a bomb costs no more memory than an honest answer."""

    def __init__(self, max_bytes: int) -> None:
        self._max_bytes = max_bytes
        self._room = max_bytes
        self._members = 0
        self._stream = zlib.decompressobj(_EITHER_HEADER)
        self._fed = False

    @property
    def done(self) -> bool:
        return self._stream.eof

    def feed(self, piece: bytes) -> bytes:
        found = bytearray()
        while piece:
            if self._stream.eof:
                if not piece.startswith(b"\x1f"):
                    break  # what follows the last member is padding, as gzip itself treats it
                self._next_member()
            out = self._decompress(piece)
            self._room -= len(out)
            if self._room < 0:
                raise too_large(self._max_bytes)
            found += out
            piece = self._stream.unused_data
        return bytes(found)

    def _decompress(self, piece: bytes) -> bytes:
        try:
            out = self._stream.decompress(piece, self._room + 1)
        except zlib.error as error:
            if self._fed:
                raise _broken(error) from error
            # Some servers send bare deflate data under the name "deflate".
            self._stream = zlib.decompressobj(_NO_HEADER)
            try:
                out = self._stream.decompress(piece, self._room + 1)
            except zlib.error:
                raise _broken(error) from error
        self._fed = True
        return out

    def _next_member(self) -> None:
        self._members += 1
        if self._members > _MAX_MEMBERS:
            raise _broken("too many gzip members")
        self._stream = zlib.decompressobj(_EITHER_HEADER)


def _broken(why: object) -> StepFailed:
    return StepFailed("connection_failed", f"the answer does not decompress: {why}")
