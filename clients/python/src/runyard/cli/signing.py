"""`login`, `logout`, `whoami`."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Final
from urllib.parse import urlsplit

import click

from runyard import RunyardError, Unauthorized
from runyard.cli import cache, output
from runyard.cli.cache import Cached
from runyard.cli.options import printing
from runyard.cli.shell import Shell

_NEAR: Final = ("localhost", "127.0.0.1", "::1")


@click.command()
@click.option("--email", help="Your e-mail address.")
@click.option("--password", help="Asked for, or read from standard input, where it is not given.")
@click.option("--url", help="Where the API is; without it RUNYARD_URL, or where you were last.")
@click.option("--local", is_flag=True, help="Use the token that `make run` left in this checkout.")
@printing
@click.pass_obj
def login(
    shell: Shell, email: str | None, password: str | None, url: str | None, local: bool
) -> None:
    """Sign in, and cache the token for the commands that follow."""
    if local and (email or password or url):
        raise click.UsageError("--local takes everything from .local/credentials.json")
    if local:
        cached = cache.local(shell.folder)
    elif email:
        cached = _signed_in(shell, shell.url(url), email, password)
    else:
        raise click.UsageError("who? give --email, or --local in a checkout with a local stack")
    with shell.connect(cached.base_url, cached.token) as client:
        me = client.auth.me()
    path = cache.write(shell.home, cached)
    if shell.for_programs:
        output.document({"base_url": cached.base_url, "cached_at": str(path), **me})
        return
    output.line(f"Signed in at {cached.base_url} as {output.plain(me['name'])} ({me['role']}).")
    output.line(f"Token cached at {_short(path)} for subsequent commands.")


@click.command()
@click.pass_obj
def logout(shell: Shell) -> None:
    """Forget the cached token, and end it if it is that of a login."""
    cached = cache.read(shell.home)
    if cached is None:
        output.line("Not signed in.")
        return
    try:
        if cached.is_login():
            with shell.connect(cached.base_url, cached.token) as client:
                client.auth.logout()
    except Unauthorized:
        pass  # it has ended already
    except RunyardError:
        cache.forget(shell.home)
        output.note("The token is forgotten here; at the API it stays good until it ends.")
        raise
    cache.forget(shell.home)
    output.line(f"Signed out at {cached.base_url}.")


@click.command()
@printing
@click.pass_obj
def whoami(shell: Shell) -> None:
    """Tell who is signed in, with what role, and where."""
    with shell.client() as client:
        me = client.auth.me()
    base_url = shell.url()
    if shell.for_programs:
        output.document({"base_url": base_url, **me})
    else:
        who = "token " if me["kind"] == "token" else ""
        output.line(output.plain(f"{who}{me['name']}, {me['role']} of {me['org']} at {base_url}"))


def _signed_in(shell: Shell, base_url: str, email: str, password: str | None) -> Cached:
    """A new login. Raises Problem, ConnectionFailed and UsageError."""
    parts = urlsplit(base_url)
    if parts.scheme == "http" and parts.hostname not in _NEAR:
        output.note(f"warning: the password is sent to {parts.hostname} without encryption")
    given = password if password is not None else _password(shell)
    shell.keep_secret(given)
    now = shell.now()
    with shell.connect(base_url, None) as client:
        session = client.auth.login(email=email, password=given)
    return Cached(base_url, session["token"], now, now + session["expires_in"])


def _password(shell: Shell) -> str:
    """Asked for where somebody can answer, else the first line of standard input."""
    if sys.stdin.isatty():
        return str(click.prompt("Password", hide_input=True, err=True))
    given = shell.read_input().decode("utf-8", "replace").partition("\n")[0].rstrip("\r")
    if not given:
        raise click.UsageError("no password: give --password, or a line of standard input")
    return given


def _short(path: Path) -> str:
    """A path with `~`, where it is below the home folder."""
    home = Path.home()
    return f"~/{path.relative_to(home)}" if path.is_relative_to(home) else str(path)


COMMANDS: Final = (login, logout, whoami)
