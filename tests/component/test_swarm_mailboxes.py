"""Mailboxes: mail in one order without gaps, each message once, whoever writes at the same time."""

from __future__ import annotations

import threading
from dataclasses import replace

import pytest

from chalicelib.core.errors import Unavailable
from chalicelib.core.swarms.model import MOST_INBOX, Mail, Outgoing
from chalicelib.core.swarms.ports import HistoryLine
from chalicelib.store import swarm_keys
from chalicelib.store.table import Put
from tests.support.clients import Died, Fault
from tests.support.swarms import SWARM, SwarmWorld
from tests.support.world import ORG, World


@pytest.fixture
def swarm(world: World) -> SwarmWorld:
    found = SwarmWorld(world)
    found.begin("a", "b", "c")
    return found


def numbers(swarm: SwarmWorld, node: str) -> list[int]:
    """Of the mail that waits."""
    return [mail.number for mail in swarm.mail.pending(ORG, SWARM, swarm.life(node), 1_000)]


def test_tasks_wait_in_order(swarm: SwarmWorld) -> None:
    put = [swarm.task("a", f"task {n}") for n in range(3)]
    assert swarm.mail.pending(ORG, SWARM, swarm.life("a"), 2) == put[:2]
    assert swarm.life("a").inbox == 3
    assert swarm.mail.commit(ORG, SWARM, swarm.turn("a"))
    assert swarm.mail.pending(ORG, SWARM, swarm.life("a"), 10) == put[1:]


def test_a_task_is_one_transaction_with_its_events(swarm: SwarmWorld) -> None:
    life = swarm.life("a")
    with swarm.world.calls.counted() as calls:
        assert swarm.mail.put_task(ORG, SWARM, life, swarm.draft(), [swarm.event()])
    assert calls.made == ["dynamodb.transact_write_items"]
    assert calls.write_units == 6


def test_of_two_tasks_at_once_one_has_to_look_again(swarm: SwarmWorld) -> None:
    life = swarm.life("a")
    assert swarm.mail.put_task(ORG, SWARM, life, swarm.draft("first"), [])
    assert not swarm.mail.put_task(ORG, SWARM, life, swarm.draft("second"), [])
    assert swarm.contents("a") == ["first"]


def test_a_task_whose_answer_was_lost_is_there_once(swarm: SwarmWorld) -> None:
    life, mail = swarm.life("a"), swarm.draft("once")
    with swarm.world.calls.failing(1, Fault.ANSWER_LOST), pytest.raises(Unavailable):
        swarm.mail.put_task(ORG, SWARM, life, mail, [])
    assert swarm.mail.put_task(ORG, SWARM, life, mail, [])
    assert swarm.contents("a") == ["once"]


def test_a_full_inbox_takes_no_task_but_still_messages(swarm: SwarmWorld) -> None:
    key = swarm_keys.box_key(ORG, SWARM, "a")
    swarm.world.services.table.write(Put({**key, "received": MOST_INBOX - 1}))
    assert swarm.mail.put_task(ORG, SWARM, swarm.life("a"), swarm.draft(), [])
    full = swarm.life("a")
    assert full.inbox == MOST_INBOX
    assert not swarm.mail.put_task(ORG, SWARM, full, swarm.draft(), [])
    assert swarm.mail.deliver(ORG, SWARM, "a", [(swarm.draft(), None)]) is not None


def test_messages_are_delivered_in_order_behind_what_is_there(swarm: SwarmWorld) -> None:
    swarm.task("b")
    drafts = [swarm.draft(f"message {n}") for n in range(3)]
    delivered = swarm.mail.deliver(ORG, SWARM, "b", [(one, swarm.event()) for one in drafts])
    assert delivered == [replace(one, number=n) for n, one in enumerate(drafts, 2)]
    assert swarm.contents("b") == ["work", "message 0", "message 1", "message 2"]
    assert len([i for i in swarm.world.items() if i["sk"].startswith("!EVENT#")]) == 3


def test_a_record_that_comes_twice_delivers_once(swarm: SwarmWorld) -> None:
    drafts = [swarm.draft(f"message {n}") for n in range(4)]
    mails = [(one, swarm.event()) for one in drafts]
    assert swarm.mail.deliver(ORG, SWARM, "b", mails[:2])
    # The next batch of the stream has the first ones again, and new ones.
    delivered = swarm.mail.deliver(ORG, SWARM, "b", mails)
    assert delivered is not None
    assert [mail.id for mail in delivered] == [one.id for one in drafts[2:]]
    assert swarm.mail.deliver(ORG, SWARM, "b", mails) == []
    assert swarm.contents("b") == [f"message {n}" for n in range(4)]
    assert numbers(swarm, "b") == [1, 2, 3, 4]


