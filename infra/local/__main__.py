"""`python -m infra.local up|down|status|logs|reset`: what `make run` and its kin call."""

from __future__ import annotations

import argparse
import os
import sys

from botocore.exceptions import BotoCoreError, ClientError

from infra import paths
from infra.errors import InfraError
from infra.local import ports
from infra.local.stack import AfterDeploy, LocalStack
from infra.sessions import emulator_url


def _elsewhere() -> str | None:
    """The address of an emulator that the environment names; None when we start our own."""
    named = any(os.environ.get(name) for name in ("AWS_ENDPOINT_URL", "LOCALSTACK_HOST"))
    return emulator_url() if named else None


def _say(text: str) -> None:
    print(f"  {text} …", flush=True)


def _local_stack() -> LocalStack:
    return LocalStack(
        paths.LOCAL,
        emulator_port=ports.chosen(paths.LOCAL, ports.EMULATOR_PORT_SETTING),
        front_port=ports.chosen(paths.LOCAL, ports.FRONT_PORT_SETTING),
        enforce_iam=os.environ.get("RUNYARD_ENFORCE_IAM", "") not in ("", "0", "false"),
        say=_say,
        elsewhere=_elsewhere(),
    )


def _logs(stack: LocalStack, function: str | None, lines: int) -> None:
    """The last lines of both processes, or of one function."""
    if function is None:
        for daemon in (stack.emulator, stack.front_door):
            print(f"== {daemon.log}\n{daemon.tail(lines)}")
        return
    page = stack.session.client("logs").filter_log_events(
        logGroupName=f"/aws/lambda/runyard-local-{function}"
    )
    for event in page["events"][-lines:]:
        print(event["message"].rstrip())


def _shown(stack: LocalStack) -> str:
    """The home folder as a person would type it here."""
    root = paths.ROOT
    return str(stack.home.relative_to(root) if stack.home.is_relative_to(root) else stack.home)


def _bootstrap(stack: LocalStack, outputs: dict[str, str]) -> None:
    from infra.bootstrap import bootstrap_local

    bootstrap_local(
        stack.session, outputs, stack.home, base_url=stack.base_url, ws_url=stack.ws_url
    )


def main(arguments: list[str] | None = None, after_deploy: AfterDeploy | None = None) -> int:
    """The command line. `after_deploy` is called by `up` once the stack stands."""
    parser = argparse.ArgumentParser(prog="python -m infra.local", description=__doc__)
    commands = parser.add_subparsers(dest="command", required=True)
    commands.add_parser("up", help="start and deploy what is not running or not current")
    commands.add_parser("down", help="stop everything and keep the state")
    commands.add_parser("status", help="what runs where")
    commands.add_parser("reset", help="stop everything and delete the state")
    logs = commands.add_parser("logs", help="the last lines of the logs")
    logs.add_argument("function", nargs="?", help="a function's logical id, e.g. RunStep")
    logs.add_argument("--lines", type=int, default=40)
    chosen = parser.parse_args(arguments)
    try:
        stack = _local_stack()
        match chosen.command:
            case "up":
                stack.up(after_deploy)
                print(f"  running at {stack.base_url}")
            case "down":
                stack.stop()
                print(f"  stopped; its data stay in {_shown(stack)} until `make reset`")
            case "reset":
                stack.reset()
                print(f"  stopped, and {_shown(stack)} deleted")
            case "status":
                print("\n".join(f"{name:12} {text}" for name, text in stack.status()))
            case "logs":
                _logs(stack, chosen.function, chosen.lines)
    except (InfraError, ClientError, BotoCoreError) as error:
        print(error, file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main(after_deploy=_bootstrap))
