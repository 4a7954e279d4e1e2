"""Start → completed on the local stack, beside a bare state machine on the same emulator.

The emulator's times are nobody's times on AWS; the ratio of two things that it does is worth a look.
Runs of both kinds take turns, so that a busy machine slows both.
"""

from __future__ import annotations

import io
import json
import tempfile
import time
import zipfile
from collections.abc import Callable, Iterator
from datetime import datetime
from pathlib import Path
from typing import Any

from bench.peers import rows as peers
from bench.rows import Row, percentile
from chalicelib.core.clock import parse_rfc3339, utc_now
from infra.package import host_architecture
from tests.support.stack import RunningStack, Socket

_ROUNDS = 20
_WARM_UP = 3
_POLL_SECONDS = 0.004
_BUDGET = 1.6
_WORKFLOW = {
    "name": "bench",
    "steps": [{"name": name, "action": "transform", "params": {}} for name in "abc"],
}
# A line to stderr: the emulator waits 50 ms for one, and ours writes its log.
_BARE_CODE = "import sys\ndef handler(event, context):\n    print('bare', file=sys.stderr)\n"
_ALLOW_ALL = {
    "Version": "2012-10-17",
    "Statement": [{"Effect": "Allow", "Action": "*", "Resource": "*"}],
}
_TRUST = {
    "Version": "2012-10-17",
    "Statement": [
        {
            "Effect": "Allow",
            "Action": "sts:AssumeRole",
            "Principal": {"Service": ["lambda.amazonaws.com", "states.amazonaws.com"]},
        }
    ],
}


def rows() -> Iterator[Row]:
    """p50 and p99 of a run, by its stored status and by its socket; p95 of an event's way."""
    by_status: list[float] = []
    with tempfile.TemporaryDirectory() as home:
        stack = RunningStack(Path(home), enforce_iam=False)  # as `make run` has it
        try:
            yield from _measured(stack, by_status)
        finally:
            stack.local.stop()
    yield from peers.rows(by_status)


def _measured(stack: RunningStack, by_status: list[float]) -> Iterator[Row]:
    stack.api.apply(_WORKFLOW)
    bare = _bare_machine(stack)
    by_socket: list[float] = []
    reference: list[float] = []
    delays: list[float] = []
    with stack.socket() as socket:
        for number in range(_WARM_UP + _ROUNDS):
            times = (bare(), _by_status(stack), _by_socket(stack, socket, f"r{number}", delays))
            if number < _WARM_UP:
                delays.clear()
                continue
            for series, took in zip((reference, by_status, by_socket), times, strict=True):
                series.append(took)
    ways = (("status in the table", by_status), ("`done` on the socket", by_socket))
    for name, ours in ways:
        for share in (0.5, 0.99):
            mine, other = percentile(ours, share), percentile(reference, share)
            yield Row(
                f"3 steps, start → {name} | bare machine, p{100 * share:.0f}",
                f"{1000 * mine:.0f} ms",
                f"{1000 * other:.0f} ms",
                mine / other,
                f"≤ {_BUDGET}×" if share == 0.5 else "–",
                _BUDGET if share == 0.5 else None,
            )
    yield Row(
        "event stored → frame on the socket, p95", f"{1000 * percentile(delays, 0.95):.0f} ms"
    )


def _by_status(stack: RunningStack) -> float:
    """Seconds from the HTTP start until the table says that the run is over."""
    client, key = stack.local.session.client("dynamodb"), "#RUN"
    began = time.perf_counter()
    run_id = stack.api.run("bench")
    wanted = {"pk": {"S": f"org_local#RUN#{run_id}"}, "sk": {"S": key}}
    while True:
        item = client.get_item(
            TableName=stack.outputs["TableName"], Key=wanted, ConsistentRead=True
        )["Item"]
        if item["status"]["S"] != "running":
            break
        time.sleep(_POLL_SECONDS)
    took = time.perf_counter() - began
    if item["status"]["S"] != "succeeded":
        raise RuntimeError(f"a run {item['status']['S']}")
    return took


def _by_socket(stack: RunningStack, socket: Socket, request: str, delays: list[float]) -> float:
    """Seconds from the HTTP start to the `done` frame; adds how long each event was under way."""
    began = time.perf_counter()
    run_id = stack.api.run("bench")
    socket.send("run.attach", request, runId=run_id)
    while (frame := socket.receive())["type"] != "done":
        if frame["event"]["kind"] in ("step_completed", "completed"):
            # Its time was taken right before it was stored: the write is counted in.
            delays.append(_since(frame["event"]["at"]))
    return time.perf_counter() - began


def _since(at: str) -> float:
    then: datetime = parse_rfc3339(at)
    return (utc_now() - then).total_seconds()


def _bare_machine(stack: RunningStack) -> Callable[[], float]:
    """A machine of three calls of a function that does nothing. Calling the answer runs it once
    and gives the seconds from StartExecution to SUCCEEDED."""
    session = stack.local.session
    archive = io.BytesIO()
    with zipfile.ZipFile(archive, "w") as written:
        written.writestr("bare.py", _BARE_CODE)
    roles = session.client("iam")
    role = roles.create_role(RoleName="bare", AssumeRolePolicyDocument=json.dumps(_TRUST))
    arn = role["Role"]["Arn"]
    roles.put_role_policy(RoleName="bare", PolicyName="all", PolicyDocument=json.dumps(_ALLOW_ALL))
    function = session.client("lambda").create_function(
        FunctionName="bare",
        Runtime="python3.11",
        Handler="bare.handler",
        Role=arn,
        MemorySize=512,
        Architectures=[host_architecture()],
        Code={"ZipFile": archive.getvalue()},
    )
    states: dict[str, Any] = {
        name: {"Type": "Task", "Resource": function["FunctionArn"], "Next": following}
        for name, following in (("a", "b"), ("b", "c"))
    }
    states["c"] = {"Type": "Task", "Resource": function["FunctionArn"], "End": True}
    machines = session.client("stepfunctions")
    machine = machines.create_state_machine(
        name="bare", definition=json.dumps({"StartAt": "a", "States": states}), roleArn=arn
    )["stateMachineArn"]

    def run() -> float:
        began = time.perf_counter()
        execution = machines.start_execution(stateMachineArn=machine, input="{}")["executionArn"]
        while True:
            status = machines.describe_execution(executionArn=execution)["status"]
            if status != "RUNNING":
                break
            time.sleep(_POLL_SECONDS)
        if status != "SUCCEEDED":
            raise RuntimeError(f"the bare machine {status}")
        return time.perf_counter() - began

    return run