def test_a_message_twice_in_one_delivery_is_one(swarm: SwarmWorld) -> None:
    draft = swarm.draft()
    swarm.mail.deliver(ORG, SWARM, "b", [(draft, None), (draft, None)])
    assert numbers(swarm, "b") == [1]


@pytest.mark.parametrize("fault", [Fault.DIED_BEFORE, Fault.DIED_AFTER, Fault.SENT_TWICE])
def test_a_broadcast_that_dies_between_recipients_reaches_each_once(
    swarm: SwarmWorld, fault: Fault
) -> None:
    draft = swarm.draft("to all")

    def broadcast() -> None:
        for node in ("a", "b", "c"):
            swarm.mail.deliver(ORG, SWARM, node, [(draft, None)])

    # A delivery is a read and a transaction: the fourth call is the second recipient's.
    with swarm.world.calls.failing(4, fault):
        try:
            broadcast()
        except Died:
            broadcast()
    for node in ("a", "b", "c"):
        assert swarm.contents(node) == ["to all"]


def test_a_delivery_stays_one_after_all_events_were_cleared(swarm: SwarmWorld) -> None:
    mails = [(swarm.draft(), swarm.event())]
    swarm.mail.deliver(ORG, SWARM, "b", mails)
    assert swarm.events.clear(ORG, None, seconds=10)
    assert swarm.mail.deliver(ORG, SWARM, "b", mails) == []


def test_many_messages_go_in_as_few_transactions_as_take_them(swarm: SwarmWorld) -> None:
    mails = [(swarm.draft(str(n)), swarm.event()) for n in range(70)]
    with swarm.world.calls.counted() as calls:
        swarm.mail.deliver(ORG, SWARM, "b", mails)
    assert calls.made == ["dynamodb.get_item", *["dynamodb.transact_write_items"] * 3]
    assert swarm.contents("b") == [str(n) for n in range(70)]


def test_large_messages_are_split_by_size(swarm: SwarmWorld) -> None:
    # Line breaks, which JSON would double.
    mails = [(swarm.draft("\n" * 100_000), None) for _ in range(40)]
    with swarm.world.calls.counted() as calls:
        swarm.mail.deliver(ORG, SWARM, "b", mails)
    assert calls.made.count("dynamodb.transact_write_items") == 2
    assert numbers(swarm, "b")[0] == 1
    assert swarm.life("b").received == 40


def test_whoever_is_slower_delivers_behind(swarm: SwarmWorld, monkeypatch: object) -> None:
    slow = SwarmWorld(swarm.world)
    table = swarm.world.services.table
    get = table.get
    raced = []

    def get_and_be_overtaken(key: dict[str, str]) -> object:
        found = get(key)
        if key["sk"].startswith("BOX#") and not raced:
            raced.append(1)
            swarm.task("b", "faster")
        return found

    assert isinstance(monkeypatch, pytest.MonkeyPatch)
    monkeypatch.setattr(table, "get", get_and_be_overtaken)
    delivered = slow.mail.deliver(ORG, SWARM, "b", [(swarm.draft("slower"), None)])
    assert delivered is not None
    assert [mail.number for mail in delivered] == [2]
    assert swarm.contents("b") == ["faster", "slower"]


def test_many_writers_at_once_leave_no_gap_and_lose_nothing(swarm: SwarmWorld) -> None:
    drafts = [[(swarm.draft(f"{w}.{n}"), None) for n in range(5)] for w in range(4)]
    failed: list[BaseException] = []

    def write(mails: list[tuple[Mail, None]]) -> None:
        try:
            for one in mails:
                swarm.mail.deliver(ORG, SWARM, "b", [one])
        except BaseException as problem:  # noqa: BLE001 - shown by the assertion below
            failed.append(problem)

    threads = [threading.Thread(target=write, args=(mails,)) for mails in drafts]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert failed == []
    assert numbers(swarm, "b") == list(range(1, 21))
    found = swarm.contents("b")
    for writer in range(4):
        assert [c for c in found if c.startswith(f"{writer}.")] == [
            f"{writer}.{n}" for n in range(5)
        ]


