"""`run`, `watch`, `cancel`, `retry`: what starts, follows and ends runs."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Final, TypeVar

import click

from runyard import Client
from runyard.cli import exits, output, summary, values
from runyard.cli.options import identifier, printing
from runyard.cli.shell import Shell

F = TypeVar("F", bound=Callable[..., Any])


def until_the_end(function: F) -> F:
    """`--follow` and `--wait`."""
    follow = click.option(
        "-f", "--follow", is_flag=True, help="Print the run's events until it is over."
    )
    wait = click.option("-w", "--wait", is_flag=True, help="Return when the run is over.")
    return follow(wait(function))


@click.command()
@click.argument("workflow", type=identifier)
@click.option(
    "-i",
    "--input",
    "words",
    multiple=True,
    metavar="KEY=VALUE",
    help="One input, read as the type that the workflow declares. May be repeated.",
)
@click.option("--inputs", "given", metavar="JSON", help="All inputs: JSON, @FILE, or - for stdin.")
@click.option("--key", help="An Idempotency-Key: the same one again answers the first run.")
@until_the_end
@printing
@click.pass_obj
def run(
    shell: Shell,
    *,
    workflow: str,
    words: tuple[str, ...],
    given: str | None,
    key: str | None,
    follow: bool,
    wait: bool,
) -> int:
    """Start a run of a workflow, and print its id."""
    inputs = values.whole(shell, given) if given is not None else {}
    with shell.client() as client:
        if words:
            inputs |= values.pairs(words, client.workflows.get(workflow)["definition"])
        started = client.start(workflow, inputs, key=key)
        return _started(shell, client, started, follow, wait)


@click.command()
@click.argument("run_id", metavar="RUN", type=identifier)
@until_the_end
@printing
@click.pass_obj
def retry(shell: Shell, run_id: str, follow: bool, wait: bool) -> int:
    """Run again what did not succeed, in a new run that keeps what did."""
    with shell.client() as client:
        return _started(shell, client, client.runs.retry(run_id), follow, wait)


@click.command()
@click.argument("run_id", metavar="RUN", type=identifier)
@click.option(
    "--after", type=click.IntRange(min=0), default=0, help="Only events behind this number."
)
@printing
@click.pass_obj
def watch(shell: Shell, run_id: str, after: int) -> int:
    """Print a run's events as they happen, until it is over.

    With --json each event is one line.
    """
    with shell.client() as client:
        return _followed(shell, client, run_id, after)


@click.command()
@click.argument("run_id", metavar="[RUN]", type=identifier, required=False)
@click.option("--all", "everything", is_flag=True, help="Every run that is not over.")
@printing
@click.pass_obj
def cancel(shell: Shell, run_id: str | None, everything: bool) -> None:
    """Cancel a run, or all. Afterwards no further step of it starts."""
    if (run_id is None) != everything:
        raise click.UsageError("which run? give its id, or --all")
    with shell.client() as client:
        if run_id is None:
            count = client.runs.cancel_all()
            text = f"{count['count']} cancelled"
            _print(shell, count, text)
        else:
            _print(shell, client.cancel(run_id), f"{run_id} cancelled")


def _started(shell: Shell, client: Client, started: Any, follow: bool, wait: bool) -> int:
    """Print the id of a new run, and stay with it if that is wanted."""
    run_id: str = started["execution_id"]
    if follow:
        return _followed(shell, client, run_id, 0)
    if not wait:
        _print(shell, started, run_id)
        return exits.OK
    if not shell.for_programs:
        output.note(run_id)
    try:
        found = client.wait(run_id)
    except KeyboardInterrupt:
        _goes_on(run_id)
        raise
    return _ended(shell, found)


def _followed(shell: Shell, client: Client, run_id: str, after: int) -> int:
    """Print events up to the run's last; the exit code by how it ended."""
    try:
        for event in client.stream(run_id, after=after):
            if shell.for_programs:
                output.record(event)
            else:
                output.line(summary.of_event(event))
        found = client.wait(run_id)
    except KeyboardInterrupt:
        _goes_on(run_id)
        raise
    if not shell.for_programs:
        return _ended(shell, found)
    return summary.exit_code(found["status"])


def _ended(shell: Shell, found: Any) -> int:
    if shell.for_programs:
        output.document(found)
    else:
        summary.print_end(found)
    return summary.exit_code(found["status"])


def _goes_on(run_id: str) -> None:
    output.note(f"\n{run_id} goes on; see it again with: runyard watch {run_id}")


def _print(shell: Shell, data: Any, text: str) -> None:
    if shell.for_programs:
        output.document(data)
    else:
        output.line(output.plain(text))


COMMANDS: Final = (run, watch, cancel, retry)
