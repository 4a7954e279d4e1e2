"""Where a login is kept between commands (S4: "Token cached at … for subsequent CLI calls")."""

from __future__ import annotations

import json
import os
import tempfile
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, Final

from runyard._request import base_of

FILE: Final = "auth.json"
_LOCAL: Final = Path(".local") / "credentials.json"


class CacheError(Exception):
    """A file that should hold credentials does not, or cannot be read or written."""


@dataclass(frozen=True)
class Cached:
    """A token and the API that it is for. It is sent to no other address."""

    base_url: str
    token: str
    obtained_at: float | None = None
    """Both in seconds since 1970; None for a token that does not come from a login."""
    expires_at: float | None = None

    def is_login(self) -> bool:
        """Whether a login made it: those are refreshed, and ended by a logout."""
        return self.expires_at is not None

    def is_due(self, now: float) -> bool:
        """Whether the last quarter of its life has begun; what has ended cannot be refreshed."""
        if self.expires_at is None or self.obtained_at is None:
            return False
        return now < self.expires_at <= now + (self.expires_at - self.obtained_at) / 4


def read(home: Path) -> Cached | None:
    """The cached login, if there is one. Raises CacheError for a file that is none."""
    path = home / FILE
    found = _object(path)
    return None if found is None else _cached(path, found)


def write(home: Path, cached: Cached) -> Path:
    """Replace the cached login as a whole; nobody else may read the file. Raises CacheError."""
    path = home / FILE
    try:
        home.mkdir(mode=0o700, parents=True, exist_ok=True)
        # Made with mode 0600, and complete before it has its name: never half, never readable.
        handle, name = tempfile.mkstemp(prefix=f".{FILE}.", dir=home)
        try:
            with os.fdopen(handle, "w", encoding="utf-8") as file:
                json.dump(asdict(cached), file, indent=2)
                file.write("\n")
            Path(name).replace(path)
        except BaseException:
            Path(name).unlink(missing_ok=True)
            raise
    except OSError as error:
        raise CacheError(f"{path} cannot be written: {error.strerror}") from error
    return path


def forget(home: Path) -> None:
    """Delete the cached login, if there is one. Raises CacheError."""
    path = home / FILE
    try:
        path.unlink(missing_ok=True)
    except OSError as error:
        raise CacheError(f"{path} cannot be deleted: {error.strerror}") from error


def local(folder: Path) -> Cached:
    """What `make run` left in the checkout that `folder` is in. Raises CacheError."""
    for place in (folder, *folder.parents):
        if (found := _object(place / _LOCAL)) is not None:
            return _cached(place / _LOCAL, found)
    raise CacheError(f"no {_LOCAL} here or above: `make run` writes it")


def _cached(path: Path, found: Mapping[str, Any]) -> Cached:
    base_url, token = found.get("base_url"), found.get("token")
    times = [found.get("obtained_at"), found.get("expires_at")]
    known = isinstance(base_url, str) and isinstance(token, str)
    try:
        if known and all(time is None or isinstance(time, int | float) for time in times):
            return Cached(base_of(str(base_url)), str(token), *times)
    except ValueError:
        pass  # no address
    raise CacheError(f"{path} is not what a login writes: delete it and sign in again")


def _object(path: Path) -> Mapping[str, Any] | None:
    try:
        found = json.loads(path.read_bytes())
    except (FileNotFoundError, NotADirectoryError):
        return None
    except OSError as error:
        raise CacheError(f"{path} cannot be read: {error.strerror}") from error
    except ValueError:
        found = None
    return found if isinstance(found, dict) else {}
