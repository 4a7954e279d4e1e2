"""Least privilege, as far as it can be read from the policies; the emulator enforces them in e2e."""

from __future__ import annotations

import json
from typing import Any

import pytest

from infra import functions, policies

STATEMENTS = [
    pytest.param(name, statement, id=f"{name}-{statement['Sid']}")
    for name in policies.POLICIES
    for statement in policies.role(name)["Properties"]["Policies"][0]["PolicyDocument"]["Statement"]
]


@pytest.mark.parametrize(("function", "statement"), STATEMENTS)
def test_a_statement_allows_one_named_call(function: str, statement: dict[str, Any]) -> None:
    assert isinstance(statement["Action"], str)
    assert "*" not in statement["Action"]


@pytest.mark.parametrize(("function", "statement"), STATEMENTS)
def test_only_named_exceptions_reach_every_resource(
    function: str, statement: dict[str, Any]
) -> None:
    everywhere = "*" in statement["Resource"]
    assert everywhere == (statement["Action"] in policies.UNNARROWED)


def test_the_exceptions_are_these() -> None:
    assert set(policies.UNNARROWED) == {
        "states:ListStateMachines",
        "states:SendTaskSuccess",
        "states:SendTaskFailure",
    }


def test_a_role_is_passed_to_the_one_service_that_it_is_for() -> None:
    passing = {
        json.dumps([statement["Resource"], statement["Condition"]])
        for statements in policies.POLICIES.values()
        for statement in statements
        if statement["Action"] == "iam:PassRole"
    }
    agents = "arn:${AWS::Partition}:iam::${AWS::AccountId}:role/runyard-${Stage}-agent-*"
    wanted = (
        ({"Fn::GetAtt": ["MachineRole", "Arn"]}, "states"),
        ({"Fn::GetAtt": ["ScheduleRole", "Arn"]}, "scheduler"),
        ({"Fn::Sub": agents}, "ecs-tasks"),
    )
    assert passing == {
        json.dumps([[role], {"StringEquals": {"iam:PassedToService": f"{service}.amazonaws.com"}}])
        for role, service in wanted
    }


@pytest.mark.parametrize("function", sorted(policies.POLICIES))
def test_nobody_may_scan_or_change_the_tables_shape(function: str) -> None:
    calls = {statement["Action"] for statement in policies.POLICIES[function]}
    assert not calls & {"dynamodb:Scan", "dynamodb:UpdateTable", "dynamodb:DeleteTable"}


def test_the_step_function_runs_children_and_sends_tokens_and_nothing_else_of_step_functions() -> (
    None
):
    calls = {statement["Action"] for statement in policies.POLICIES["RunStep"]}
    assert {call.removeprefix("states:") for call in calls if call.startswith("states:")} == {
        "StartExecution",
        "StopExecution",
        "SendTaskSuccess",
        "SendTaskFailure",
    }


@pytest.mark.parametrize("function", sorted(policies.POLICIES))
def test_sids_are_unique_and_the_policy_fits_into_its_limit(function: str) -> None:
    document = policies.role(function)["Properties"]["Policies"][0]["PolicyDocument"]
    sids = [statement["Sid"] for statement in document["Statement"]]
    assert len(sids) == len(set(sids))
    # AWS: 10,240 characters of inline policy a role; intrinsics are longer than what they become.
    assert len(json.dumps(document, separators=(",", ":"))) < 10_240


def test_every_function_with_a_size_has_a_policy() -> None:
    assert set(functions.SIZES) == set(policies.POLICIES)
