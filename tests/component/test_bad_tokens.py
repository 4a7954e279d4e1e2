"""JWTs that somebody made, at the door: each is a plain 401, through the middleware."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import jwt
import pytest
from chalice.test import Client

import app as entry_points
from chalicelib.api import auth
from chalicelib.core.roles import Role
from tests.support.people import PASSWORD, opened, part, user
from tests.support.world import World

Ask = Callable[[str], tuple[int, dict[str, Any]]]


@pytest.fixture
def ask(world: World, monkeypatch: pytest.MonkeyPatch) -> Ask:
    """`GET /api/v1/auth/me` with a bearer: status and body."""
    world.sign_in_works()
    user(world, role=Role.VIEWER)
    for module in (entry_points, auth):
        monkeypatch.setattr(module, "services", lambda: world.services)
    client = Client(entry_points.app)

    def asked(bearer: str) -> tuple[int, dict[str, Any]]:
        answer = client.http.get("/api/v1/auth/me", headers={"Authorization": f"Bearer {bearer}"})
        return answer.status_code, json.loads(answer.body)

    return asked


@pytest.fixture
def token(world: World, ask: Ask) -> str:
    return world.services.identity.sign_in.login("ada@example.org", PASSWORD).token


def refused(found: tuple[int, dict[str, Any]]) -> None:
    status, body = found
    assert (status, body["detail"]) == (401, "the token is not valid")


def key_of(world: World) -> bytes:
    """The signing key itself: what no client has, so that only one thing at a time is wrong."""
    return world.services.identity.signing.signing()[1]


def test_a_good_token_is_let_in(ask: Ask, token: str) -> None:
    status, body = ask(token)
    assert status == 200
    assert body["kind"] == "user"
    assert (body["email"], body["role"]) == ("ada@example.org", "viewer")


@pytest.mark.parametrize("algorithm", ["none", "None", "NONE", ""])
def test_no_algorithm_is_refused(ask: Ask, token: str, algorithm: str) -> None:
    header, claims = opened(token)
    for signature in ("", token.split(".")[2]):
        refused(ask(f"{part({**header, 'alg': algorithm})}.{part(claims)}.{signature}"))


@pytest.mark.parametrize("algorithm", ["HS384", "HS512"])
def test_another_algorithm_is_refused_even_with_the_right_key(
    world: World, ask: Ask, token: str, algorithm: str
) -> None:
    header, claims = opened(token)
    made = jwt.encode(claims, key_of(world), algorithm=algorithm, headers={"kid": header["kid"]})
    refused(ask(made))


@pytest.mark.parametrize("algorithm", ["RS256", "ES256", "PS256", "EdDSA", "XX999", 7, None, []])
def test_a_header_that_names_another_algorithm_is_refused(
    ask: Ask, token: str, algorithm: Any
) -> None:
    header, claims = opened(token)
    refused(ask(f"{part({**header, 'alg': algorithm})}.{part(claims)}.{token.split('.')[2]}"))


def test_an_edited_role_is_refused(ask: Ask, token: str) -> None:
    header, claims = opened(token)
    edited = part({**claims, "role": "admin"})
    refused(ask(f"{token.split('.', maxsplit=1)[0]}.{edited}.{token.split('.')[2]}"))
    made = jwt.encode(
        {**claims, "role": "admin"}, b"x" * 32, algorithm="HS256", headers={"kid": header["kid"]}
    )
    refused(ask(made))


@pytest.mark.parametrize(
    "changed",
    [
        {"iss": "runyard/prod"},
        {"iss": None},
        {"aud": "other"},
        {"aud": ["runyard", "other"]},
        {"exp": 1},
        {"exp": 1e400},
        {"exp": "9999999999"},
        {"exp": True},
        {"iat": 9_999_999_999},
        {"iat": "now"},
        {"role": "root"},
        {"role": ["admin"]},
        {"role": None},
        {"sub": 7},
        {"org": ""},
        {"jti": "other"},
        {"jti": 5},
        {"nbf": "soon"},
    ],
    ids=str,
)
def test_a_signed_token_that_says_anything_else_is_refused(
    world: World, ask: Ask, token: str, changed: dict[str, Any]
) -> None:
    header, claims = opened(token)
    made = _signed({**claims, **changed}, key_of(world), header["kid"])
    refused(ask(made))


@pytest.mark.parametrize(
    "claim", ["sub", "email", "org", "role", "iat", "exp", "jti", "iss", "aud"]
)
def test_a_signed_token_without_a_claim_is_refused(
    world: World, ask: Ask, token: str, claim: str
) -> None:
    header, claims = opened(token)
    refused(
        ask(_signed({k: v for k, v in claims.items() if k != claim}, key_of(world), header["kid"]))
    )


@pytest.mark.parametrize("kid", ["key_0000000000000000", "", "../../dev/null", "KEYS", None, 5])
def test_an_unknown_key_is_refused_without_a_call(
    world: World, ask: Ask, token: str, kid: Any
) -> None:
    header, _ = opened(token)
    assert ask(token)[0] == 200
    rest = token.split(".", 1)[1]
    with world.calls.counted() as calls:
        refused(ask(f"{part({**header, 'kid': kid})}.{rest}"))
    assert [call for call in calls.made if not call.endswith("update_item")] == []


def test_an_expired_token_is_refused(world: World, ask: Ask, token: str) -> None:
    world.clock.forward(hours=24, seconds=1)
    refused(ask(token))


def test_what_only_looks_like_a_token_is_refused(ask: Ask, token: str) -> None:
    header, claims, signature = token.split(".")
    for bearer in (
        "eyJ..",
        f"{header}..{signature}",
        f"{header}.{claims}.",
        f"{header}.{claims}.{signature[:-2]}",
        f"{header}.{claims}.{signature}=",
        f"{header}.{claims}.{signature} {signature}",
        f"{header}.{claims}.\u00e9",
        f"{header}.{part([1])}.{signature}",
        f"{header}.{part(b'not json')}.{signature}",
        f"eyJ{part(b'[' * 1200)}.{claims}.{signature}",
        f"{header}.{part(b'[' * 1200)}.{signature}",
        f"{header}.{'A' * 4000}.{signature}",
        "eyJ" + "A" * 9000 + ".A.A",
    ):
        refused(ask(bearer))


def test_forged_tokens_lock_out_nobody(ask: Ask, token: str) -> None:
    """They are no guesses at a token's name: all tokens of logins begin alike."""
    for number in range(8):
        refused(ask(f"{token[:-4]}aa{number}A"))
    assert ask(token)[0] == 200


def _signed(claims: dict[str, Any], key: bytes, kid: str) -> str:
    import hashlib
    import hmac

    text = f"{part({'alg': 'HS256', 'typ': 'JWT', 'kid': kid})}.{part(claims)}"
    return f"{text}.{part(hmac.new(key, text.encode(), hashlib.sha256).digest())}"
