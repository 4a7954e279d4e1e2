"""S2, actions: what each does to AWS as the emulator has it, under the step's own role."""

from __future__ import annotations

import io
import json
import time
import zipfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.support.answers import places, problem
from tests.support.definitions import workflow
from tests.support.model_server import ModelServer, model_server
from tests.support.stack import PATIENCE_SECONDS, Api, RunningStack, step_of

MINE = "runyard-local-user-local--"
"""What the names of the test organisation's own resources begin with."""
THEIRS = "runyard-local-user-stranger--"
ROOT = Path(__file__).resolve().parents[3]


@pytest.fixture(scope="module")
def aws(stack: RunningStack) -> Any:
    """Makes clients that act as the account's owner, who makes the resources."""
    return stack.local.session.client


@pytest.fixture(scope="module")
def bucket(aws: Any) -> str:
    for name in (MINE, THEIRS):
        aws("s3").create_bucket(Bucket=f"{name}papers")
    aws("s3").put_object(Bucket=f"{THEIRS}papers", Key="a", Body=b"theirs")
    return f"{MINE}papers"


def step(name: str, action: str, params: dict[str, Any], **more: Any) -> dict[str, Any]:
    return {"name": name, "action": action, "params": params, **more}


def ran(api: Api, name: str, *steps: dict[str, Any], **inputs: Any) -> dict[str, Any]:
    """Apply and run a workflow to its end."""
    declared = {key: {"type": "string"} for key in inputs}
    api.apply(workflow(name, *steps, inputs=declared))
    return api.ended(api.run(name, inputs))


def output(detail: dict[str, Any], name: str) -> Any:
    found = step_of(detail, name)
    assert found["status"] == "completed", found
    return found["output"]


def error(detail: dict[str, Any], name: str) -> str:
    found = step_of(detail, name)
    assert (found["status"], found["attempts"]) == ("failed", 1), found
    return str(found["error"])


def test_s2_actions__what_is_put_into_a_bucket_is_got_and_listed(
    stack: RunningStack, bucket: str
) -> None:
    where = {"bucket": bucket}
    detail = ran(
        stack.api,
        "papers",
        step("put", "s3/put", {**where, "key": "in/a.json", "json": {"n": [1, 2.5]}}),
        step("big", "s3/put", {**where, "key": "in/big.txt", "body": "{{ inputs.big }}"}),
        step("get", "s3/get", {**where, "key": "in/a.json"}),
        step("whole", "s3/get", {**where, "key": "in/big.txt"}),
        step("list", "s3/list", {**where, "prefix": "in/", "limit": 1}),
        step("top", "s3/list", {**where, "delimiter": "/"}),
        big="x" * 250_000,
    )
    assert output(detail, "put")["size"] == len('{"n":[1,2.5]}')
    got = output(detail, "get")
    assert (got["json"], got["content_type"]) == ({"n": [1, 2.5]}, "application/json")
    assert len(output(detail, "whole")["body"]) == 250_000
    listed = output(detail, "list")
    assert [one["key"] for one in listed["objects"]] == ["in/a.json"]
    assert listed["next"]
    assert output(detail, "top") == {"objects": [], "prefixes": ["in/"], "next": None}


def test_s2_actions__an_object_over_the_limit_and_one_that_is_not_there_fail_their_step(
    stack: RunningStack, bucket: str
) -> None:
    put = step("put", "s3/put", {"bucket": bucket, "key": "limit", "body": "12345"})
    get = step("get", "s3/get", {"bucket": bucket, "key": "limit", "max_bytes": 4})
    assert error(ran(stack.api, "limited", put, get), "get").startswith("too_large: ")
    get = step("get", "s3/get", {"bucket": bucket, "key": "nowhere"}, retry={"max_attempts": 3})
    assert error(ran(stack.api, "missing", get), "get").startswith("not_found: ")


