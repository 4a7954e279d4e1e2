"""What several commands take in the same words."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeVar

import click

from runyard.cli.shell import Shell

F = TypeVar("F", bound=Callable[..., Any])


def identifier(value: str) -> str:
    """A name or an id: anything that can stand in a path. Raises BadParameter."""
    if value in ("", ".", ".."):
        raise click.BadParameter(f"{value!r} is no name and no id")
    return value


def _for_programs(ctx: click.Context, _: click.Parameter, value: bool) -> None:
    shell: Shell = ctx.obj
    shell.for_programs = value


def printing(function: F) -> F:
    """`--json`."""
    return click.option(
        "--json",
        is_flag=True,
        expose_value=False,
        is_eager=True,
        callback=_for_programs,
        help="Print JSON.",
    )(function)
