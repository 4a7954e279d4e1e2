"""What reaches Runyard from outside a request: the schedule, status changes, sockets that vanish."""

from __future__ import annotations

import json
import socket as sockets
import struct
from typing import Any

from chalicelib.store import keys
from tests.support.faults import assert_sound, eventually, is_sealed, log_of
from tests.support.stack import RunningStack

LONG = {
    "name": "long",
    "steps": [{"name": "here", "action": "delay", "params": {"duration": "1h"}}],
}


def test_the_reconciler_is_scheduled_every_minute_and_may_be_called(stack: RunningStack) -> None:
    """That EventBridge fires a rule is not ours to show; that there is one, enabled, for the right
    function, which it may call, is."""
    session = stack.local.session
    function = session.client("lambda").get_function(FunctionName="runyard-local-Reconcile")
    arn = function["Configuration"]["FunctionArn"]
    events = session.client("events")
    (name,) = events.list_rule_names_by_target(TargetArn=arn)["RuleNames"]
    rule = events.describe_rule(Name=name)
    assert (rule["ScheduleExpression"], rule["State"]) == ("rate(1 minute)", "ENABLED")
    policy = json.loads(session.client("lambda").get_policy(FunctionName=arn)["Policy"])
    allowed = [
        statement["Effect"]
        for statement in policy["Statement"]
        if statement["Principal"] == {"Service": "events.amazonaws.com"}
        and statement["Action"] == "lambda:InvokeFunction"
        and rule["Arn"] in json.dumps(statement["Condition"])
    ]
    assert allowed == ["Allow"]


def test_a_run_whose_execution_is_stopped_by_hand_is_cancelled_by_itself(
    stack: RunningStack,
) -> None:
    stack.api.apply(LONG)
    run_id = stack.api.run("long")
    stack.api.step_running(run_id, "here")
    machines = stack.local.session.client("stepfunctions")
    (arn,) = [
        execution["executionArn"]
        for machine in machines.list_state_machines()["stateMachines"]
        for execution in machines.list_executions(stateMachineArn=machine["stateMachineArn"])[
            "executions"
        ]
        if execution["name"] == run_id
    ]
    machines.stop_execution(executionArn=arn, cause="by hand")
    detail = stack.api.ended(run_id)
    assert detail["status"] == "cancelled"
    assert detail["error"] == "its execution was stopped"
    eventually("its log is closed", lambda: is_sealed(stack, run_id))
    assert_sound(stack, run_id)


def connections(stack: RunningStack) -> set[str]:
    """Partition keys of all connections that are stored."""
    found: list[dict[str, Any]] = []
    pages = stack.local.session.client("dynamodb").get_paginator("scan")
    for page in pages.paginate(TableName=stack.outputs["TableName"]):
        found += page["Items"]
    return {
        item["pk"]["S"]
        for item in found
        if item["pk"]["S"].startswith(keys.connection_pk("")) and item["sk"]["S"] == "SOCKET"
    }


def test_a_client_that_vanishes_is_forgotten_with_its_subscriptions(stack: RunningStack) -> None:
    stack.api.apply(LONG)
    run_id = stack.api.run("long")
    stack.api.step_running(run_id, "here")
    before = connections(stack)
    with stack.socket() as socket:
        socket.send("run.attach", "gone", runId=run_id)
        assert socket.receive()["event"]["kind"] == "started"
        (mine,) = connections(stack) - before
        # No closing handshake and no FIN: the connection is reset, as when a laptop dies.
        raw = socket.connection.socket
        raw.setsockopt(sockets.SOL_SOCKET, sockets.SO_LINGER, struct.pack("ii", 1, 0))
        raw.close()
    assert stack.api.post(f"/api/v1/cancel/{run_id}").status_code == 200
    eventually("its log is closed", lambda: is_sealed(stack, run_id))
    eventually("the connection is forgotten", lambda: mine not in connections(stack))
    assert log_of(stack, run_id)[-1]["kind"] == "cancelled"
    subscribers = stack.table.query(
        "#pk = :pk AND begins_with(#sk, :prefix)",
        {"pk": keys.run_pk("org_local", run_id), "prefix": "SOCKET#"},
    )
    assert subscribers.items == []
