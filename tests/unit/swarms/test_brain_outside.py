"""Agents and objects outside: servers, functions, containers, hosts (S3)."""

from __future__ import annotations

import base64
import io
import json
import subprocess
from typing import Any

import pytest
from botocore.response import StreamingBody
from botocore.stub import ANY, Stubber
from brain_world import FakeHttp, a_client, a_world
from swarm_mail import a_context, a_mail, an_agent, an_object

from chalicelib.brains.base import Containers
from chalicelib.brains.containers import ContainerBrain
from chalicelib.brains.function import FunctionBrain
from chalicelib.brains.hosts import HostBrain, line_for
from chalicelib.brains.http import HttpBrain
from chalicelib.brains.keeping import AskKeeping
from chalicelib.brains.mock import MockBrain
from chalicelib.brains.objects import ObjectBrain
from chalicelib.brains.registry import brain_for
from chalicelib.core.credentials import Credential
from chalicelib.core.steps import StepFailed
from chalicelib.core.swarms.model import Outgoing

URL = "https://agents.example.org/coder?key=1"
MINE = "runyard-test-user-acme--agent"
ARN = f"arn:aws:lambda:us-east-1:123456789012:function:{MINE}"


def failed(run: Any) -> StepFailed:
    with pytest.raises(StepFailed) as caught:
        run()
    return caught.value


def test_a_server_is_sent_the_message_and_decides() -> None:
    answer = {
        "state": {"n": 2},
        "messages": [{"to": "writer", "content": "hi"}, {"to": "writer", "ask": "well?"}],
        "output": "done",
        "logs": ["fetched", {"role": "system", "content": "cached"}],
    }
    http = FakeHttp((200, json.dumps(answer)))
    context = a_context(an_agent("http", url=URL), {"state": {"n": 1}}, skills=(("s", "text"),))
    found = HttpBrain(a_world(http=http)).turn(a_mail("go"), context)
    (request,) = http.requests
    assert json.loads(request["body"]) == {
        "agent": "coder",
        "swarm": "house",
        "message": {
            "id": "mail_1",
            "kind": "message",
            "type": "direct",
            "from": "writer",
            "content": "go",
            "at": "2026-03-18T09:00:00.000Z",
            "correlation": None,
        },
        "state": {"n": 1},
        "skills": {"s": "text"},
        "targets": ["writer"],
    }
    assert request["headers"]["idempotency-key"] == "mail_1"
    assert (found.memory, found.output) == ({"state": {"n": 2}}, "done")
    assert found.outgoing[0] == Outgoing("writer", "hi")
    assert found.outgoing[1].type == "ask"
    assert found.logs[1:] == (("tool", "fetched"), ("system", "cached"), ("assistant", "done"))


def test_an_empty_answer_leaves_everything_as_it_was() -> None:
    context = a_context(an_agent("http", url=URL), {"state": {"n": 1}})
    found = HttpBrain(a_world(http=FakeHttp((204, "")))).turn(a_mail(), context)
    assert (found.memory, found.outgoing, found.output) == ({"state": {"n": 1}}, (), None)


@pytest.mark.parametrize(("status", "retryable"), [(500, True), (429, True), (400, False)])
def test_a_server_that_refuses_fails_the_turn_and_its_query_is_not_told(
    status: int, retryable: bool
) -> None:
    brain = HttpBrain(a_world(http=FakeHttp((status, "secret"))))
    failure = failed(lambda: brain.turn(a_mail(), a_context(an_agent("http", url=URL))))
    assert (failure.code, failure.retryable) == ("http_status", retryable)
    assert "key=1" not in failure.message
    assert "secret" not in failure.message


@pytest.mark.parametrize(
    "body",
    [
        "<html>",
        "3",
        '{"state": 1}',
        '{"output": 1}',
        '{"messages": 1}',
        '{"logs": [1]}',
        '{"logs": 1}',
        '{"output": NaN}',
        json.dumps({"state": {"x": "y" * 200_000}}),
    ],
)
def test_an_answer_that_cannot_be_used_fails_for_good(body: str) -> None:
    brain = HttpBrain(a_world(http=FakeHttp((200, body))))
    failure = failed(lambda: brain.turn(a_mail(), a_context(an_agent("http", url=URL))))
    assert (failure.code, failure.retryable) == ("answer_invalid", False)


