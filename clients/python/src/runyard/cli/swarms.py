"""`swarm ls`, `swarm create`, `swarm task`, `swarm watch`, `swarm stop`: swarms of agents."""

from __future__ import annotations

import json
import time
from pathlib import Path
from typing import Any, Final

import click

from runyard import Client, Problem
from runyard.cli import exits, output
from runyard.cli.options import identifier, printing
from runyard.cli.output import Status, moment
from runyard.cli.shell import Shell

_FILE: Final = click.Path(exists=True, dir_okay=False, readable=True, allow_dash=True)
_LOOK_SECONDS: Final = 1.0
"""Between two looks at a swarm's messages."""
_LOOKS_BACK: Final = 500
"""Messages that one look shows; the log is asked for no more at once."""
_OVER: Final = ("stopped", "error")


@click.group(name="swarm")
def swarm() -> None:
    """Create swarms of agents, give them tasks, watch them, stop them."""


@swarm.command(name="ls")
@printing
@click.pass_obj
def list_swarms(shell: Shell) -> None:
    """List the swarms."""
    with shell.client() as client:
        found = client.swarms.list()["swarms"]
    if shell.for_programs:
        output.document(found)
        return
    output.table(
        ("SWARM", "STATUS", "AGENTS", "OBJECTS", "STARTED"),
        (
            (
                one["name"],
                Status(one["status"]),
                one["agent_count"],
                one["object_count"],
                moment(one["started_at"]),
            )
            for one in found
        ),
    )


@swarm.command()
@click.argument("file", type=_FILE, required=False, metavar="[FILE]")
@click.option("--path", "config_path", help="A configuration that the stage keeps, by its path.")
@printing
@click.pass_obj
def create(shell: Shell, file: str | None, config_path: str | None) -> int:
    """Create a swarm from a file of YAML or JSON (`-` is standard input), and print its name.

    Configurations in Elixir are read by the API only, where it keeps them: name one with --path.
    """
    if (file is None) == (config_path is None):
        raise click.UsageError("which configuration? give a FILE or --path")
    config = None if file is None else _config(shell, file)
    with shell.client() as client:
        try:
            found = client.swarms.create(config=config, config_path=config_path)
        except Problem as problem:
            return shell.tell(problem, file)
    _print(shell, found, found["swarm_name"])
    return exits.OK


@swarm.command()
@click.argument("name", metavar="SWARM", type=identifier)
@click.argument("agent", type=identifier)
@click.argument("text")
@click.option("--key", help="An Idempotency-Key: the same one again sends nothing more.")
@printing
@click.pass_obj
def task(shell: Shell, name: str, agent: str, text: str, key: str | None) -> None:
    """Send a task to an agent."""
    with shell.client() as client:
        found = client.swarm_agents.send_task(name, agent, task=text, idempotency_key=key)
    _print(shell, found, f"sent to {agent}")


@swarm.command()
@click.argument("name", metavar="SWARM", type=identifier)
@printing
@click.pass_obj
def watch(shell: Shell, name: str) -> None:
    """Print a swarm's messages as they are routed, until it has stopped; Ctrl-C ends the watching.

    With --json each message is one line.
    """
    with shell.client() as client:
        shown: set[str] = set()
        while True:
            # Asked first: what was routed before the end is then in the log that is read after it.
            over = client.swarms.get(name)["status"] in _OVER
            shown = _show_new(shell, client, name, shown)
            if over:
                return
            time.sleep(_LOOK_SECONDS)


@swarm.command()
@click.argument("name", metavar="SWARM", type=identifier)
@click.option("--purge", is_flag=True, help="Delete all its data, too.")
@printing
@click.pass_obj
def stop(shell: Shell, name: str, purge: bool) -> None:
    """Stop a swarm."""
    with shell.client() as client:
        found = client.swarms.stop(name, purge="true" if purge else None)
    _print(shell, found, f"{name} {found['status']}")


def _show_new(shell: Shell, client: Client, name: str, shown: set[str]) -> set[str]:
    """Print the messages that were not shown, the oldest first; all that the log shows now."""
    listed = client.swarms.get_messages(name, limit=_LOOKS_BACK)["messages"]
    for message in reversed(listed):
        if json.dumps(message) in shown:
            continue
        if shell.for_programs:
            output.record(message)
            continue
        to = message["to"] if isinstance(message["to"], str) else ", ".join(message["to"])
        said = f"{message['from']} → {to}: {message['content_preview']}"
        output.line(f"{moment(message['timestamp'])}  {output.block(said, '  ')}")
    return {json.dumps(message) for message in listed}


def _config(shell: Shell, file: str) -> dict[str, Any]:
    """What a file says, as data. Raises UsageError."""
    import yaml

    if Path(file).suffix in (".exs", ".ex"):
        raise click.UsageError(f"{file}: only the API reads Elixir; keep it there, and say --path")
    content = shell.read_input() if file == "-" else (shell.folder / Path(file)).read_bytes()
    try:
        found = yaml.safe_load(content)
        json.dumps(found)  # a date, say, is YAML and cannot be sent
    except (yaml.YAMLError, TypeError, ValueError, RecursionError) as error:
        raise click.UsageError(f"{file} is neither YAML nor JSON") from error
    if not isinstance(found, dict):
        raise click.UsageError(f"{file} has to be an object with `name` and `agents`")
    return found


def _print(shell: Shell, data: Any, text: str) -> None:
    if shell.for_programs:
        output.document(data)
    else:
        output.line(output.plain(text))


COMMANDS: Final = (swarm,)