@pytest.mark.parametrize(
    ("action", "params"),
    [
        ("s3/get", {"bucket": f"{THEIRS}papers", "key": "a"}),
        ("s3/list", {"bucket": "runyard-artifacts-000000000000-us-east-1"}),
        ("sqs/send", {"queue": f"{THEIRS}q", "message": "x"}),
        ("sns/publish", {"topic": "alarms", "message": "x"}),
        ("events/put", {"bus": "default", "source": "x", "detail_type": "x"}),
        ("lambda/invoke", {"function": "runyard-local-RunStep"}),
    ],
)
def test_s2_actions__a_resource_that_is_not_the_organisations_is_out_of_reach(
    stack: RunningStack, bucket: str, action: str, params: dict[str, Any]
) -> None:
    detail = ran(stack.api, "out-of-reach", step("a", action, params, retry={"max_attempts": 3}))
    assert error(detail, "a").startswith("resource_not_allowed: ")


def test_s2_actions__the_stages_own_bucket_is_out_of_reach(stack: RunningStack) -> None:
    own = {"bucket": stack.outputs["BucketName"]}
    detail = ran(stack.api, "own-bucket", step("a", "s3/list", own))
    assert error(detail, "a").startswith("resource_not_allowed: ")


def test_s2_actions__a_message_arrives_in_its_queue_with_its_attributes(
    stack: RunningStack, aws: Any
) -> None:
    url = aws("sqs").create_queue(QueueName=f"{MINE}orders")["QueueUrl"]
    params = {"queue": f"{MINE}orders", "message": {"n": 1}, "attributes": {"kind": "new"}}
    detail = ran(stack.api, "queue", step("send", "sqs/send", params))
    (found,) = aws("sqs").receive_message(QueueUrl=url, MessageAttributeNames=["All"])["Messages"]
    assert found["MessageId"] == output(detail, "send")["message_id"]
    assert json.loads(found["Body"]) == {"n": 1}
    assert found["MessageAttributes"]["kind"]["StringValue"] == "new"


def test_s2_actions__an_absent_queue_is_a_final_failure_without_the_account(
    stack: RunningStack,
) -> None:
    send = step("send", "sqs/send", {"queue": f"{MINE}none", "message": "x"})
    said = error(ran(stack.api, "no-queue", send), "send")
    assert said.startswith("not_found: ")
    assert "000000000000" not in said


def _subscribed_queue(aws: Any, name: str) -> tuple[str, str]:
    url = aws("sqs").create_queue(QueueName=name)["QueueUrl"]
    attributes = aws("sqs").get_queue_attributes(QueueUrl=url, AttributeNames=["QueueArn"])
    return url, attributes["Attributes"]["QueueArn"]


def _let_send(aws: Any, url: str, arn: str, service: str) -> None:
    """Let a service of AWS fill a queue."""
    statement = {
        "Effect": "Allow",
        "Principal": {"Service": service},
        "Action": "sqs:SendMessage",
        "Resource": arn,
    }
    policy = json.dumps({"Version": "2012-10-17", "Statement": [statement]})
    aws("sqs").set_queue_attributes(QueueUrl=url, Attributes={"Policy": policy})


def _received(aws: Any, url: str) -> dict[str, Any]:
    """The one message that arrives in a queue."""
    found: list[Any] = []
    end = time.monotonic() + PATIENCE_SECONDS
    while not found and time.monotonic() < end:
        found = aws("sqs").receive_message(QueueUrl=url, WaitTimeSeconds=1).get("Messages", [])
    body: dict[str, Any] = json.loads(found[0]["Body"])
    return body


def test_s2_actions__a_publication_reaches_the_topics_subscribers(
    stack: RunningStack, aws: Any
) -> None:
    url, arn = _subscribed_queue(aws, f"{MINE}heard")
    topic = aws("sns").create_topic(Name=f"{MINE}news")["TopicArn"]
    _let_send(aws, url, arn, "sns.amazonaws.com")
    aws("sns").subscribe(TopicArn=topic, Protocol="sqs", Endpoint=arn)
    params = {"topic": f"{MINE}news", "message": "hello", "subject": "News"}
    detail = ran(stack.api, "topic", step("say", "sns/publish", params))
    body = _received(aws, url)
    assert (body["Message"], body["MessageId"]) == ("hello", output(detail, "say")["message_id"])