def test_a_secret_signs_the_request_and_is_hidden_in_the_answer() -> None:
    http = FakeHttp((200, json.dumps({"output": "you sent hunter2hunter2"})))
    secret = Credential("key", "hunter2hunter2")
    node = an_agent("http", url=URL, config={"credential": "key"})
    found = HttpBrain(a_world(http=http, secret=secret)).turn(a_mail(), a_context(node))
    assert http.requests[0]["headers"]["authorization"] == "Bearer hunter2hunter2"
    assert found.output == "you sent [redacted]"


def a_lambda(answer: Any, expected: Any, **more: Any) -> Any:
    client = a_client("lambda")
    stubber = Stubber(client)
    body = io.BytesIO(json.dumps(answer).encode())
    response = {"StatusCode": 200, "Payload": StreamingBody(body, len(body.getvalue())), **more}
    stubber.add_response("invoke", response, {"InvocationType": "RequestResponse", **expected})
    stubber.activate()
    return client


def test_a_function_is_invoked_by_its_version_and_decides() -> None:
    client = a_lambda({"output": "hi"}, {"FunctionName": ARN, "Payload": ANY, "Qualifier": "7"})
    node = an_agent("lambda", arn=f"{ARN}:7")
    found = FunctionBrain(a_world(client=client)).turn(a_mail(), a_context(node))
    assert found.output == "hi"


def test_a_function_of_somebody_else_is_out_of_reach() -> None:
    node = an_agent("lambda", arn="runyard-test-user-other--agent")
    brain = FunctionBrain(a_world(client=a_client("lambda")))
    failure = failed(lambda: brain.turn(a_mail(), a_context(node)))
    assert (failure.code, failure.retryable) == ("resource_not_allowed", False)


def test_a_function_that_raises_fails_the_turn() -> None:
    raised = {"errorType": "KeyError", "errorMessage": "x"}
    expected = {"FunctionName": ARN, "Payload": ANY}
    client = a_lambda(raised, expected, FunctionError="Unhandled")
    brain = FunctionBrain(a_world(client=client))
    node = an_agent("lambda", arn=MINE)
    assert failed(lambda: brain.turn(a_mail(), a_context(node))).code == "function_error"


def test_an_object_that_is_a_function_keeps_the_state_it_answers() -> None:
    answer = {"state": {"n": 1}, "messages": [{"reply": "hi"}]}
    client = a_lambda(answer, {"FunctionName": ARN, "Payload": ANY})
    context = a_context(an_object("lambda", arn=MINE))
    found = ObjectBrain(a_world(client=client)).turn(a_mail(), context)
    assert found.memory == {"n": 1}
    assert found.outgoing == (Outgoing("writer", "hi", "reply"),)


def test_a_counter_answers_only_where_an_edge_leads_back() -> None:
    brain = ObjectBrain(a_world())
    there = brain.turn(a_mail(), a_context(an_object("counter")))
    assert there.outgoing == (Outgoing("writer", {"count": 1}, "reply"),)
    assert there.memory == {"count": 1, "last_from": "writer"}
    nowhere = brain.turn(a_mail(), a_context(an_object("counter", targets=())))
    assert (nowhere.outgoing, nowhere.memory["count"]) == ((), 1)


def test_an_object_that_refuses_a_message_says_so_in_an_event() -> None:
    found = ObjectBrain(a_world()).turn(a_mail("?"), a_context(an_object("kv")))
    ((event, _, told),) = found.events
    assert (event, told["from"]) == ("object_rejected", "writer")


def test_a_webhook_posts_and_fails_with_the_server() -> None:
    context = a_context(an_object("webhook", url=URL, headers={"X-A": "b"}))
    http = FakeHttp((202, ""), (503, ""))
    brain = ObjectBrain(a_world(http=http))
    found = brain.turn(a_mail({"a": 1}), context)
    assert found.outgoing == (Outgoing("writer", {"status": 202}, "reply"),)
    headers = http.requests[0]["headers"]
    assert (headers["x-a"], headers["idempotency-key"]) == ("b", "mail_1")
    failure = failed(lambda: brain.turn(a_mail(), context))
    assert (failure.code, failure.retryable) == ("http_status", True)
    assert "key=1" not in failure.message


def test_an_object_without_a_handler_fails_for_good() -> None:
    context = a_context(an_object("nope"))
    failure = failed(lambda: ObjectBrain(a_world()).turn(a_mail(), context))
    assert (failure.code, failure.retryable) == ("unknown_handler", False)


