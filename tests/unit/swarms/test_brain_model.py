"""A model's turn: skills, memory, tools and messages, as Converse has them (S3)."""

from __future__ import annotations

import json
from typing import Any

import pytest
from botocore.stub import Stubber
from brain_world import FakeHttp, a_client, a_world
from swarm_mail import a_context, a_mail, an_agent

from chalicelib.brains.model import ModelBrain
from chalicelib.brains.model_memory import MOST_BYTES, SILENT, history_of, remembered
from chalicelib.brains.presets import PRESETS, tool_spec
from chalicelib.core.credentials import Credential
from chalicelib.core.steps import StepFailed
from chalicelib.core.swarms.model import Outgoing
from chalicelib.core.swarms.objects.base import size

MODEL = "anthropic.claude-3-haiku-20240307-v1:0"
KEY = "sk-very-secret"


def words(text: str) -> dict[str, Any]:
    return answer([{"text": text}], "end_turn")


def calls(*used: tuple[str, Any]) -> dict[str, Any]:
    blocks = [
        {"toolUse": {"toolUseId": f"t{n}", "name": name, "input": given}}
        for n, (name, given) in enumerate(used)
    ]
    return answer(blocks, "tool_use")


def answer(content: list[Any], reason: str) -> dict[str, Any]:
    return {
        "output": {"message": {"role": "assistant", "content": content}},
        "stopReason": reason,
        "usage": {"inputTokens": 3, "outputTokens": 2, "totalTokens": 5},
        "metrics": {"latencyMs": 1},
    }


class Bedrock:
    """A client that answers in turn and remembers what it was asked."""

    def __init__(self, *answers: dict[str, Any]) -> None:
        self.client = a_client("bedrock-runtime")
        self.asked: list[dict[str, Any]] = []
        stubber = Stubber(self.client)
        for one in answers:
            stubber.add_response("converse", one)
        stubber.activate()
        self.client.meta.events.register(
            "before-parameter-build.bedrock-runtime.Converse",
            # A copy: the conversation goes on in the same list.
            lambda params, **_: self.asked.append(json.loads(json.dumps(params))),
        )


def test_skills_are_the_system_prompt_and_what_it_says_is_its_output() -> None:
    bedrock = Bedrock(words("Done."))
    node = an_agent("bedrock", targets=(), model=MODEL, config={"system_prompt": "Be brief."})
    context = a_context(node, skills=(("research", "Look it up."),))
    found = ModelBrain(a_world(client=bedrock.client)).turn(a_mail("Go", sender=None), context)
    assert (found.output, found.outgoing) == ("Done.", ())
    assert found.logs == (("user", "Go"), ("assistant", "Done."))
    (asked,) = bedrock.asked
    assert asked["modelId"] == MODEL
    system = asked["system"][0]["text"]
    assert system.startswith("You are coder, an agent of the swarm house. You can message nobody.")
    assert system.endswith("Be brief.\n\n# Skill: research\n\nLook it up.")
    assert "toolConfig" not in asked


def test_the_conversation_goes_on_over_turns() -> None:
    bedrock = Bedrock(words("Hello."), words(""), words("Third."))
    brain = ModelBrain(a_world(client=bedrock.client, model=MODEL))
    node = an_agent("local", targets=())
    memory: dict[str, Any] = {}
    for text in ("Hi", " ", "And?"):
        memory = dict(brain.turn(a_mail(text, sender=None), a_context(node, memory)).memory)
    said = [(m["role"], m["content"][0]["text"]) for m in bedrock.asked[-1]["messages"]]
    assert said == [
        ("user", "Hi"),
        ("assistant", "Hello."),
        ("user", SILENT),
        ("assistant", SILENT),
        ("user", "And?"),
    ]


def test_messages_are_sent_by_tools_and_only_to_targets() -> None:
    bedrock = Bedrock(
        calls(
            ("send_message", {"to": "writer", "content": "hi"}),
            ("send_message", {"to": "stranger", "content": "hi"}),
            ("broadcast", {"content": "all"}),
            ("ask", {"to": "writer", "content": "well?"}),
        ),
        words("Sent."),
    )
    node = an_agent("bwrap", model=MODEL)
    found = ModelBrain(a_world(client=bedrock.client)).turn(a_mail(), a_context(node))
    direct, everybody, asked = found.outgoing
    assert direct == Outgoing("writer", "hi")
    assert everybody == Outgoing(None, "all", "broadcast")
    assert (asked.to, asked.type) == ("writer", "ask")
    results = [block["toolResult"] for block in bedrock.asked[1]["messages"][-1]["content"]]
    assert [result["status"] for result in results] == ["success", "error", "success", "success"]
    assert "you can send to: writer" in results[1]["content"][0]["text"]
    assert [event[0] for event in found.events] == [
        *("tool_called", "tool_failed"),
        *("tool_called", "tool_called"),
    ]


def test_what_it_says_to_an_ask_is_the_reply() -> None:
    bedrock = Bedrock(words("42"))
    mail = a_mail("how many?", type="ask", correlation="ask_1")
    found = ModelBrain(a_world(client=bedrock.client, model=MODEL)).turn(
        mail, a_context(an_agent("local"))
    )
    assert found.outgoing == (Outgoing("writer", "42", "reply", "ask_1"),)