def test_s2_actions__an_event_reaches_the_rules_of_its_bus(stack: RunningStack, aws: Any) -> None:
    url, arn = _subscribed_queue(aws, f"{MINE}events")
    bus = f"{MINE}bus"
    aws("events").create_event_bus(Name=bus)
    pattern = json.dumps({"source": ["shop.orders"]})
    aws("events").put_rule(Name=f"{MINE}rule", EventBusName=bus, EventPattern=pattern)
    targets = [{"Id": "queue", "Arn": arn}]
    aws("events").put_targets(Rule=f"{MINE}rule", EventBusName=bus, Targets=targets)
    params = {"bus": bus, "source": "shop.orders", "detail_type": "paid", "detail": {"n": 7}}
    detail = ran(stack.api, "events", step("tell", "events/put", params))
    body = _received(aws, url)
    assert (body["detail-type"], body["detail"]) == ("paid", {"n": 7})
    assert body["id"] == output(detail, "tell")["event_id"]


CODE = """
def handler(event, context):
    if event.get("total", 0) > 1000:
        raise ValueError("over the limit")
    return {"order": event["order"], "approved": True}
"""


@pytest.fixture(scope="module")
def function(aws: Any) -> str:
    """A user's own function, as the example's page says to deploy it."""
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w") as archive:
        archive.writestr("handler.py", CODE)
    role = aws("iam").create_role(
        RoleName="price-check",
        AssumeRolePolicyDocument=json.dumps({"Version": "2012-10-17", "Statement": []}),
    )["Role"]["Arn"]
    name = f"{MINE}approve"
    aws("lambda").create_function(
        FunctionName=name,
        Runtime="python3.11",
        Role=role,
        Handler="handler.handler",
        Code={"ZipFile": packed.getvalue()},
        Timeout=10,
    )
    aws("lambda").get_waiter("function_active_v2").wait(FunctionName=name)
    return name


def test_s2_actions__lambda_invoke_gives_what_the_users_function_returned(
    stack: RunningStack, function: str
) -> None:
    params = {"function": function, "payload": {"order": "A-1", "total": 10}}
    found = output(ran(stack.api, "own-code", step("call", "lambda/invoke", params)), "call")
    assert found["payload"] == {"order": "A-1", "approved": True}
    assert found["status"] == 200


def test_s2_actions__what_the_users_function_raises_fails_the_step_and_is_tried_again(
    stack: RunningStack, function: str
) -> None:
    params = {"function": function, "payload": {"order": "A-1", "total": 5000}}
    call = step("call", "lambda/invoke", params, retry={"max_attempts": 2})
    found = step_of(ran(stack.api, "own-code-fails", call), "call")
    assert (found["status"], found["attempts"]) == ("failed", 2)
    assert found["error"].startswith("function_error: ")
    assert "over the limit" in found["error"]


def test_s2_actions__the_example_with_lambda_invoke_runs(
    stack: RunningStack, function: str
) -> None:
    stack.api.apply((ROOT / "examples" / "approve-order.yaml").read_text())
    inputs = {"order": "A-7", "total": 250, "function": function}
    detail = stack.api.ended(stack.api.run("approve-order", inputs))
    assert detail["outputs"] == {"order": "A-7", "approved": True}


def test_s2_actions__a_text_is_cut_into_pieces(stack: RunningStack) -> None:
    params = {"text": "{{ inputs.text }}", "size": 12, "overlap": 4}
    cut = step("cut", "text/chunk", params)
    found = output(ran(stack.api, "chunks", cut, text="One two. Three four. Five."), "cut")
    assert found["count"] == len(found["chunks"]) > 2
    assert all(len(chunk["text"]) <= 12 for chunk in found["chunks"])


@pytest.fixture
def models(stack: RunningStack) -> Iterator[ModelServer]:
    """An OpenAI-compatible server on loopback, and a secret that names it."""
    with model_server() as found:
        secret = {"value": {"url": f"{found.url}/v1", "api_key": found.key}}
        answer = stack.api.call("PUT", "/api/v1/secrets/models", json=secret)
        assert answer.status_code == 200, answer.text
        yield found


WEATHER = {
    "name": "weather",
    "description": "The weather of a place.",
    "action": "transform",
    "input_schema": {
        "type": "object",
        "properties": {"place": {"type": "string"}},
        "required": ["place"],
    },
    "params": {
        "place": "{{ inputs.tool_input.place }}",
        "unit": "{{ inputs.unit }}",
        "sky": "grey",
    },
}


