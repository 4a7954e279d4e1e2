"""moto as the tests use it (`tests/support/quick.py`) answers as moto does."""

from __future__ import annotations

import json
import subprocess
import sys
from typing import Any

import pytest

from tests.support.quick import quick_aws
from tests.support.world import ROOT

SCRIPT = """
import contextlib, json, sys
from botocore.exceptions import ClientError
import boto3
from moto import mock_aws

if sys.argv[1] == "quick":
    from tests.support.quick import quick_aws as mock_aws

def plain(answer):
    kept = {name: value for name, value in answer.items() if name != "ResponseMetadata"}
    return json.loads(json.dumps(kept, default=str, sort_keys=True))

def key(sk):
    return {"pk": {"S": "p"}, "sk": {"S": sk}}

def put(sk, **more):
    item = {**key(sk), "n": {"N": "1"}, "m": {"M": {"l": {"L": [{"S": "x"}, {"BOOL": True}]}}}, "b": {"B": b"\\x00\\xff"}}
    return {"TableName": "table", "Item": item, **more}

NEW = {"ConditionExpression": "attribute_not_exists(pk)", "ReturnValuesOnConditionCheckFailure": "ALL_OLD"}

def more(sk, expression, condition="attribute_exists(pk)", **values):
    names = {"#n": "n", "#m": "m", "#l": "l", "#o": "o"}
    used = {name: value for name, value in names.items() if name in expression + condition}
    return {
        "TableName": "table", "Key": key(sk), "UpdateExpression": expression,
        "ConditionExpression": condition, "ReturnValuesOnConditionCheckFailure": "ALL_OLD",
        "ExpressionAttributeNames": used, "ExpressionAttributeValues": values,
    }

def calls(db):
    one, two = {":one": {"N": "1"}}, {":two": {"N": "2"}}
    yield "put_item", put("a")
    yield "put_item", put("a", **NEW)
    yield "put_item", put("b")
    yield "update_item", {**more("a", "SET #n = #n + :one, #m.#l = :o REMOVE #o", **{**one, ":o": {"SS": ["x"]}}), "ReturnValues": "ALL_NEW"}
    yield "update_item", more("a", "SET #n = :one", "#n = :one", **one)
    yield "update_item", more("none", "SET #n = :one", **one)
    yield "update_item", more("a", "SET #n = :one,, ", **one)
    # all or nothing: the second write fails, so the first, of an old and of a new item, is taken back
    yield "transact_write_items", {"TransactItems": [{"Update": more("b", "SET #n = #n + :one", **one)}, {"Put": put("c")}, {"Put": put("a", **NEW)}]}
    yield "scan", {"TableName": "table"}
    yield "transact_write_items", {"TransactItems": [{"Delete": {"TableName": "table", "Key": key("b")}}, {"Put": put("d", **NEW)}, {"Update": more("none", "SET #n = :one", **one)}]}
    yield "scan", {"TableName": "table"}
    yield "transact_write_items", {"TransactItems": [{"Update": more("b", "SET #n = #n + :one", **one)}, {"Put": put("c")}, {"ConditionCheck": {"TableName": "table", "Key": key("a"), "ConditionExpression": "attribute_exists(pk)"}}]}
    yield "transact_write_items", {"TransactItems": [{"Put": put("e")}, {"Put": put("e")}]}
    yield "scan", {"TableName": "table"}
    yield "transact_write_items", {"TransactItems": [{"Delete": {"TableName": "table", "Key": key("b")}}, {"Put": put("d")}]}
    yield "batch_get_item", {"RequestItems": {"table": {"Keys": [key("a"), key("c"), key("none")], "ConsistentRead": True}}, "ReturnConsumedCapacity": "TOTAL"}
    yield "get_item", {"TableName": "table", "Key": key("a"), "ConsistentRead": True, "ReturnConsumedCapacity": "TOTAL"}
    yield "get_item", {"TableName": "table", "Key": key("none")}
    yield "get_item", {"TableName": "none", "Key": key("a")}
    for forward in (True, False):
        yield "query", {"TableName": "table", "KeyConditionExpression": "pk = :p AND begins_with(sk, :s)", "ExpressionAttributeValues": {":p": {"S": "p"}, ":s": {"S": ""}}, "ScanIndexForward": forward}
        yield "query", {"TableName": "table", "KeyConditionExpression": "pk = :p", "ExpressionAttributeValues": {":p": {"S": "p"}}, "Limit": 2, "ProjectionExpression": "sk", "ScanIndexForward": forward}
        yield "query", {"TableName": "table", "IndexName": "by-n", "KeyConditionExpression": "n = :n", "ExpressionAttributeValues": {":n": {"N": "2"}}, "ScanIndexForward": forward}
    yield "batch_write_item", {"RequestItems": {"table": [{"DeleteRequest": {"Key": key("a")}}, {"PutRequest": {"Item": key("z")}}]}}
    yield "scan", {"TableName": "table"}
    yield "describe_table", {"TableName": "table"}

def named(*pairs):
    return [{"AttributeName": name, "KeyType": kind} for name, kind in pairs]

with mock_aws():
    db = boto3.client("dynamodb", region_name="us-east-1")
    db.create_table(
        TableName="table", BillingMode="PAY_PER_REQUEST", KeySchema=named(("pk", "HASH"), ("sk", "RANGE")),
        AttributeDefinitions=[{"AttributeName": name, "AttributeType": kind} for name, kind in [("pk", "S"), ("sk", "S"), ("n", "N")]],
        GlobalSecondaryIndexes=[{"IndexName": "by-n", "KeySchema": named(("n", "HASH"), ("sk", "RANGE")), "Projection": {"ProjectionType": "ALL"}}],
    )
    found = []
    for name, arguments in calls(db):
        try:
            found.append([name, plain(getattr(db, name)(**arguments))])
        except ClientError as error:
            found.append([name, type(error).__name__, plain(error.response)])
    for service, name, arguments in (
        ("s3", "create_bucket", {"Bucket": "bucket"}),
        ("s3", "list_buckets", {}),
        ("s3", "get_object", {"Bucket": "bucket", "Key": "none"}),
        ("stepfunctions", "create_state_machine", {"name": "m", "definition": "{}", "roleArn": "arn:aws:iam::123456789012:role/m"}),
        ("stepfunctions", "list_state_machines", {}),
        ("scheduler", "list_schedule_groups", {}),
        ("events", "list_rules", {}),
    ):
        try:
            found.append([name, plain(getattr(boto3.client(service, region_name="us-east-1"), name)(**arguments))])
        except ClientError as error:
            found.append([name, type(error).__name__, plain(error.response)])
    print(json.dumps(found))
"""
TIMES = {"CreationDateTime", "TableId", "creationDate", "CreationDate", "LastModificationDate"}


def answers(how: str) -> Any:
    """The answers to the same calls, of a process of its own."""
    command = [sys.executable, "-c", SCRIPT, how]
    found = subprocess.run(command, check=True, capture_output=True, text=True, cwd=ROOT)
    return without_times(json.loads(found.stdout))


def without_times(found: Any) -> Any:
    if isinstance(found, dict):
        return {name: without_times(value) for name, value in found.items() if name not in TIMES}
    return [without_times(each) for each in found] if isinstance(found, list) else found


def test_every_answer_and_error_is_the_one_of_moto_as_it_comes() -> None:
    quick, plain = answers("quick"), answers("plain")
    assert len(plain) > 30
    assert [each[0] for each in plain if each[1] == "TransactionCanceledException"]
    assert quick == plain


@pytest.mark.parametrize("turn", [1, 2])
def test_a_test_leaves_nothing_behind_in_moto(turn: int) -> None:
    import boto3

    with quick_aws():
        client = boto3.client("s3", region_name="us-east-1")
        assert client.list_buckets()["Buckets"] == []
        client.create_bucket(Bucket=f"left-{turn}")