def test_presets_are_actions_of_steps() -> None:
    bedrock = Bedrock(calls(("http_request", {"url": "https://example.org/x"})), words("ok"))
    http = FakeHttp((200, "hello"))
    node = an_agent("local", targets=(), presets=("http", "unheard-of"))
    world = a_world(client=bedrock.client, http=http, model=MODEL)
    found = ModelBrain(world).turn(a_mail(), a_context(node))
    assert [(r["method"], r["url"]) for r in http.requests] == [("GET", "https://example.org/x")]
    assert found.logs[0] == ("system", "These presets are not there: unheard-of")
    assert ("tool", "http_request succeeded") in found.logs
    again = ModelBrain(a_world(client=Bedrock(words("x")).client, model=MODEL)).turn(
        a_mail(), a_context(node, dict(found.memory))
    )
    assert again.logs[0][0] == "user", "told once"


def test_every_preset_can_be_told_to_a_model() -> None:
    for tools in PRESETS.values():
        for tool in tools:
            assert tool_spec(tool).schema["type"] == "object"


def test_a_model_that_never_stops_calling_is_stopped() -> None:
    bedrock = Bedrock(*[calls(("broadcast", {"content": "x"}))] * 3)
    node = an_agent("local", config={"max_rounds": 2})
    with pytest.raises(StepFailed) as caught:
        ModelBrain(a_world(client=bedrock.client, model=MODEL)).turn(a_mail(), a_context(node))
    assert (caught.value.code, caught.value.retryable) == ("too_many_tool_calls", False)


def test_one_turn_sends_no_more_than_fits() -> None:
    large = ("broadcast", {"content": "x" * 90_000})
    bedrock = Bedrock(calls(large, large, large), words("ok"))
    node = an_agent("local")
    found = ModelBrain(a_world(client=bedrock.client, model=MODEL)).turn(a_mail(), a_context(node))
    assert len(found.outgoing) == 2


def test_without_any_model_the_turn_fails_for_good() -> None:
    with pytest.raises(StepFailed) as caught:
        ModelBrain(a_world()).turn(a_mail(), a_context(an_agent("local")))
    assert (caught.value.code, caught.value.retryable) == ("model_missing", False)


def completion(text: str) -> str:
    return json.dumps({"choices": [{"message": {"content": text}, "finish_reason": "stop"}]})


def test_an_endpoint_is_asked_with_the_key_of_a_secret_that_nobody_sees() -> None:
    http = FakeHttp((200, completion(f"my key is {KEY}")))
    secret = Credential("openai", {"url": "https://models.example.org/v1", "api_key": KEY})
    node = an_agent("local", targets=(), model="m", config={"credential": "openai"})
    found = ModelBrain(a_world(http=http, secret=secret)).turn(
        a_mail("hi", sender=None), a_context(node, {"exchanges": [{"user": "a", "assistant": "b"}]})
    )
    (request,) = http.requests
    assert request["url"] == "https://models.example.org/v1/chat/completions"
    assert request["headers"]["authorization"] == f"Bearer {KEY}"
    said = json.loads(request["body"])["messages"]
    assert [m["content"] for m in said[1:]] == ["a", "b", "hi"]
    assert KEY not in repr(found)


def test_a_failure_does_not_tell_the_key() -> None:
    http = FakeHttp((400, json.dumps({"error": f"bad key {KEY}"})))
    secret = Credential("openai", {"url": "https://models.example.org/v1", "api_key": KEY})
    node = an_agent("local", model="m", config={"credential": "openai"})
    with pytest.raises(StepFailed) as caught:
        ModelBrain(a_world(http=http, secret=secret)).turn(a_mail(), a_context(node))
    assert caught.value.code == "model_request_invalid"
    assert KEY not in str(caught.value)


def test_a_key_goes_to_its_own_endpoint_only() -> None:
    secret = Credential("openai", {"url": "https://models.example.org/v1", "api_key": KEY})
    node = an_agent(
        "local", model="m", endpoint="https://evil.example.org", config={"credential": "openai"}
    )
    with pytest.raises(StepFailed) as caught:
        ModelBrain(a_world(secret=secret)).turn(a_mail(), a_context(node))
    assert caught.value.code == "credential_not_allowed"


def test_an_endpoint_without_a_secret_is_asked_without_a_key() -> None:
    http = FakeHttp((200, completion("hi")))
    node = an_agent("local", model="m", endpoint="https://models.example.org/v1/")
    ModelBrain(a_world(http=http)).turn(a_mail(), a_context(node))
    assert "authorization" not in http.requests[0]["headers"]


def test_memory_keeps_the_newest_and_has_an_end() -> None:
    history: Any = ()
    for n in range(30):
        history = history_of(remembered(history, f"q{n}", "x" * 20_000, 20))
    assert size(remembered(history, "q", "a", 20)) <= MOST_BYTES + 100
    assert history[-1][0] == "q29"
    assert len(history) <= 20
    assert remembered(history, "q", "a", 0) == {"exchanges": []}
    assert history_of({"exchanges": [3, {"user": 1}]}) == ()
