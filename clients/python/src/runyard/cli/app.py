"""The command `runyard` with all its parts."""

from __future__ import annotations

import os
import sys
from collections.abc import Sequence

import click
from click.exceptions import NoArgsIsHelpError

import runyard
from runyard import RunyardError
from runyard.cli import approving, definitions, exits, reading, running, signing, swarms
from runyard.cli.cache import CacheError
from runyard.cli.output import OutputClosed
from runyard.cli.shell import Shell

_HELP = """Start, watch, stream and stop workflow runs and swarms of agents.

Exit codes: 0 all is well; 1 the run that was waited for did not complete; 2 the command is wrong;
3 the API refused; 4 the API cannot be reached.

RUNYARD_URL and RUNYARD_TOKEN stand above what a login has cached, RUNYARD_HOME is the folder that it
is cached in.
"""


@click.group(name="runyard", help=_HELP, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(runyard.__version__, prog_name="runyard")
def command() -> None: ...


for part in (signing, definitions, running, reading, approving, swarms):
    for one in part.COMMANDS:
        command.add_command(one)


def perform(arguments: Sequence[str], shell: Shell) -> int:
    """Do what the words say; the exit code. What goes wrong is printed, in one line."""
    try:
        code = command.main(list(arguments), prog_name="runyard", standalone_mode=False, obj=shell)
    except click.Abort:
        return exits.INTERRUPTED
    except NoArgsIsHelpError as error:
        error.show()
        return exits.USAGE
    except (RunyardError, CacheError, click.ClickException) as error:
        return shell.tell(error)
    except OutputClosed:
        # What is left in the buffer has nobody to go to either.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return exits.PIPE_CLOSED
    return code if isinstance(code, int) else exits.OK
