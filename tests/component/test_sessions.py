"""Tokens of logins: what they say, how long they hold, what ends them, what they cost."""

from __future__ import annotations

import re

import pytest
from botocore.exceptions import ClientError

from chalicelib.core.errors import Conflict, PermissionDenied, Unauthorized, Unavailable
from chalicelib.core.identity import passwords
from chalicelib.core.roles import Principal, Role
from chalicelib.identity_services import Identity
from tests.support.people import PASSWORD, opened, user
from tests.support.world import ORG, World


@pytest.fixture(autouse=True)
def signing(world: World) -> None:
    world.sign_in_works()


def signed_in(world: World) -> str:
    return world.services.identity.sign_in.login("ada@example.org", PASSWORD).token


def who(found: Identity, token: str) -> Principal:
    principal = found.bearers.principal(token)
    assert principal is not None
    return principal


def test_a_login_gives_a_jwt_of_24_hours_with_the_claims_of_the_user(world: World) -> None:
    ada = user(world)
    issued = world.services.identity.sign_in.login(" Ada@Example.org ", PASSWORD)
    header, claims = opened(issued.token)
    assert header["alg"] == "HS256"
    assert re.fullmatch(r"key_[0-9a-f]{16}", header["kid"])
    assert set(claims) == {"sub", "email", "org", "role", "iat", "exp", "jti", "iss", "aud"}
    assert (claims["sub"], claims["email"]) == (ada.id, "ada@example.org")
    assert (claims["org"], claims["role"]) == (ORG, "operator")
    assert claims["exp"] - claims["iat"] == issued.expires_in == 24 * 3600
    assert claims["iat"] == int(world.clock.now.timestamp())


def test_two_tokens_have_two_ids(world: World) -> None:
    user(world)
    assert opened(signed_in(world))[1]["jti"] != opened(signed_in(world))[1]["jti"]


def test_a_token_speaks_for_its_user_in_every_process(world: World) -> None:
    ada = user(world)
    token = signed_in(world)
    found = world.fresh().identity.bearers.principal(token)
    assert found is not None
    assert (found.name, found.org, found.role) == (ada.email, ORG, Role.OPERATOR)
    assert found.user_id == ada.id


def test_an_api_token_is_still_one(world: World) -> None:
    assert world.services.identity.bearers.principal("eyJ.secret") is None
    assert world.services.identity.bearers.principal("ci.a.b") is None


def test_verifying_costs_no_call(world: World) -> None:
    user(world)
    token = signed_in(world)
    bearers = world.services.identity.bearers
    who(world.services.identity, token)
    with world.calls.counted() as calls:
        for _ in range(20):
            assert bearers.principal(token) is not None
    assert calls.made == []
    assert calls.read_units == 0


def test_a_cold_process_reads_the_keys_and_the_list_and_opens_one_key(world: World) -> None:
    user(world)
    token = signed_in(world)
    bearers = world.fresh().identity.bearers
    with world.calls.counted() as calls:
        assert bearers.principal(token) is not None
    assert calls.made == ["dynamodb.get_item", "kms.decrypt", "dynamodb.query"]
    world.clock.forward(seconds=31)
    with world.calls.counted() as calls:
        assert bearers.principal(token) is not None
    assert calls.made == ["dynamodb.get_item", "dynamodb.query"]


def test_a_token_ends_after_24_hours(world: World) -> None:
    user(world)
    token = signed_in(world)
    world.clock.forward(hours=23, minutes=59)
    assert world.services.identity.bearers.principal(token) is not None
    world.clock.forward(minutes=1)
    assert world.services.identity.bearers.principal(token) is None


@pytest.mark.parametrize(
    ("email", "password"),
    [
        ("ada@example.org", "wrong"),
        ("nobody@example.org", PASSWORD),
        ("gone@example.org", PASSWORD),
        ("", ""),
        ("\u00e4@\u00f6", "\u00fc"),
    ],
)
def test_wrong_credentials_get_one_answer_after_the_same_work(
    world: World, monkeypatch: pytest.MonkeyPatch, email: str, password: str
) -> None:
    user(world)
    user(world, "gone@example.org", disabled=True)
    hashes = []
    hasher = passwords._hasher()

    class Counted:
        def verify(self, stored: str, given: str) -> bool:
            hashes.append(stored.split("$")[1:4])
            return hasher.verify(stored, given)

    monkeypatch.setattr(passwords, "_hasher", Counted)
    with world.calls.counted() as calls, pytest.raises(Unauthorized) as refused:
        world.services.identity.sign_in.login(email, password)
    assert refused.value.detail == "the e-mail address or the password is wrong"
    assert calls.made == ["dynamodb.update_item", "dynamodb.get_item", "dynamodb.get_item"]
    # The same algorithm with the same memory and passes, whoever it is.
    assert hashes == [["argon2id", "v=19", "m=19456,t=2,p=1"]]


def test_no_password_is_stored(world: World) -> None:
    user(world)
    assert PASSWORD not in str(world.items())


def test_an_address_belongs_to_one_user_of_the_stage(world: World) -> None:
    user(world)
    with pytest.raises(Conflict):
        user(world, org="org_other")
    assert world.services.identity.users.page("org_other", 1, 0) == ([], 0)


def test_a_logout_ends_one_token_here_at_once_and_elsewhere_within_60_seconds(
    world: World,
) -> None:
    user(world)
    token, other = signed_in(world), signed_in(world)
    elsewhere = world.fresh().identity
    who(elsewhere, token)
    here = world.services.identity
    here.sign_in.logout(who(here, token), token)
    assert here.bearers.principal(token) is None
    world.clock.forward(seconds=31)
    assert elsewhere.bearers.principal(token) is None
    assert world.fresh().identity.bearers.principal(token) is None
    assert elsewhere.bearers.principal(other) is not None


