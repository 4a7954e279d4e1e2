"""Paths of webhooks: claimed first come first served, released, taken over from nobody; and what a
request to one means."""

from __future__ import annotations

import hashlib
import hmac
from datetime import UTC, datetime
from typing import Any

import pytest

from chalicelib.core.errors import Conflict, Invalid
from chalicelib.core.triggers.model import triggers_of
from chalicelib.core.triggers.webhook import (
    is_signature,
    signature_of,
    signed_message,
    told_headers,
)
from chalicelib.store.claims import Owner
from chalicelib.workers.signature import check_signature
from tests.support.clients import Died, Fault
from tests.support.triggers import cron, register, runs, triggered
from tests.support.world import ORG, World

NOW = datetime(2026, 3, 18, 9, 0, tzinfo=UTC)


def hook(path: str = "orders", **more: Any) -> dict[str, Any]:
    return {"type": "webhook", "path": path, **more}


def owner(world: World, path: str = "orders") -> Owner | None:
    return world.services.hooks.owner(path)


class TestClaims:
    def test_an_apply_claims_its_path(self, world: World) -> None:
        world.apply(triggered(hook("/hooks/a/b/c")))
        assert owner(world, "a/b/c") == Owner(ORG, "w")

    @pytest.mark.parametrize("org", [ORG, "org_other"])
    def test_a_second_workflow_gets_a_conflict_and_nothing_is_published(
        self, world: World, org: str
    ) -> None:
        world.apply(triggered(hook()))
        with pytest.raises(Conflict, match="/hooks/orders"):
            world.apply(triggered(hook(), name="second"), org=org)
        assert world.services.workflows.head(org, "second") is None
        assert owner(world) == Owner(ORG, "w")

    @pytest.mark.parametrize("how", ["archive", "version"])
    def test_a_path_is_free_again_once_nobody_wants_it(self, world: World, how: str) -> None:
        world.apply(triggered(hook()))
        if how == "archive":
            world.services.archiver.archive(ORG, "w")
        else:
            world.apply(triggered(hook("elsewhere")))
        assert owner(world) is None
        world.apply(triggered(hook(), name="second"), org="org_other")
        assert owner(world) == Owner("org_other", "second")

    def test_another_secret_is_the_same_path(self, world: World) -> None:
        world.apply(triggered(hook(secret="one")))
        world.apply(triggered(hook(secret="two")))
        assert owner(world) == Owner(ORG, "w")
        assert len(register(world)) == 1

    def test_a_claim_that_its_owner_has_no_use_for_is_taken_over(self, world: World) -> None:
        world.apply(triggered(hook()))
        world.services.workflows.archive(ORG, "w", at="now")  # and died before it tidied up
        world.apply(triggered(hook(), name="second"))
        assert owner(world) == Owner(ORG, "second")
        world.services.triggers.tidy(ORG, "w")  # late, and not his any more
        assert owner(world) == Owner(ORG, "second")

    def test_the_claim_of_a_dead_apply_lasts_an_hour(self, world: World) -> None:
        with world.calls.failing(6, Fault.DIED_BEFORE), pytest.raises(Died, match="transact"):
            world.apply(triggered(hook()))
        with pytest.raises(Conflict):
            world.apply(triggered(hook(), name="second"))
        world.clock.forward(hours=1)
        world.apply(triggered(hook(), name="second"))
        assert owner(world) == Owner(ORG, "second")

    def test_one_path_twice_in_a_workflow_is_refused(self, world: World) -> None:
        with pytest.raises(Invalid) as refused:
            world.apply(triggered(hook(secret="a"), hook("/hooks/orders", secret="b"), cron()))
        assert [problem.location for problem in refused.value.problems] == ["triggers[1]"]

    @pytest.mark.parametrize(
        "path",
        ["", "/", "a/b/c/d", "../a", "a//b", "a/", ".", "a/..", "/orders", "ü", "a b", "x" * 201],
    )
    def test_a_path_out_of_pattern_is_refused(self, world: World, path: str) -> None:
        with pytest.raises(Invalid) as refused:
            world.apply(triggered(hook(path)))
        assert [problem.location for problem in refused.value.problems] == ["triggers[0].path"]


