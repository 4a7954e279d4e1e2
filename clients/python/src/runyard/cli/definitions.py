"""`apply`, `plan`, `workflows`."""

from __future__ import annotations

import contextlib
from pathlib import Path
from typing import Final

import click

from runyard import ConnectionFailed, Problem, Unauthorized
from runyard.cli import exits, output
from runyard.cli.options import printing
from runyard.cli.shell import Shell

_FILE: Final = click.Path(exists=True, dir_okay=False, readable=True, allow_dash=True)


@click.command()
@click.argument("files", nargs=-1, required=True, type=_FILE, metavar="FILE...")
@printing
@click.pass_obj
def apply(shell: Shell, files: tuple[str, ...]) -> int:
    """Apply workflows from files of YAML or JSON (`-` is standard input).

    Each file is tried, also when one before it was refused. Unchanged content makes no new version.
    """
    code, applied = exits.OK, []
    with shell.client() as client:
        for file in files:
            content = _content(shell, file)
            try:
                found = client.workflows.apply(_name(file, content), content)
            except Unauthorized:
                raise
            except Problem as problem:
                code = shell.tell(problem, _called(file))
                continue
            except ConnectionFailed as failed:
                code = shell.tell(failed, _called(file))
                break
            applied.append(found)
            if not shell.for_programs:
                text = f"{found['name']} version {found['version']} {found['status']}"
                output.line(output.plain(text))
    if shell.for_programs:
        output.document(applied)
    return code


@click.command()
@click.argument("file", type=_FILE)
@printing
@click.pass_obj
def plan(shell: Shell, file: str) -> int:
    """Show what applying a file would change; nothing is stored."""
    content = _content(shell, file)
    with shell.client() as client:
        try:
            found = client.workflows.plan(_name(file, content), content)
        except Problem as problem:
            return shell.tell(problem, _called(file))
    if shell.for_programs:
        output.document(found)
        return exits.OK
    if found["diff"]:
        output.line(output.plain(found["diff"].rstrip("\n")))
        output.line()
    to = "no change"
    if found["action"] != "unchanged":
        to = f"{found['action']}, version {found['next_version']}"
    output.line(output.plain(f"{found['name']}: {to}"))
    return exits.OK


@click.command()
@printing
@click.pass_obj
def workflows(shell: Shell) -> None:
    """List the workflows by name."""
    with shell.client() as client:
        found = client.workflows.list()["workflows"]
    if shell.for_programs:
        output.document(found)
        return
    output.table(
        ("NAME", "VERSION", "UPDATED", "DESCRIPTION"),
        (
            (one["name"], one["version"], output.moment(one["updated_at"]), one["description"])
            for one in found
        ),
    )


def _content(shell: Shell, file: str) -> bytes:
    return shell.read_input() if file == "-" else (shell.folder / Path(file)).read_bytes()


def _name(file: str, content: bytes) -> str:
    """The workflow's name as the definition says it, or else the file's own: the API then tells
    everything that is wrong, with lines."""
    name = _name_in(content)
    if name is not None and name not in ("", ".", ".."):
        return name
    return "workflow" if file == "-" else Path(file).stem


def _name_in(content: bytes) -> str | None:
    """The member `name` of the outermost object, also where what stands behind it is broken.

    Read from the parser's events: nothing is built from the text, however it refers to itself.
    """
    import yaml

    # The API reads by libyaml too, where it is there; the other parser takes a little less.
    loader = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
    depth, members, before = 0, 0, None
    with contextlib.suppress(yaml.YAMLError):
        for event in yaml.parse(content, Loader=loader):
            if isinstance(event, yaml.CollectionEndEvent):
                depth -= 1
            if not isinstance(event, yaml.NodeEvent):
                continue
            if depth == 0 and not isinstance(event, yaml.MappingStartEvent):
                return None
            if depth == 1:
                text = str(event.value) if isinstance(event, yaml.ScalarEvent) else None
                if members % 2 and before == "name":
                    return text
                members, before = members + 1, text
            if isinstance(event, yaml.CollectionStartEvent):
                depth += 1
    return None


def _called(file: str) -> str:
    """How a file is called in a message."""
    return "standard input" if file == "-" else file


COMMANDS: Final = (apply, plan, workflows)
