"""`approvals`, `approve`, `reject`."""

from __future__ import annotations

from typing import Any, Final

import click

from runyard.cli import output
from runyard.cli.options import identifier, printing
from runyard.cli.output import Status, moment
from runyard.cli.shell import Shell

_STATUSES: Final = ("pending", "approved", "rejected", "expired", "all")


@click.command()
@click.option(
    "--status", type=click.Choice(_STATUSES), default="pending", show_default=True, help="Which."
)
@printing
@click.pass_obj
def approvals(shell: Shell, status: Any) -> None:
    """List what waits for an answer, newest first."""
    with shell.client() as client:
        found = list(client.approvals.list_all(status=None if status == "all" else status))
    if shell.for_programs:
        output.document(found)
        return
    output.table(
        ("APPROVAL", "RUN", "STEP", "STATUS", "UNTIL", "MESSAGE"),
        (
            (
                one["id"],
                one["run_id"],
                one["step"],
                Status(one["status"]),
                moment(one["expires_at"]),
                one["message"],
            )
            for one in found
        ),
    )


@click.command()
@click.argument("approval_id", metavar="ID", type=identifier)
@click.option("--comment", help="Why; later steps can read it.")
@printing
@click.pass_obj
def approve(shell: Shell, approval_id: str, comment: str | None) -> None:
    """Approve: the step succeeds and its run goes on."""
    with shell.client() as client:
        _print(shell, client.approvals.approve(approval_id, comment=comment))


@click.command()
@click.argument("approval_id", metavar="ID", type=identifier)
@click.option("--comment", help="Why; later steps can read it.")
@printing
@click.pass_obj
def reject(shell: Shell, approval_id: str, comment: str | None) -> None:
    """Reject: the step fails."""
    with shell.client() as client:
        _print(shell, client.approvals.reject(approval_id, comment=comment))


def _print(shell: Shell, found: Any) -> None:
    if shell.for_programs:
        output.document(found)
    else:
        output.line(output.plain(f"{found['step']} of {found['run_id']} {found['status']}"))


COMMANDS: Final = (approvals, approve, reject)
