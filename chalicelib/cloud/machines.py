"""Step Functions: publish a definition, start, stop and look at an execution, open a gate."""

from __future__ import annotations

import hashlib
import json
import re
import time
from collections.abc import Mapping
from contextlib import suppress
from typing import TYPE_CHECKING, Any, Final

from botocore.exceptions import ClientError, ReadTimeoutError

from chalicelib.cloud.calls import code_of, later_is_unavailable
from chalicelib.cloud.patience import Patience
from chalicelib.core.compiler.shared import runs_in_sync
from chalicelib.core.runs.ports import ExecutionState

if TYPE_CHECKING:
    from collections.abc import Callable

    from mypy_boto3_stepfunctions import SFNClient

_STATES: Final = {
    "RUNNING": ExecutionState.RUNNING,
    "PENDING_REDRIVE": ExecutionState.RUNNING,
    "SUCCEEDED": ExecutionState.SUCCEEDED,
    "FAILED": ExecutionState.FAILED,
    "ABORTED": ExecutionState.ABORTED,
    "TIMED_OUT": ExecutionState.TIMED_OUT,
}
_NOBODY_WAITS: Final = frozenset({"InvalidToken", "TaskDoesNotExist", "TaskTimedOut"})
PUBLISH_SECONDS: Final = 10.0
"""How long an apply waits for the quota: API Gateway waits 29 s, the SDK's retries and the rest of an
apply need theirs."""
RETRY_AFTER: Final = 10
_NO_EXECUTION: Final = frozenset({"ExecutionDoesNotExist", "StateMachineDoesNotExist"})


def _is_over(error: ClientError) -> bool:
    """AWS answers a stop of an execution that is over as if it had stopped it; MiniStack refuses."""
    return code_of(error) == "ValidationException" and "not running" in str(error)


class StepFunctions:
    """Implements `core.runs.ports.Machines`. ARNs are built, never looked up: the account and the
    partition are those of the role the machines run under."""

    def __init__(
        self,
        client: Callable[[], SFNClient],
        *,
        prefix: str,
        role_arn: str,
        sleep: Callable[[float], None] = time.sleep,
        monotonic: Callable[[], float] = time.monotonic,
        sync_client: Callable[[], SFNClient] | None = None,
    ) -> None:
        """`sync_client` waits for executions; it never sends a request twice."""
        self._client = client
        self._sync_client = sync_client or client
        self._patience = Patience(PUBLISH_SECONDS, RETRY_AFTER, sleep, monotonic)
        self._prefix = prefix
        self._role_arn = role_arn

    def publish(self, workflow: str, definition: str, *, express: bool = False) -> str:
        """Make sure a machine with exactly this definition exists; its name.

        The name holds the definition's hash, so publishing twice is one machine, a rollback needs
        no new one, and an apply that died half-way is repeated without harm. An account may create
        about one machine a second: this waits its turn as long as a request can. Raises
        RateLimited when that was not long enough, Unavailable when AWS has other troubles.
        """
        digest = hashlib.sha256(definition.encode()).hexdigest()[:16]
        room = 80 - len(self._prefix) - len(digest) - 2
        readable = re.sub(r"[^A-Za-z0-9-]", "-", workflow)[:room]
        name = f"{self._prefix}-{readable}-{digest}"
        try:
            with later_is_unavailable("Step Functions"):
                self._patience.call(
                    "too many workflows are being applied at once: Step Functions takes about one "
                    "new state machine a second",
                    lambda: self._client().create_state_machine(
                        name=name,
                        definition=definition,
                        roleArn=self._role_arn,
                        type="EXPRESS" if express else "STANDARD",
                    ),
                )
        except ClientError as error:
            # The same name stands for the same definition; only its role or tags may differ.
            if code_of(error) != "StateMachineAlreadyExists":
                raise
        return name

    def arn(self, machine: str) -> str:
        """The ARN of a machine."""
        return self._arn("stateMachine", machine)

    def start(self, machine: str, run_id: str, payload: Mapping[str, Any]) -> None:
        """Start the execution named `run_id`. One that exists already is fine (invariant 5)."""
        try:
            with later_is_unavailable("Step Functions"):
                self._client().start_execution(
                    stateMachineArn=self._arn("stateMachine", machine),
                    name=run_id,
                    input=json.dumps(payload),
                )
        except ClientError as error:
            if code_of(error) != "ExecutionAlreadyExists":
                raise

    def run(self, machine: str, run_id: str, payload: Mapping[str, Any]) -> None:
        """Run an execution of an Express machine to its end. One that takes longer than a request can
        wait goes on by itself; how an execution ended is not asked, since the run says it."""
        with suppress(ReadTimeoutError), later_is_unavailable("Step Functions"):
            self._sync_client().start_sync_execution(
                stateMachineArn=self._arn("stateMachine", machine),
                name=run_id,
                input=json.dumps(payload),
            )

    def stop(self, machine: str, run_id: str, reason: str) -> None:
        """Stop the execution. One that is over or never was is fine, and so is an Express one, which
        cannot be stopped: its steps find that their run is over."""
        if runs_in_sync(machine):
            return
        try:
            with later_is_unavailable("Step Functions"):
                self._client().stop_execution(
                    executionArn=self._arn("execution", f"{machine}:{run_id}"), cause=reason
                )
        except ClientError as error:
            if code_of(error) not in _NO_EXECUTION and not _is_over(error):
                raise

    def succeed(self, token: str) -> None:
        """End the task that waits with this token. One that waits no more is fine: another call
        was faster, or its execution was stopped."""
        try:
            with later_is_unavailable("Step Functions"):
                self._client().send_task_success(taskToken=token, output="{}")
        except ClientError as error:
            if code_of(error) not in _NOBODY_WAITS:
                raise

    def fail(self, token: str, error: str, cause: str) -> None:
        """Fail the task that waits with this token: its machine's Retry and Catch see the name. One
        that waits no more is fine."""
        document = json.dumps({"errorMessage": cause})
        try:
            with later_is_unavailable("Step Functions"):
                self._client().send_task_failure(taskToken=token, error=error, cause=document)
        except ClientError as problem:
            if code_of(problem) not in _NOBODY_WAITS:
                raise

    def state(self, machine: str, run_id: str) -> ExecutionState:
        """What Step Functions knows of the execution. Not for a read path: its quota is small."""
        try:
            with later_is_unavailable("Step Functions"):
                answer = self._client().describe_execution(
                    executionArn=self._arn("execution", f"{machine}:{run_id}")
                )
        except ClientError as error:
            if code_of(error) in _NO_EXECUTION:
                return ExecutionState.MISSING
            raise
        return _STATES[answer["status"]]

    def reachable(self) -> None:
        """Raises botocore's errors or Unavailable when Step Functions does not answer."""
        with later_is_unavailable("Step Functions"):
            self._client().list_state_machines(maxResults=1)

    def _arn(self, kind: str, name: str) -> str:
        partition, account = self._role_arn.split(":")[1:5:3]
        return f"arn:{partition}:states:{self._client().meta.region_name}:{account}:{kind}:{name}"