def test_s2_actions__a_model_calls_a_tool_and_answers_by_the_schema(
    stack: RunningStack, models: ModelServer
) -> None:
    models.calls("weather", {"place": "Bern"})
    models.says('{"sky": "grey"}')
    schema = {
        "type": "object",
        "properties": {"sky": {"enum": ["grey", "blue"]}},
        "required": ["sky"],
    }
    ask = {
        "model": "small",
        "prompt": "How is the weather in Bern?",
        "tools": [WEATHER],
        "output_schema": schema,
    }
    step_ = step("ask", "ai/completion", ask, credential="models")
    found = output(ran(stack.api, "tools", step_, unit="C"), "ask")
    assert found["json"] == {"sky": "grey"}
    assert found["usage"] == {"input_tokens": 20, "output_tokens": 10}
    (call,) = found["tool_calls"]
    given = {"place": "Bern", "unit": "C", "sky": "grey"}
    assert (call["name"], call["status"], call["output"]) == ("weather", "succeeded", given)
    assert models.keys == [models.key, models.key]
    told = models.bodies[1]["messages"][-1]
    assert (told["role"], json.loads(told["content"])) == ("tool", given)


def test_s2_actions__the_example_with_a_model_publishes_what_is_urgent_and_nothing_else(
    stack: RunningStack, models: ModelServer, aws: Any
) -> None:
    url, arn = _subscribed_queue(aws, f"{MINE}urgent-heard")
    topic = aws("sns").create_topic(Name=f"{MINE}urgent")["TopicArn"]
    _let_send(aws, url, arn, "sns.amazonaws.com")
    aws("sns").subscribe(TopicArn=topic, Protocol="sqs", Endpoint=arn)
    stack.api.apply((ROOT / "examples" / "classify-and-publish.yaml").read_text())
    ended = []
    for urgent, summary in ((False, "A lamp is out."), (True, "The mill stands still.")):
        models.says(json.dumps({"urgent": urgent, "summary": summary}))
        run_id = stack.api.run("classify-and-publish", {"report": f"{summary} Signed, Ada"})
        ended.append(stack.api.ended(run_id))
        assert ended[-1]["outputs"] == {"urgent": urgent, "summary": summary}
    assert [step_of(detail, "publish")["status"] for detail in ended] == ["skipped", "completed"]
    told = json.loads(_received(aws, url)["Message"])
    assert told == {"summary": "The mill stands still.", "run": ended[-1]["id"]}
    asked = models.bodies[0]
    assert asked["response_format"]["json_schema"]["schema"]["required"] == ["urgent", "summary"]


def test_s2_actions__a_model_that_never_stops_calling_tools_is_stopped(
    stack: RunningStack, models: ModelServer
) -> None:
    for _ in range(4):
        models.calls("weather", {"place": "Bern"})
    ask = {"model": "small", "prompt": "Weather?", "tools": [WEATHER], "max_rounds": 2}
    step_ = step("ask", "ai/completion", ask, credential="models")
    said = error(ran(stack.api, "endless-tools", step_, unit="C"), "ask")
    assert said.startswith("too_many_tool_calls: ")
    assert len(models.bodies) == 3


def test_s2_actions__texts_become_vectors_at_the_endpoint_of_a_credential(
    stack: RunningStack, models: ModelServer
) -> None:
    params = {"model": "small", "input": ["one", "three"]}
    step_ = step("embed", "ai/embed", params, credential="models")
    found = output(ran(stack.api, "vectors", step_), "embed")
    assert found["embeddings"] == [[3.0, 0.5], [5.0, 0.5]]
    assert found["dimensions"] == 2


def test_s2_actions__a_tool_that_cannot_be_one_is_refused_when_applied(stack: RunningStack) -> None:
    tools = [{"name": name, "action": name, "params": {}} for name in ("delay", "nope")]
    tools += [{"name": "inner", "action": "ai/completion", "params": {}}]
    ask = {"model": "m", "prompt": "p", "tools": tools}
    answer = stack.api.put("bad-tools", workflow("bad-tools", step("a", "ai/completion", ask)))
    found = places(problem(answer, 422, "validation-error", "errors"))
    at = "steps[0].params.tools"
    assert set(found) == {f"{at}[0].action", f"{at}[1].params", f"{at}[2].action"}