def test_every_node_has_its_brain() -> None:
    brain = brain_for(an_agent("mock"), a_world())
    assert isinstance(brain, AskKeeping)
    assert isinstance(brain.brain, MockBrain)
    for backend in ("local", "bwrap", "bedrock", "http", "lambda", "docker", "ssh"):
        assert isinstance(brain_for(an_agent(backend), a_world()), AskKeeping)
    found = brain_for(an_object("counter"), a_world()).turn(
        a_mail(), a_context(an_object("counter"))
    )
    assert found.memory["count"] == 1
    assert failed(lambda: brain_for(an_agent("podman"), a_world())).code == "unknown_backend"


CONTAINERS = Containers(
    "agents", "runyard-test-agent-{image}", ("subnet-1",), ("sg-1",), callback="https://r.example/"
)


def an_ecs(answer: Any) -> tuple[Any, list[Any]]:
    client = a_client("ecs")
    asked: list[Any] = []
    stubber = Stubber(client)
    stubber.add_response("run_task", answer)
    stubber.activate()
    client.meta.events.register(
        "before-parameter-build.ecs.RunTask", lambda params, **_: asked.append(params)
    )
    return client, asked


def test_a_container_is_a_task_with_the_message_and_where_to_answer() -> None:
    task = "arn:aws:ecs:us-east-1:123456789012:task/agents/abc"
    client, asked = an_ecs({"tasks": [{"taskArn": task}], "failures": []})
    brain = ContainerBrain(a_world(client=client, containers=CONTAINERS))
    found = brain.turn(a_mail('say "hi"; $(x)'), a_context(an_agent("docker", image="coder")))
    (request,) = asked
    assert request["taskDefinition"] == "runyard-test-agent-coder"
    (override,) = request["overrides"]["containerOverrides"]
    environment = {one["name"]: one["value"] for one in override["environment"]}
    assert json.loads(environment["RUNYARD_MESSAGE"])["message"]["content"] == 'say "hi"; $(x)'
    assert environment["RUNYARD_CALLBACK_URL"] == "https://r.example/api/swarms/house/message"
    assert [event[0] for event in found.events] == ["backend_started"]
    again, asked_again = an_ecs({"tasks": [{"taskArn": task}]})
    ContainerBrain(a_world(client=again, containers=CONTAINERS)).turn(
        a_mail(), a_context(an_agent("docker", image="coder"))
    )
    assert asked_again[0]["clientToken"] == request["clientToken"], "a repeated turn starts nothing"


@pytest.mark.parametrize("content", ["x" * 90_000, '"' * 2_600, '"' * 3_000, "ü" * 2_000])
def test_a_message_that_is_too_long_for_the_environment_is_read_elsewhere(content: str) -> None:
    client, asked = an_ecs({"tasks": [{"taskArn": "arn:aws:ecs:r:a:task/c/abc"}]})
    ContainerBrain(a_world(client=client, containers=CONTAINERS)).turn(
        a_mail(content), a_context(an_agent("docker", image="coder"))
    )
    assert len(json.dumps(asked[0]["overrides"])) < 8_192
    (override,) = asked[0]["overrides"]["containerOverrides"]
    assert {"RUNYARD_HISTORY_URL", "RUNYARD_MESSAGE_ID"} <= {
        one["name"] for one in override["environment"]
    }


@pytest.mark.parametrize(
    ("reason", "code", "retryable"),
    [("RESOURCE:MEMORY", "no_capacity", True), ("MISSING", "task_refused", False)],
)
def test_a_task_that_is_not_placed_fails_the_turn(reason: str, code: str, retryable: bool) -> None:
    client, _ = an_ecs({"tasks": [], "failures": [{"reason": reason}]})
    brain = ContainerBrain(a_world(client=client, containers=CONTAINERS))
    context = a_context(an_agent("docker", image="coder"))
    failure = failed(lambda: brain.turn(a_mail(), context))
    assert (failure.code, failure.retryable) == (code, retryable)


def test_a_stage_without_a_cluster_runs_no_containers() -> None:
    context = a_context(an_agent("docker", image="coder"))
    failure = failed(lambda: ContainerBrain(a_world()).turn(a_mail(), context))
    assert failure.code == "backend_missing"


