"""Objects' handlers: what each does, and that no content brings any of them down (S3)."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from swarm_mail import NOW, a_mail

from chalicelib.core.steps import StepFailed
from chalicelib.core.swarms.model import MOST_CONTENT_BYTES, Backend, ObjectSpec, Outgoing
from chalicelib.core.swarms.objects import registry
from chalicelib.core.swarms.objects.base import (
    MOST_ENTRY_BYTES,
    MOST_STATE_BYTES,
    Handled,
    Invoke,
    Post,
    content_object,
    size,
)


class Played:
    """An object that is sent one content after the other."""

    def __init__(self, handler: str, **config: Any) -> None:
        self.spec = ObjectSpec("thing", handler, config=config)
        self.state = registry.initial(self.spec)

    def send(self, content: Any, **more: Any) -> Handled:
        handler = registry.handler(self.spec.handler)
        mail = a_mail(content, **more)
        found = handler.handle(self.state, mail, registry.config_of(self.spec), NOW)
        self.state = found.state
        return found

    def says(self, content: Any, **more: Any) -> Any:
        """What the sender is answered."""
        (reply,) = self.send(content, **more).outgoing
        assert (reply.to, reply.type) == ("writer", "reply")
        return reply.content


def test_there_are_the_handlers_of_the_contract() -> None:
    assert registry.names() == (
        *("aggregator", "counter", "kv", "lambda"),
        *("queue", "timer", "webhook"),
    )


def test_a_handler_that_is_not_registered_is_a_problem() -> None:
    assert registry.problem(ObjectSpec("x", "nope")) == "Invalid or missing object handler"
    assert registry.problem(ObjectSpec("x", "")) == "Invalid or missing object handler"


def test_a_counter_adds_its_step_for_any_message_and_answers_with_the_count() -> None:
    counter = Played("counter")
    assert counter.state == {"count": 0, "last_from": None}
    assert counter.says("anything") == {"count": 1}
    assert counter.says({"some": "thing"}) == {"count": 2}
    assert counter.state == {"count": 2, "last_from": "writer"}


def test_a_counter_does_what_ops_say_as_objects_and_as_texts() -> None:
    counter = Played("counter", step=10)
    assert counter.says({"op": "add", "by": 5}) == {"count": 5}
    assert counter.says('{"op": "add", "by": -2}') == {"count": 3}
    assert counter.says("plain") == {"count": 13}
    assert counter.says({"op": "reset"}) == {"count": 0}
    assert counter.says({"op": "add"}) == {"count": 10}


def test_the_step_of_a_counter_can_be_changed_while_it_lives() -> None:
    counter = Played("counter")
    counter.send("x")
    counter.spec = ObjectSpec("thing", "counter", config={"step": 7})
    assert counter.says("x") == {"count": 8}


@pytest.mark.parametrize("by", ["3", None, True, [], 2**60, float("inf")])
def test_a_counter_refuses_what_is_no_number(by: Any) -> None:
    counter = Played("counter")
    found = counter.send({"op": "add", "by": by})
    assert counter.state["count"] == 0
    assert found.rejected is not None
    assert found.outgoing[0].content["error"] == "invalid_by"


def test_nobody_answers_a_reply_or_a_task() -> None:
    counter = Played("counter")
    assert counter.send("x", type="reply").outgoing == ()
    assert counter.send("x", sender=None).outgoing == ()
    assert counter.state == {"count": 2, "last_from": None}


def test_an_answer_to_an_ask_has_its_correlation() -> None:
    (reply,) = Played("counter").send("x", type="ask", correlation="ask_1").outgoing
    assert reply == Outgoing("writer", {"count": 1}, "reply", "ask_1")


def test_a_queue_gives_back_in_order() -> None:
    queue = Played("queue")
    assert queue.says({"op": "push", "item": {"n": 1}}) == {"size": 1}
    assert queue.says("two") == {"size": 2}
    assert queue.says({"op": "peek"}) == {"item": {"n": 1}, "size": 2}
    assert queue.says({"op": "pop"}) == {"item": {"n": 1}, "size": 1}
    assert queue.says({"op": "size"}) == {"size": 1}
    assert queue.says({"op": "pop"}) == {"item": "two", "size": 0}
    assert queue.says({"op": "pop"}) == {"item": None, "size": 0, "empty": True}
    assert queue.says({"op": "shuffle"})["error"] == "unknown_op"


def test_a_full_queue_refuses_and_keeps_what_it_has() -> None:
    queue = Played("queue", max_items=1)
    queue.send("one")
    assert queue.says("two")["error"] == "full"
    assert queue.state == {"items": ["one"]}
    assert queue.says("x" * MOST_ENTRY_BYTES)["error"] == "too_large"


def test_a_kv_sets_gets_lists_and_deletes() -> None:
    kv = Played("kv", max_entries=2)
    assert kv.says({"op": "get", "key": "a"}) == {"key": "a", "found": False, "value": None}
    assert kv.says({"op": "set", "key": "a", "value": [1]}) == {"key": "a", "ok": True}
    assert kv.says({"op": "set", "key": "b", "value": None}) == {"key": "b", "ok": True}
    assert kv.says({"op": "set", "key": "c", "value": 1})["error"] == "full"
    assert kv.says({"op": "set", "key": "a", "value": 2}) == {"key": "a", "ok": True}
    assert kv.says({"op": "keys"}) == {"keys": ["a", "b"], "more": False}
    assert kv.says({"op": "keys", "after": "a"}) == {"keys": ["b"], "more": False}
    assert kv.says({"op": "keys", "prefix": "b"}) == {"keys": ["b"], "more": False}
    assert kv.says({"op": "delete", "key": "b"}) == {"key": "b", "found": True}
    assert kv.says({"op": "get", "key": "a"})["value"] == 2
    assert kv.says({"op": "get", "key": ""})["error"] == "invalid_key"
    assert kv.says("hello")["error"] == "unknown_op"


def test_a_timer_sends_its_content_on_each_tick_unless_it_is_stopped() -> None:
    timer = Played("timer", interval_seconds=60, content={"do": "it"})
    assert timer.send("", sender="tick").outgoing == (Outgoing(None, {"do": "it"}, "broadcast"),)
    assert timer.says({"op": "stop"})["running"] is False
    assert timer.send("", sender="tick").outgoing == ()
    assert timer.says({"op": "start"}) == {"running": True, "fired": 1, "last_fired": NOW}


@pytest.mark.parametrize(
    ("config", "problem"),
    [
        ({"interval_seconds": 120}, None),
        ({"cron": "*/5 * * * *"}, None),
        ({"at": "2030-01-01T00:00:00Z"}, None),
        ({}, "exactly one of"),
        ({"at": "2030-01-01T00:00:00Z", "interval_seconds": 60}, "exactly one of"),
        ({"interval_seconds": 90}, "whole minutes"),
        ({"interval_seconds": True}, "whole minutes"),
        ({"cron": "every day"}, "cron: "),
        ({"at": "tomorrow"}, "at: "),
        ({"at": 3}, "at must be a text"),
    ],
)
def test_a_timer_says_what_is_wrong_with_its_time(
    config: Mapping[str, Any], problem: str | None
) -> None:
    found = registry.problem(ObjectSpec("clock", "timer", config=config))
    assert found is None if problem is None else found is not None and problem in found


def test_an_aggregator_sends_bundles_of_so_many() -> None:
    collector = Played("aggregator", count=2)
    assert collector.send("a").outgoing == ()
    (bundle,) = collector.send("b", sender="coder").outgoing
    assert (bundle.to, bundle.type) == (None, "broadcast")
    assert bundle.content == {
        "messages": [{"from": "writer", "content": "a"}, {"from": "coder", "content": "b"}],
        "complete": True,
    }
    assert collector.state == {"bundles": {}, "emitted": 1}


def test_an_aggregator_bundles_by_key_and_sends_early_when_told() -> None:
    collector = Played("aggregator", count=2, key="city")
    collector.send({"city": "Ulm", "n": 1})
    collector.send('{"city": "Bern"}')
    assert collector.says({"op": "status"}) == {"waiting": 2, "emitted": 0}
    (bundle,) = collector.send({"city": "Ulm", "n": 2}).outgoing
    assert (bundle.content["key"], bundle.content["complete"]) == ("Ulm", True)
    early, told = collector.send({"op": "flush"}).outgoing
    assert (early.content["key"], early.content["complete"]) == ("Bern", False)
    assert told.content == {"waiting": 0, "emitted": 2}


def test_an_aggregator_without_room_sends_early_and_loses_nothing() -> None:
    collector = Played("aggregator", count=1000)
    sent = [out for _ in range(12) for out in collector.send("x" * 20_000).outgoing]
    kept = [line for lines in collector.state["bundles"].values() for line in lines]
    assert sum(len(one.content["messages"]) for one in sent) + len(kept) == 12
    assert all(size(one.content) <= MOST_CONTENT_BYTES for one in sent)
    assert {one.content["complete"] for one in sent} == {False}


def test_bundles_by_key_make_room_for_each_other_the_oldest_first() -> None:
    collector = Played("aggregator", count=10, key="k")
    sent = [
        out
        for key in ("a", "b", "c")
        for out in collector.send({"k": key, "text": "x" * 80_000}).outgoing
    ]
    assert [(one.content["key"], one.content["complete"]) for one in sent] == [("a", False)]
    assert list(collector.state["bundles"]) == ["b", "c"]
    for n in range(150):
        collector.send({"k": f"k{n}"})
    assert len(collector.state["bundles"]) == 100
    assert size(collector.state) <= MOST_STATE_BYTES


def test_a_webhook_posts_the_message_and_counts_what_came_of_it() -> None:
    webhook = Played("webhook", url="https://example.org/in", headers={"x-a": "b"})
    effect = webhook.send({"a": 1}).effect
    assert isinstance(effect, Post)
    assert (effect.url, effect.key, effect.headers) == (
        *("https://example.org/in", "mail_1"),
        {"x-a": "b"},
    )
    assert effect.body["content"] == {"a": 1}
    handler = registry.handler("webhook")
    found = handler.answered(webhook.state, a_mail(), webhook.spec.config, 204, NOW)
    assert found.state == {"sent": 1, "last_status": 204, "last_at": NOW}
    assert found.outgoing[0].content == {"status": 204}


@pytest.mark.parametrize(
    "config",
    [
        {},
        {"url": "ftp://example.org"},
        {"url": "https://example.org", "headers": {"a b": "c"}},
        {"url": "https://example.org", "headers": {"a": 1}},
        {"url": "https://example.org", "headers": []},
    ],
)
def test_a_webhook_that_cannot_post_is_refused(config: Mapping[str, Any]) -> None:
    assert registry.problem(ObjectSpec("hook", "webhook", config=config)) is not None


def test_a_function_gets_state_message_and_config_and_decides_both() -> None:
    function = Played("lambda", arn="mine", state={"n": 1})
    effect = function.send("go", type="ask", correlation="ask_1").effect
    assert isinstance(effect, Invoke)
    assert effect.payload["state"] == {"n": 1}
    assert effect.payload["message"]["from"] == "writer"
    answer = {
        "state": {"n": 2},
        "messages": [{"to": "coder", "content": 1}, {"broadcast": 2}, {"reply": 3}],
    }
    mail = a_mail("go", type="ask", correlation="ask_1")
    found = registry.handler("lambda").answered(function.state, mail, {}, answer, NOW)
    assert found == Handled(
        {"n": 2},
        (
            Outgoing("coder", 1),
            Outgoing(None, 2, "broadcast"),
            Outgoing("writer", 3, "reply", "ask_1"),
        ),
    )
    assert registry.handler("lambda").answered({"n": 1}, mail, {}, None, NOW).state == {"n": 1}


@pytest.mark.parametrize(
    "answer",
    [
        "text",
        {"state": []},
        {"state": {"x": "y" * MOST_STATE_BYTES}},
        {"messages": {}},
        {"messages": [1]},
        {"messages": [{"to": "no name!", "content": 1}]},
        {"messages": [{"to": "coder"}]},
        {"messages": [{"broadcast": "x" * (MOST_CONTENT_BYTES + 1)}]},
        {"messages": [{"broadcast": "x" * 90_000}] * 3},
        {"messages": [{"broadcast": 1}] * 51},
    ],
)
def test_an_answer_that_is_no_use_fails_for_good(answer: Any) -> None:
    with pytest.raises(StepFailed) as caught:
        registry.handler("lambda").answered({}, a_mail(), {}, answer, NOW)
    assert (caught.value.code, caught.value.retryable) == ("answer_invalid", False)


def test_a_backends_options_are_configuration_too() -> None:
    spec = ObjectSpec("f", "lambda", Backend("lambda", {"arn": "mine", "x": 1}), {"x": 2})
    assert registry.config_of(spec) == {"arn": "mine", "x": 2}
    assert registry.problem(spec) is None


DEEP = "[" * 500 + "]" * 500
UNWRITABLE_TEXTS = [
    '{"op": "push", "item": 1e999}',
    '{"op": "push", "item": "\\ud800"}',
    f'{{"op": "push", "item": {DEEP}}}',
    '{"op": "set", "key": "\\ud800", "value": 1}',
]


@pytest.mark.parametrize("content", UNWRITABLE_TEXTS)
def test_what_only_some_readers_could_read_stays_the_text_it_was(content: str) -> None:
    assert content_object(content) == content
    queue = Played("queue")
    assert queue.says(content) == {"size": 1}
    assert queue.state == {"items": [content]}


@pytest.mark.parametrize("name", registry.names())
def test_what_cannot_be_stored_is_not_kept(name: str) -> None:
    for content in (json.loads(DEEP), float("inf"), "\ud800"):
        played = Played(name, url="https://example.org", arn="mine", interval_seconds=60)
        found = played.send({"op": "push", "item": content, "value": content, "key": "k"})
        found = played.send(content) if found.effect is None else found
        assert size(played.state) <= MOST_STATE_BYTES
        assert found.effect is None


anything = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.text(max_size=20),
    lambda inner: (
        st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=8), inner, max_size=4)
    ),
    max_leaves=12,
)
ops = st.sampled_from(
    [
        *("add", "reset", "push", "pop", "peek", "size", "set", "get", "delete", "keys"),
        *("start", "stop", "status", "flush"),
    ]
)
commands = st.fixed_dictionaries(
    {"op": ops},
    optional=dict.fromkeys(("by", "item", "key", "value", "prefix", "after", "content"), anything),
)
contents = anything | commands | commands.map(json.dumps) | st.just("x" * 50_000)
configs = st.dictionaries(
    st.sampled_from(["step", "max_items", "max_entries", "count", "key", "content", "url", "arn"]),
    anything,
)
senders = st.none() | st.sampled_from(["writer", "tick"])
kinds = st.sampled_from(["direct", "broadcast", "ask", "reply"])


@pytest.mark.parametrize("name", registry.names())
@settings(max_examples=40, deadline=None)
@given(
    contents=st.lists(st.tuples(contents, senders, kinds), max_size=12),
    config=configs,
    state=st.none() | st.dictionaries(st.sampled_from(["count", "items", "entries"]), anything),
)
def test_no_content_config_or_state_brings_a_handler_down(
    name: str,
    contents: list[tuple[Any, str | None, str]],
    config: Mapping[str, Any],
    state: Mapping[str, Any] | None,
) -> None:
    played = Played(name, **config)
    if state is not None:
        played.state = state
    for content, sender, kind in contents:
        found = played.send(content, sender=sender, type=kind)
        assert size(json.loads(json.dumps(found.state))) <= MOST_STATE_BYTES
        assert all(size(sent.content) <= MOST_CONTENT_BYTES for sent in found.outgoing)
        assert isinstance(found.state, Mapping)
