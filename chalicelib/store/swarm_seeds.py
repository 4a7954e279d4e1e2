"""Files of swarms in the bucket: `swarms/<org>/<path>`, by a path that cannot lead out of there."""

from __future__ import annotations

from typing import Final

from chalicelib.core.errors import BadRequest, TooLarge
from chalicelib.store.blobs import Blobs

LONGEST_PATH: Final = 512
"""Bytes; S3 takes 1,024 for a whole key."""
MOST_SEED_BYTES: Final = 6_000_000
"""Of a configuration: what a request may be."""


def swarm_prefix(org: str) -> str:
    """Where an organisation's configurations are."""
    return f"swarms/{org}/"


def safe_path(path: str) -> str:
    """A relative path, as it is. Raises BadRequest for one that is none or would lead elsewhere."""
    parts = path.split("/")
    bad = "\\" in path or any(ord(letter) < 32 for letter in path)
    if bad or {"", ".", ".."} & set(parts) or len(_encoded(path)) > LONGEST_PATH:
        raise BadRequest("A path must be relative, without '.', '..', empty parts and backslashes")
    return path


def _encoded(path: str) -> bytes:
    try:
        return path.encode()
    except UnicodeEncodeError as problem:
        raise BadRequest("A path must be Unicode text") from problem


class SwarmSeeds:
    """The part of `core.swarms.ports.SwarmStore` that is about configuration files."""

    _blobs: Blobs

    def put_seed(self, org: str, path: str, text: str) -> None:
        """One PutObject. Raises BadRequest for a path that is none, TooLarge."""
        if len(text.encode()) > MOST_SEED_BYTES:
            raise TooLarge(f"A configuration is over {MOST_SEED_BYTES:,} bytes")
        self._blobs.put_text(swarm_prefix(org) + safe_path(path), text)

    def seed(self, org: str, path: str) -> str | None:
        """One GetObject. Raises BadRequest for a path that is none, and for what is no UTF-8 text."""
        return self._blobs.text(swarm_prefix(org) + safe_path(path), most=MOST_SEED_BYTES)