def test_a_logged_out_token_is_not_refreshed_where_the_logout_is_not_known_yet(
    world: World,
) -> None:
    user(world)
    token = signed_in(world)
    elsewhere = world.fresh().identity
    caller = who(elsewhere, token)
    world.services.identity.sign_in.logout(caller, token)
    with pytest.raises(Unauthorized):
        elsewhere.sign_in.refresh(caller, token)


def test_a_late_visible_revocation_is_still_read(world: World) -> None:
    """An entry that was written a minute ago with an earlier time than one already read."""
    user(world)
    token = signed_in(world)
    reader = world.fresh().identity
    who(reader, token)
    claims = reader.sessions.claims(token)
    assert claims is not None
    late = world.services.identity.revocations._entry(claims.jti, 0, claims.exp)
    world.clock.forward(seconds=90)
    who(reader, token)
    from chalicelib.store.table import Put

    world.services.table.write(Put(late))
    world.clock.forward(seconds=25)
    who(reader, token)
    world.clock.forward(seconds=6)
    assert reader.bearers.principal(token) is None


def test_a_users_tokens_of_an_earlier_generation_end_and_later_ones_do_not(world: World) -> None:
    ada = user(world)
    token = signed_in(world)
    identity = world.services.identity
    who(identity, token)
    world.services.table.write(identity.revocations.of_user(ada.id, 2))
    world.clock.forward(seconds=31)
    assert identity.bearers.principal(token) is None
    from dataclasses import replace

    assert identity.bearers.principal(identity.sessions.issue(replace(ada, generation=2)))


def test_a_refresh_gives_another_token_of_the_user_as_it_is_now(world: World) -> None:
    user(world)
    token = signed_in(world)
    identity = world.services.identity
    world.clock.forward(hours=20)
    fresh = identity.sign_in.refresh(who(identity, token), token).token
    world.clock.forward(hours=20)
    assert identity.bearers.principal(token) is None
    assert identity.bearers.principal(fresh) is not None


def test_an_api_token_is_neither_refreshed_nor_logged_out(world: World) -> None:
    caller = Principal("ci", ORG, Role.ADMIN, "tok_1")
    for operation in (
        world.services.identity.sign_in.refresh,
        world.services.identity.sign_in.logout,
    ):
        with pytest.raises(PermissionDenied):
            operation(caller, "ci.secret")


def test_a_rotation_logs_nobody_out(world: World) -> None:
    user(world)
    warm = world.services.identity
    old = signed_in(world)
    kid = world.fresh().identity.signing.rotate()
    # A warm process and a cold one agree on who signs, whatever they have read.
    for found in (warm, world.fresh().identity):
        assert opened(found.sign_in.login("ada@example.org", PASSWORD).token)[0]["kid"] != kid
    world.clock.forward(seconds=61)
    new = warm.sign_in.login("ada@example.org", PASSWORD).token
    assert opened(new)[0]["kid"] == kid
    for found in (warm, world.fresh().identity):
        assert found.bearers.principal(old) is not None
        assert found.bearers.principal(new) is not None


def test_a_new_key_is_known_everywhere_before_it_signs(world: World) -> None:
    user(world)
    warm = world.fresh().identity
    who(warm, signed_in(world))
    world.services.identity.signing.rotate()
    world.clock.forward(seconds=61)
    assert warm.bearers.principal(signed_in(world)) is not None


def test_two_keys_are_valid_and_a_third_drops_the_first(world: World) -> None:
    user(world)
    first = signed_in(world)
    signing = world.services.identity.signing
    signing.rotate()
    with pytest.raises(Conflict):
        signing.rotate()  # tokens of the first key may still be alive
    world.clock.forward(hours=24, minutes=2)
    signing.rotate()
    (item,) = [item for item in world.items() if item["pk"] == "~#SIGNING"]
    assert len(item["keys"]) == 2
    assert opened(first)[0]["kid"] not in [key["kid"] for key in item["keys"]]


def test_a_discarded_key_ends_every_token(world: World) -> None:
    user(world)
    token = signed_in(world)
    warm = world.fresh().identity
    who(warm, token)
    world.services.identity.signing.rotate(discard=True)
    world.clock.forward(seconds=31)
    assert warm.bearers.principal(token) is None
    assert warm.bearers.principal(signed_in(world)) is not None


def test_a_stage_without_a_key_says_so(world: World) -> None:
    user(world)
    from chalicelib.store import keys
    from chalicelib.store.table import Delete

    token = signed_in(world)
    world.services.table.write(Delete(keys.signing_key()))
    cold = world.fresh().identity
    assert cold.bearers.principal(token) is None
    with pytest.raises(Unavailable):
        cold.sign_in.login("ada@example.org", PASSWORD)


def test_the_key_is_stored_sealed_and_bound_to_its_name(world: World) -> None:
    (item,) = [item for item in world.items() if item["pk"] == "~#SIGNING"]
    (key,) = item["keys"]
    assert set(key) == {"kid", "sealed", "signs_at"}
    with pytest.raises(ClientError):
        import base64

        world.services.client("kms").decrypt(
            CiphertextBlob=base64.b64decode(key["sealed"][0]),
            EncryptionContext={"purpose": "tokens", "kid": "key_other", "part": "1/1"},
        )