class TestFiring:
    def fire(self, world: World, occurrence: str, key: str | None) -> tuple[str, bool]:
        version = world.services.workflows.latest(ORG, "w")
        assert version is not None
        (trigger,) = triggers_of(ORG, "w", version.source)
        started = world.services.firer.webhook(
            ORG,
            version,
            trigger,
            payload={"n": 1},
            headers={"a": "b"},
            occurrence=occurrence,
            key=trigger.key(key) if key else None,
            principal="p",
        )
        return started.run.id, started.replayed

    def test_the_same_signature_is_one_run_for_a_day(self, world: World) -> None:
        world.apply(triggered(hook()))
        run_id, replayed = self.fire(world, "s", "s")
        assert not replayed
        world.clock.forward(hours=23)
        assert self.fire(world, "s", "s") == (run_id, True)
        world.clock.forward(hours=2)
        assert self.fire(world, "s", "s")[1] is False
        assert len(runs(world)) == 2

    def test_without_a_key_each_request_is_a_run(self, world: World) -> None:
        world.apply(triggered(hook()))
        assert self.fire(world, "same", None) != self.fire(world, "same", None)

    def test_the_run_is_told_of_the_request(self, world: World) -> None:
        world.apply(triggered(hook("/hooks/orders")))
        detail = world.services.runs.detail(ORG, self.fire(world, "s", "s")[0])
        assert detail is not None
        assert detail.trigger == {
            "type": "webhook",
            "path": "orders",
            "payload": {"n": 1},
            "headers": {"a": "b"},
        }


class TestSignatures:
    GOOD = hmac.new(b"key", b"body", hashlib.sha256).hexdigest()

    @pytest.mark.parametrize("name", ["x-hub-signature-256", "x-signature-256"])
    @pytest.mark.parametrize("value", [GOOD, f"sha256={GOOD}", GOOD.upper(), f" sha256={GOOD} "])
    def test_a_signature_is_bare_hex_or_says_its_kind(self, name: str, value: str) -> None:
        assert signature_of({name: value}) == self.GOOD
        assert is_signature("key", b"body", self.GOOD)

    @pytest.mark.parametrize("value", ["", "sha1=00", "x" * 64, "0" * 63, f"sha512={'0' * 64}"])
    def test_anything_else_is_none(self, value: str) -> None:
        assert signature_of({"x-signature-256": value}) is None
        assert signature_of({}) is None

    @pytest.mark.parametrize(
        ("secret", "body"), [("key", b"bodY"), ("Key", b"body"), ("", b"body")]
    )
    def test_another_body_or_secret_is_wrong(self, secret: str, body: bytes) -> None:
        assert not is_signature(secret, body, self.GOOD)

    @pytest.mark.parametrize(
        ("seconds", "fits"), [(0, True), (300, True), (-300, True), (301, False)]
    )
    def test_a_signed_time_is_within_five_minutes(self, seconds: int, fits: bool) -> None:
        stamp = str(int(NOW.timestamp()) - seconds)
        found = signed_message({"x-signature-timestamp": stamp}, b"body", NOW)
        assert found == (stamp.encode() + b".body" if fits else None)

    @pytest.mark.parametrize("stamp", ["", "now", "-1", "1e9", "9" * 13, "2026-03-18T09:00:00Z"])
    def test_a_time_that_cannot_be_read_is_refused(self, stamp: str) -> None:
        assert signed_message({"x-signature-timestamp": stamp}, b"body", NOW) is None

    def test_without_a_time_the_body_alone_is_signed(self) -> None:
        assert signed_message({}, b"body", NOW) == b"body"


class TestTheFunctionThatChecks:
    def call(self, secret: str = "s", org: str = ORG) -> dict[str, str]:
        signature = TestSignatures.GOOD
        return {"org": org, "secret": secret, "message": "Ym9keQ==", "signature": signature}

    def test_it_says_yes_to_a_good_signature_only(self, world: World) -> None:
        world.keep_secrets()
        world.services.secrets.put(ORG, "s", "key\n")
        world.services.secrets.put(ORG, "other", "yek")
        world.services.secrets.put(ORG, "object", '{"key": "key"}')
        assert check_signature(world.services, self.call()) == {"valid": True}
        for name in ("other", "object", "missing"):
            assert check_signature(world.services, self.call(name)) == {"valid": False}
        assert check_signature(world.services, self.call(org="org_other")) == {"valid": False}


class TestHeaders:
    def test_credentials_and_what_proxies_add_are_left_out(self) -> None:
        given = {
            "X-GitHub-Event": "push",
            "content-type": "application/json",
            "authorization": "Bearer a",
            "cookie": "a=b",
            "x-gitlab-token": "t",
            "x-api-key": "k",
            "x-hub-signature-256": "s",
            "x-signature-timestamp": "1",
            "x-forwarded-for": "1.2.3.4",
            "x-amz-cf-id": "x",
            "host": "h",
            "long": "x" * 1_000,
        }
        assert told_headers(given) == {"x-github-event": "push", "content-type": "application/json"}

    def test_there_are_at_most_fifty(self) -> None:
        assert len(told_headers({f"x-{number}": "v" for number in range(80)})) == 50