def test_nothing_is_delivered_to_who_is_not_there(swarm: SwarmWorld) -> None:
    assert swarm.mail.deliver(ORG, SWARM, "nobody", [(swarm.draft(), None)]) is None
    swarm.mail.end_life(ORG, SWARM, "b")
    assert swarm.mail.deliver(ORG, SWARM, "b", [(swarm.draft(), None)]) is None


def test_dead_mail_is_put_back_behind_the_others_once(swarm: SwarmWorld) -> None:
    for text in ("bad", "worse", "good"):
        swarm.task("a", text)
    for number in (1, 2):
        assert swarm.mail.commit(ORG, SWARM, replace(swarm.turn("a"), dead=(number,)))
    assert swarm.contents("a") == ["good"]
    assert swarm.mail.replay(ORG, SWARM, "a") == 2
    assert swarm.mail.replay(ORG, SWARM, "a") == 0
    assert swarm.contents("a") == ["good", "bad", "worse"]
    assert numbers(swarm, "a") == [3, 4, 5]


@pytest.mark.parametrize("fault", [Fault.ANSWER_LOST, Fault.SENT_TWICE, Fault.DIED_AFTER])
def test_a_replay_that_is_cut_off_puts_nothing_back_twice(swarm: SwarmWorld, fault: Fault) -> None:
    swarm.task("a", "bad")
    assert swarm.mail.commit(ORG, SWARM, swarm.turn("a"))
    swarm.mail.mark_dead(ORG, SWARM, "a", 1)
    with swarm.world.calls.failing(4, fault):  # a Query, the mailbox, the mail, the transaction
        try:
            swarm.mail.replay(ORG, SWARM, "a")
        except (Died, Unavailable):
            swarm.mail.replay(ORG, SWARM, "a")
    assert swarm.contents("a") == ["bad"]


def test_many_dead_are_put_back_in_order(swarm: SwarmWorld) -> None:
    swarm.mail.deliver(ORG, SWARM, "a", [(swarm.draft(str(n)), None) for n in range(70)])
    life = swarm.life("a")
    commit = replace(swarm.turn("a"), dead=tuple(range(1, 71)))
    commit = replace(commit, after=replace(commit.after, handled=70))
    assert life.inbox == 70
    assert swarm.mail.commit(ORG, SWARM, commit)
    assert swarm.mail.replay(ORG, SWARM, "a") == 70
    assert swarm.contents("a") == [str(n) for n in range(70)]


def test_mail_keeps_all_that_it_is(swarm: SwarmWorld) -> None:
    draft = swarm.draft({"op": "add", "by": 1.5}, type="ask", sender="c", correlation="q1")
    swarm.mail.deliver(ORG, SWARM, "a", [(draft, None)])
    assert swarm.mail.pending(ORG, SWARM, swarm.life("a"), 1) == [replace(draft, number=1)]


def test_a_history_is_newest_first_and_reads_no_more_than_it_shows(swarm: SwarmWorld) -> None:
    for n in range(30):
        swarm.task("a", f"task {n}")
        commit = swarm.turn("a", Outgoing("b", f"reply {n}"), Outgoing(None, "x", "broadcast"))
        assert swarm.mail.commit(ORG, SWARM, commit)
    swarm.mail.deliver(ORG, SWARM, "a", [(swarm.draft("hi", sender="c", type="ask"), None)])
    with swarm.world.calls.counted() as calls:
        found = swarm.mail.history(ORG, SWARM, "a", 5)
    assert calls.made == ["dynamodb.query"] * 2
    assert calls.read_units == 2
    shown = [(line.type, line.content, line.peer, line.message_type) for line in found]
    assert shown == [
        ("incoming", "hi", "c", "ask"),
        ("outgoing", "x", None, "broadcast"),
        ("outgoing", "reply 29", "b", "direct"),
        ("task", "task 29", None, "direct"),
        ("outgoing", "x", None, "broadcast"),
    ]
    assert found == sorted(found, key=lambda line: line.timestamp, reverse=True)
    whole = swarm.mail.history(ORG, SWARM, "a", 1_000)
    assert len(whole) == 91
    assert all(isinstance(line, HistoryLine) for line in whole)


def test_a_history_ends_where_an_answer_would_be_too_large(swarm: SwarmWorld) -> None:
    swarm.mail.deliver(ORG, SWARM, "a", [(swarm.draft("x" * 99_000), None) for _ in range(60)])
    assert len(swarm.mail.history(ORG, SWARM, "a", 1_000)) == 40
