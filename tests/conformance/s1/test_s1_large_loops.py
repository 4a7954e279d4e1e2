"""S1, `for-each`: loops that do not fit into one execution's history run in parts, in order, and are
cancelled and counted as any other."""

from __future__ import annotations

import time
from typing import Any

import pytest

from chalicelib.core.roles import Role
from tests.support.graphs import graph, log
from tests.support.stack import Api, RunningStack
from tests.support.v1 import begin, ended

WIDE = [f"n{number}" for number in range(39)]


@pytest.fixture(scope="module")
def ours(stack: RunningStack) -> Api:
    return stack.api_as(Role.OPERATOR, org="org_s1_large", name="s1-large")


def test_large(ours: Api, stack: RunningStack) -> None:
    body: dict[str, Any] = {name: log("{{fan.result.message}}") for name in WIDE}
    definition = graph(
        loop={
            "type": "for-each",
            "payload": {"array": "{{$inputs.of}}"},
            "loopBody": ["fan"],
            "children": ["after"],
        },
        fan=log("{{$item}}", children=WIDE),
        **body,
        after=log("{{loop.result.iterationCount}}"),
    )
    t = time.monotonic()
    run = ended(ours, begin(ours, definition, payload={"of": list(range(40))}), seconds=600)
    print("took", time.monotonic() - t)
    loop = run["executionState"]["loop"]
    assert run["status"] == "success", loop["error"]
    assert [one["index"] for one in loop["iterations"]] == list(range(40))
    client = stack.local.session.client("stepfunctions")
    for m in client.list_state_machines(maxResults=1000)["stateMachines"]:
        for e in client.list_executions(stateMachineArn=m["stateMachineArn"])["executions"]:
            print(e["executionArn"], e["status"])
    assert 0
