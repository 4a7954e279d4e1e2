"""`ssh`: a turn is a command on a host of the account, sent by Systems Manager (S3).

The host is an instance's id or `tag:<name>=<value>`. On its standard input the command (`command` of
the backend, by default `runyard-agent`) gets `{agent, swarm, message, state, skills, targets}`; what
it prints is the answer: `{state?, messages?, output?, logs?}`, or plain text, which is its output.
"""

from __future__ import annotations

import base64
import json
import shlex
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Final

from chalicelib.brains.answers import read_answer
from chalicelib.brains.base import World, agent_of, asked
from chalicelib.cloud.aws import calling
from chalicelib.core.json_text import read_json
from chalicelib.core.reach import Reach
from chalicelib.core.steps import StepFailed
from chalicelib.core.swarms.backends import HOST
from chalicelib.core.swarms.model import Mail
from chalicelib.core.swarms.ports import TurnContext, TurnResult

COMMAND: Final = "runyard-agent"
MOST_COMMAND: Final = 1_000
"""Characters."""
MOST_SENT: Final = 60_000
"""Bytes of what the command is sent; Systems Manager takes about 100 KB, base64 included."""
PAUSE: Final = 1.0
"""Seconds between looks at what has become of it."""
_OVER: Final = frozenset({"Success", "Failed", "TimedOut", "Cancelled"})


@dataclass(frozen=True, slots=True)
class HostBrain:
    world: World
    sleep: Callable[[float], None] = time.sleep

    def turn(self, mail: Mail, context: TurnContext) -> TurnResult:
        """Raises StepFailed: `resource_not_allowed` for hosts that the organisation may not use,
        `too_large`, `host_not_found`, `command_failed`, `timeout`, `answer_invalid`, and what AWS's
        failures mean."""
        options = agent_of(context).backend.options
        host, command = options.get("host"), options.get("command", COMMAND)
        if not isinstance(host, str) or not HOST.match(host):
            raise StepFailed("invalid_config", "the backend ssh needs host", retryable=False)
        target = _allowed(self.world.reach(context.org), host)
        client = self.world.aws("ssm")
        seconds = max(30, min(int(context.seconds), 3_600))
        with calling(host):
            sent = client.send_command(
                DocumentName="AWS-RunShellScript",
                Parameters={
                    "commands": [line_for(command, asked(mail, context))],
                    "executionTimeout": [str(seconds)],
                },
                TimeoutSeconds=seconds,
                **target,
            )
        return read_answer(self._answer(client, sent, host, context.seconds), mail, context)

    def _answer(self, client: Any, sent: Any, host: str, seconds: float) -> Any:
        """What the first host printed that is done. A command of which nothing is known after ten
        looks found no host."""
        looks = max(1, int(seconds / PAUSE))
        for look in range(looks):
            with calling(host):
                found = client.list_command_invocations(
                    CommandId=sent["Command"]["CommandId"], Details=True
                )["CommandInvocations"]
            for invocation in found:
                if invocation["Status"] in _OVER:
                    return _printed(invocation, host)
            if not found and look >= 9:
                message = f"{host}: no host answers to it"
                raise StepFailed("host_not_found", message, retryable=False)
            self.sleep(PAUSE)
        raise StepFailed("timeout", f"{host} was not done in time")


def line_for(command: Any, body: Mapping[str, Any]) -> str:
    """The line of shell: what the command gets is base64, and the command is words, not shell. A
    list is taken as it is, a text is split as a shell would. Raises StepFailed (final)."""
    try:
        words = shlex.split(command) if isinstance(command, str) else list(command)
    except (ValueError, TypeError):
        words = []
    if not words or not all(isinstance(word, str) for word in words):
        raise StepFailed("invalid_config", "the backend ssh: command is none", retryable=False)
    quoted = shlex.join(words)
    if len(quoted) > MOST_COMMAND or "\n" in quoted or "\0" in quoted or "{{" in quoted:
        # `{{…}}` is what Systems Manager fills in by itself.
        message = f"command is one line of at most {MOST_COMMAND:,} characters, without {{{{"
        raise StepFailed("invalid_config", f"the backend ssh: {message}", retryable=False)
    text = json.dumps(body)
    if len(text) > MOST_SENT:
        message = f"a host is sent at most {MOST_SENT:,} bytes"
        raise StepFailed("too_large", message, retryable=False)
    encoded = base64.b64encode(text.encode()).decode()
    return f"printf %s {encoded} | base64 -d | {quoted}"


def _allowed(reach: Reach, host: str) -> Mapping[str, Any]:
    """How Systems Manager is told of the host, where the organisation may use it. The stage's
    patterns name instances as `arn:aws:ec2:<region>:<account>:instance/<id>`, and hosts by their
    tag as if that were one: `…:tag/<name>=<value>`."""
    if host.startswith("tag:"):
        name, _, value = host.removeprefix("tag:").partition("=")
        reach.allow(reach.arn("ec2", f"tag/{name}={value}"), host)
        return {"Targets": [{"Key": f"tag:{name}", "Values": [value]}]}
    service, kind = ("ssm", "managed-instance") if host.startswith("mi-") else ("ec2", "instance")
    reach.allow(reach.arn(service, f"{kind}/{host}"), host)
    return {"InstanceIds": [host]}


def _printed(invocation: Mapping[str, Any], host: str) -> Any:
    plugins = invocation.get("CommandPlugins") or [{}]
    text = str(plugins[0].get("Output") or "")
    if invocation["Status"] != "Success":
        code = plugins[0].get("ResponseCode")
        raise StepFailed("command_failed", f"{host}: the command ended with {code}")
    if not text.strip():
        return None
    if not text.lstrip().startswith("{"):
        return {"output": text}
    try:
        return read_json(text)
    except ValueError as problem:
        message = f"{host}: what it printed is no JSON: {problem}"[:300]
        raise StepFailed("answer_invalid", message, retryable=False) from None