HOST = "i-0123456789abcdef0"
HOSTS = ("arn:aws:ec2:us-east-1:123456789012:instance/*", "arn:aws:ec2:*:*:tag/Role=agents")
COMMAND_ID = "12345678-1234-1234-1234-123456789012"


def an_ssm(*looks: list[Any], target: Any = None, document: str = "AWS-RunShellScript") -> Any:
    client = a_client("ssm")
    stubber = Stubber(client)
    expected = {
        "DocumentName": document,
        "Parameters": ANY,
        "TimeoutSeconds": 60,
        **(target or {"InstanceIds": [HOST]}),
    }
    stubber.add_response("send_command", {"Command": {"CommandId": COMMAND_ID}}, expected)
    for look in looks:
        stubber.add_response(
            "list_command_invocations",
            {"CommandInvocations": look},
            {"CommandId": COMMAND_ID, "Details": True},
        )
    stubber.activate()
    return client


def done(output: str, status: str = "Success") -> dict[str, Any]:
    return {"Status": status, "CommandPlugins": [{"Output": output, "ResponseCode": 3}]}


def on_host(client: Any, host: str = HOST, **options: Any) -> Any:
    brain = HostBrain(a_world(client=client, patterns=HOSTS), sleep=lambda seconds: None)
    return brain.turn(a_mail(), a_context(an_agent("ssh", host=host, **options)))


def test_a_host_is_waited_for_and_its_answer_counts() -> None:
    answer = json.dumps({"output": "hi", "messages": [{"reply": 1}]})
    found = on_host(an_ssm([], [{"Status": "InProgress"}], [done(answer)]))
    assert (found.output, found.outgoing) == ("hi", (Outgoing("writer", 1, "reply"),))
    assert on_host(an_ssm([done("plain text\n")])).output == "plain text\n"
    assert on_host(an_ssm([done("")])).output is None


def test_a_host_by_its_tag() -> None:
    target = {"Targets": [{"Key": "tag:Role", "Values": ["agents"]}]}
    assert on_host(an_ssm([done("x")], target=target), "tag:Role=agents").output == "x"
    failure = failed(lambda: on_host(a_client("ssm"), "tag:Role=database"))
    assert failure.code == "resource_not_allowed"


def test_a_host_that_the_stage_does_not_name_is_out_of_reach() -> None:
    brain = HostBrain(a_world(client=a_client("ssm")))
    failure = failed(lambda: brain.turn(a_mail(), a_context(an_agent("ssh", host=HOST))))
    assert failure.code == "resource_not_allowed"


@pytest.mark.parametrize(
    ("looks", "code"),
    [
        ([[done("", "Failed")]], "command_failed"),
        ([[done("{broken")]], "answer_invalid"),
        ([[]] * 10, "host_not_found"),
        ([[{"Status": "InProgress"}]] * 60, "timeout"),
    ],
)
def test_a_host_that_does_not_do_it_fails_the_turn(looks: list[Any], code: str) -> None:
    assert failed(lambda: on_host(an_ssm(*looks))).code == code


@pytest.mark.parametrize("content", ["'; touch /tmp/pwned #", "$(id)", "`id`", "a\nb", "ü\\0"])
def test_no_content_is_seen_by_the_shell(content: str) -> None:
    line = line_for(["cat"], {"content": content})
    ran = subprocess.run(["bash", "-c", line], capture_output=True, check=True)
    assert json.loads(ran.stdout) == {"content": content}
    encoded = line.split()[2]
    assert json.loads(base64.b64decode(encoded)) == {"content": content}


@pytest.mark.parametrize(
    ("command", "quoted"),
    [
        ("agent --name 'a b'", "agent --name 'a b'"),
        ("agent; rm -rf /", "'agent;' rm -rf /"),
        (["agent", "$(id)"], "agent '$(id)'"),
    ],
)
def test_a_command_is_words(command: Any, quoted: str) -> None:
    assert line_for(command, {}).endswith(f"| {quoted}")


@pytest.mark.parametrize(
    "command", ["", "'", [], [1], 3, "agent 'a\nb'", "agent {{ssm:secret}}", "x" * 1001]
)
def test_what_is_no_command_is_refused(command: Any) -> None:
    failure = failed(lambda: line_for(command, {}))
    assert (failure.code, failure.retryable) == ("invalid_config", False)


def test_a_host_is_sent_only_so_much() -> None:
    assert failed(lambda: line_for("agent", {"x": "y" * 60_000})).code == "too_large"
