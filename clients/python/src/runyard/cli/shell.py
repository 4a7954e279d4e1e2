"""What every command has: where the API is, who asks, and how to print."""

from __future__ import annotations

import contextlib
import json
import os
import sys
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any, Final
from urllib.parse import quote_plus, urlsplit

import click

from runyard import Client, ConnectionFailed, Problem, Retries, Unauthorized
from runyard._request import base_of
from runyard.cli import cache, exits, output
from runyard.cli.cache import Cached, CacheError

DEFAULT_URL: Final = "http://localhost:8000"
_SHORTEST_SECRET: Final = 6

MakeClient = Callable[..., Client]


@dataclass
class Shell:
    """One process's surroundings; tests bring their own."""

    environment: Mapping[str, str]
    folder: Path
    make_client: MakeClient = Client
    now: Callable[[], float] = time.time
    for_programs: bool = False
    """Whether results and refusals are printed for programs."""
    _secrets: set[str] = field(default_factory=set)
    _asked: str | None = None
    """The API that was talked to last."""
    _by_login: bool = False
    """Whether the cached login spoke there."""

    @classmethod
    def of_process(cls) -> Shell:
        return cls(os.environ, Path.cwd())

    @property
    def home(self) -> Path:
        """The folder with the cached login."""
        named = self.environment.get("RUNYARD_HOME")
        return Path(named) if named else Path("~/.runyard").expanduser()

    def url(self, asked: str | None = None) -> str:
        """Where the API is: as asked, as RUNYARD_URL says, as at the last login, or here.
        Raises UsageError for what is no address."""
        named = asked or self.environment.get("RUNYARD_URL")
        if not named:
            cached = cache.read(self.home)
            named = cached.base_url if cached else DEFAULT_URL
        try:
            parts = urlsplit(named)
            if parts.username is not None or parts.port == 0:
                raise ValueError(named)
            return base_of(named)
        except ValueError as error:
            # Not shown: it may hold a password.
            raise click.UsageError("the URL has to be one like https://runyard.example") from error

    def client(self) -> Client:
        """The API as whoever is signed in. The cached token goes to the address that it was made for
        and to no other. Raises UsageError and CacheError."""
        base_url = self.url()
        if token := self.environment.get("RUNYARD_TOKEN"):
            return self.connect(base_url, token)
        cached = cache.read(self.home)
        if cached is None or cached.base_url != base_url:
            raise click.UsageError(f"not signed in at {base_url}: runyard login")
        self._by_login = True
        return self.connect(base_url, self._fresh(cached).token)

    def connect(self, base_url: str, token: str | None, **more: Any) -> Client:
        """A client with a token, which is not shown from now on. Raises UsageError for a text that
        no header can carry."""
        if token is not None:
            if not token.isascii() or not token.isprintable() or " " in token:
                raise click.UsageError("the token is none: it has letters that no token has")
            self.keep_secret(token)
        self._asked = base_url
        return self.make_client(base_url, token, **more)

    def _fresh(self, cached: Cached) -> Cached:
        """The cached login, changed for a fresh one when it is about to end. Where that fails the
        old one is still good, and the command itself tells what is wrong."""
        if not cached.is_due(self.now()):
            return cached
        try:
            with self.connect(cached.base_url, cached.token, retries=Retries(tries=1)) as client:
                session = client.auth.refresh()
        except (Problem, ConnectionFailed):
            return cached
        now = self.now()
        fresh = replace(
            cached,
            token=session["token"],
            obtained_at=now,
            expires_at=now + session["expires_in"],
        )
        with contextlib.suppress(CacheError):
            cache.write(self.home, fresh)
        return fresh

    def keep_secret(self, text: str) -> None:
        """Never print this in an error, in no form that it is sent in. What is too short to be a
        secret is left alone: covering it would cover words."""
        if len(text) >= _SHORTEST_SECRET:
            self._secrets |= {text, quote_plus(text), json.dumps(text)[1:-1]}

    def without_secrets(self, text: str) -> str:
        """Text in which every secret that this process knows is covered."""
        for secret in sorted(self._secrets, key=len, reverse=True):
            text = text.replace(secret, "***")
        return text

    def tell(self, error: BaseException, file: str | None = None) -> int:
        """Print what went wrong, of a file or at all; the exit code for it."""
        subject = f"{file}: " if file else ""
        if isinstance(error, ConnectionFailed):
            subject += f"no answer from {self._asked}: "
        line = f"error: {subject}{exits.told(error)}"
        if self._by_login and isinstance(error, Unauthorized):
            line += "; sign in again: runyard login"
        if self.for_programs:
            body = dict(error.body) if isinstance(error, Problem) else {}
            named = {"file": file} if file else {}
            self._error(json.dumps({"error": line.removeprefix("error: "), **named, **body}))
        else:
            self._error("\n".join([line, *exits.places(error, file)]))
        return exits.code_of(error)

    def _error(self, text: str) -> None:
        output.note(self.without_secrets(text))

    def read_input(self) -> bytes:
        """All of the standard input."""
        return sys.stdin.buffer.read()
