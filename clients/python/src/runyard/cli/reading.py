"""`ls`, `show`, `logs`: what is and what was."""

from __future__ import annotations

from itertools import islice
from typing import Any, Final

import click

from runyard.cli import output, summary
from runyard.cli.options import identifier, printing
from runyard.cli.output import Status, moment, took
from runyard.cli.shell import Shell

_STATUSES: Final = ("pending", "running", "completed", "failed", "timed_out", "cancelled")
_LARGEST_PAGE: Final = 1000


@click.command(name="ls")
@click.option("--status", type=click.Choice(_STATUSES), help="Only runs with this status.")
@click.option("--workflow", help="Only runs of this workflow.")
@click.option("--since", help="Only runs since: 90m, 24h, 7d, or a time as RFC 3339 has it.")
@click.option("--limit", type=click.IntRange(min=1), default=20, show_default=True)
@printing
@click.pass_obj
def list_runs(
    shell: Shell, status: Any, workflow: str | None, since: str | None, limit: int
) -> None:
    """List runs, newest first."""
    with shell.client() as client:
        walk = client.runs.list_all(
            status=status, workflow=workflow, since=since, page_size=min(limit, _LARGEST_PAGE)
        )
        found = list(islice(walk, limit))
    if shell.for_programs:
        output.document(found)
        return
    output.table(
        ("RUN", "WORKFLOW", "VERSION", "STATUS", "STARTED", "TOOK"),
        (
            (
                run["id"],
                run["workflow"],
                run["version"],
                Status(run["status"]),
                moment(run["started_at"]),
                took(run["started_at"], run["completed_at"]),
            )
            for run in found
        ),
    )


@click.command()
@click.argument("run_id", metavar="RUN", type=identifier)
@printing
@click.pass_obj
def show(shell: Shell, run_id: str) -> None:
    """Show a run with its inputs, outputs and steps."""
    with shell.client() as client:
        found = client.runs.get(run_id)
    if shell.for_programs:
        output.document(found)
    else:
        summary.print_run(found)


@click.command()
@click.argument("run_id", metavar="RUN", type=identifier)
@printing
@click.pass_obj
def logs(shell: Shell, run_id: str) -> None:
    """Print what has happened in a run so far, line by line."""
    with shell.client() as client:
        for found in client.runs.logs_all(run_id):
            if shell.for_programs:
                output.record(found)
            else:
                output.line(summary.of_log_line(found))


COMMANDS: Final = (list_runs, show, logs)
