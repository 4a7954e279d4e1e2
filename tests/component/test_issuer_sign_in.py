"""Signing in at an issuer: who becomes whom, what is refused, what is asked of the issuer."""

from __future__ import annotations

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from urllib.parse import parse_qs, urlsplit

import pytest

from chalicelib.cloud.issuer import MOST_BYTES
from chalicelib.core.clock import rfc3339
from chalicelib.core.errors import Conflict, PermissionDenied, Unauthorized, Unavailable
from chalicelib.core.identity.oidc import IssuerSignIn
from chalicelib.core.identity.users import User
from chalicelib.core.roles import Principal, Role
from chalicelib.identity_services import Identity
from chalicelib.store.user_changes import Change
from tests.support.issuer import CLIENT, FORGED, FakeIssuer, fake_issuer, public_jwk, signed
from tests.support.people import PASSWORD, opened, user
from tests.support.world import ORG, World

HERE = "http://localhost:8000"
ADMIN = Principal("root", ORG, Role.ADMIN, "tok_root")


@pytest.fixture
def issuer(world: World) -> Iterator[FakeIssuer]:
    world.sign_in_works()
    with fake_issuer(lambda: world.clock().timestamp()) as found:
        world.services.identity.orgs.create(ORG, "test", rfc3339(world.clock()))
        world._changed |= {
            "oidc_issuer": found.url,
            "oidc_client_id": CLIENT,
            "oidc_org": ORG,
            "oidc_role": "operator",
            "public_url": HERE,
        }
        world.services = world.fresh()
        yield found


def sign_in(found: Identity) -> IssuerSignIn:
    assert found.issuer_sign_in is not None
    return found.issuer_sign_in


def sent_back(world: World, issuer: FakeIssuer) -> tuple[dict[str, str], str]:
    """What the issuer sends a browser back with, and the browser's mark."""
    departure = sign_in(world.services.identity).begin()
    asked = {name: v[0] for name, v in parse_qs(urlsplit(departure.url).query).items()}
    back = urlsplit(issuer.authorize(asked))
    assert f"{back.scheme}://{back.netloc}{back.path}" == f"{HERE}/api/v1/auth/oidc/callback"
    return {name: v[0] for name, v in parse_qs(back.query).items()}, departure.mark


def signed_in(world: World, issuer: FakeIssuer) -> str:
    return sign_in(world.services.identity).finish(*sent_back(world, issuer)).token


def users(world: World) -> list[User]:
    return list(world.services.identity.users.page(ORG, 1000, 0)[0])


def test_who_comes_for_the_first_time_becomes_a_user_of_the_stages_choice(
    world: World, issuer: FakeIssuer
) -> None:
    person = issuer.somebody(email="Grace@Example.org")
    claims = opened(signed_in(world, issuer))[1]
    (grace,) = users(world)
    assert (grace.email, grace.role, grace.org) == ("grace@example.org", Role.OPERATOR, ORG)
    assert grace.password_hash == ""
    assert (claims["sub"], claims["org"], claims["role"]) == (grace.id, ORG, "operator")
    assert person["sub"] not in claims.values()


def test_who_comes_again_is_the_same_user_under_any_address_and_with_the_role_of_now(
    world: World, issuer: FakeIssuer
) -> None:
    person = issuer.somebody()
    first = opened(signed_in(world, issuer))[1]
    world.services.identity.user_changes.change(ADMIN, first["sub"], Change(role=Role.VIEWER))
    issuer.somebody(email="another@example.org", sub=person["sub"])
    again = opened(signed_in(world, issuer))[1]
    assert (again["sub"], again["email"]) == (first["sub"], first["email"])
    assert again["role"] == "viewer"
    assert len(users(world)) == 1


def test_no_password_fits_somebody_who_has_none_until_an_admin_gives_one(
    world: World, issuer: FakeIssuer
) -> None:
    person = issuer.somebody()
    me = opened(signed_in(world, issuer))[1]["sub"]
    login = world.services.identity.sign_in.login
    for password in ("", "x", PASSWORD):
        with pytest.raises(Unauthorized):
            login(person["email"], password)
    world.services.identity.user_changes.change(ADMIN, me, Change(password=PASSWORD))
    assert opened(login(person["email"], PASSWORD).token)[1]["sub"] == me


def test_an_id_token_that_proves_nothing_is_refused_and_makes_no_user(
    world: World, issuer: FakeIssuer
) -> None:
    for why, (forge, words) in FORGED.items():
        issuer.forge = forge
        with pytest.raises(Unauthorized) as refused:
            signed_in(world, issuer)
        assert words in refused.value.detail, why
        assert users(world) == [], why
    issuer.forge = None
    assert signed_in(world, issuer)


def test_an_id_token_that_differs_in_nothing_that_matters_is_taken(
    world: World, issuer: FakeIssuer
) -> None:
    issuer.forge = lambda header, claims: signed(
        {**header, "typ": "x"},
        {**claims, "aud": [CLIENT, "another"], "azp": CLIENT, "nbf": claims["iat"], "more": [1]},
        header["kid"],
    )
    assert signed_in(world, issuer)


def test_a_sign_in_is_finished_once(world: World, issuer: FakeIssuer) -> None:
    query, mark = sent_back(world, issuer)
    sign_in(world.services.identity).finish(query, mark)
    before = len(issuer.asked)
    for found in (world.services, world.fresh()):
        with pytest.raises(Unauthorized, match="begin again"):
            sign_in(found.identity).finish(query, mark)
    assert len(issuer.asked) == before, "the issuer was asked for nothing"


def test_of_many_at_once_one_finishes(world: World, issuer: FakeIssuer) -> None:
    query, mark = sent_back(world, issuer)
    found = sign_in(world.services.identity)

    def finish(_: int) -> bool:
        try:
            return bool(found.finish(query, mark).token)
        except Unauthorized:
            return False

    with ThreadPoolExecutor(8) as pool:
        assert sum(pool.map(finish, range(8))) == 1


def test_only_the_browser_that_began_can_finish_and_in_time(
    world: World, issuer: FakeIssuer
) -> None:
    query, mark = sent_back(world, issuer)
    other = sent_back(world, issuer)[1]
    found = sign_in(world.services.identity)
    for wrong in (other, "", "x", mark[:-1], "\u00e4" * 43):
        with pytest.raises(Unauthorized, match="another browser"):
            found.finish(query, wrong)
    for state in ("", "x", other, query["state"][::-1]):
        with pytest.raises(Unauthorized, match="another browser"):
            found.finish({**query, "state": state}, mark)
    world.clock.forward(minutes=11)
    with pytest.raises(Unauthorized, match="is over"):
        found.finish(query, mark)


def test_nothing_of_a_sign_in_can_be_read_from_the_table_and_used(
    world: World, issuer: FakeIssuer
) -> None:
    query, mark = sent_back(world, issuer)
    stored = str(world.items())
    assert query["state"] not in stored
    assert mark not in stored


def test_the_issuers_refusals_are_told_in_its_word_or_none(
    world: World, issuer: FakeIssuer
) -> None:
    for word, told in (("access_denied", "access_denied"), ("<script>", "an unreadable error")):
        query, mark = sent_back(world, issuer)
        with pytest.raises(Unauthorized) as refused:
            answer = {"state": query["state"], "error": word}
            sign_in(world.services.identity).finish(answer, mark)
        assert refused.value.detail == f"the issuer did not sign anybody in: {told}"


def test_an_answer_of_another_issuer_is_refused(world: World, issuer: FakeIssuer) -> None:
    query, mark = sent_back(world, issuer)
    with pytest.raises(Unauthorized, match="another issuer"):
        sign_in(world.services.identity).finish({**query, "iss": "https://evil.example"}, mark)


def test_a_code_that_the_issuer_refuses_is_401(world: World, issuer: FakeIssuer) -> None:
    for code in ("another", "", "x" * 5000, "a\nb"):
        query, mark = sent_back(world, issuer)
        with pytest.raises(Unauthorized, match="refused the code"):
            sign_in(world.services.identity).finish({**query, "code": code}, mark)


def test_a_code_of_another_sign_in_does_not_fit_the_verifier(
    world: World, issuer: FakeIssuer
) -> None:
    """PKCE: a code that was stolen from one browser is of no use to another."""
    stolen = sent_back(world, issuer)[0]["code"]
    query, mark = sent_back(world, issuer)
    with pytest.raises(Unauthorized, match="refused the code"):
        sign_in(world.services.identity).finish({**query, "code": stolen}, mark)


def test_a_disabled_user_is_403(world: World, issuer: FakeIssuer) -> None:
    me = opened(signed_in(world, issuer))[1]["sub"]
    world.services.identity.user_changes.change(ADMIN, me, Change(disabled=True))
    with pytest.raises(PermissionDenied):
        signed_in(world, issuer)
    world.services.identity.user_changes.change(ADMIN, me, Change(disabled=False))
    assert signed_in(world, issuer)


@pytest.mark.parametrize("org", [ORG, "org_other"])
def test_an_address_of_a_user_with_a_password_takes_nobody_over(
    world: World, issuer: FakeIssuer, org: str
) -> None:
    ada = user(world, org=org)
    issuer.somebody(email=ada.email.upper())
    with pytest.raises(Conflict):
        signed_in(world, issuer)
    assert world.services.identity.users.by_email(ada.email) == ada


def test_an_organisation_that_does_not_exist_gets_no_users(
    world: World, issuer: FakeIssuer
) -> None:
    world._changed["oidc_org"] = "org_nowhere"
    world.services = world.fresh()
    with pytest.raises(Unavailable, match="org_nowhere"):
        signed_in(world, issuer)
    assert world.services.identity.users.page("org_nowhere", 1, 0)[1] == 0


def test_two_first_sign_ins_at_once_are_one_user(world: World, issuer: FakeIssuer) -> None:
    backs = [sent_back(world, issuer) for _ in range(4)]
    found = sign_in(world.services.identity)
    with ThreadPoolExecutor(4) as pool:
        tokens = list(pool.map(lambda back: found.finish(*back).token, backs))
    (one,) = users(world)
    assert {opened(token)[1]["sub"] for token in tokens} == {one.id}


def test_description_and_keys_are_remembered_for_ten_minutes(
    world: World, issuer: FakeIssuer
) -> None:
    for _ in range(3):
        signed_in(world, issuer)
    wanted = ["/.well-known/openid-configuration", "/token", "/jwks", "/token", "/token"]
    assert issuer.asked == wanted
    world.clock.forward(minutes=11)
    signed_in(world, issuer)
    assert issuer.asked[5:] == ["/.well-known/openid-configuration", "/token", "/jwks"]


def test_a_new_key_of_the_issuer_is_found_by_one_more_look(
    world: World, issuer: FakeIssuer
) -> None:
    signed_in(world, issuer)
    issuer.published, issuer.signing = ["key-1", "key-2"], "key-2"
    assert signed_in(world, issuer)
    assert issuer.asked.count("/jwks") == 2
    issuer.signing = "key-3"
    with pytest.raises(Unauthorized, match="none of the issuer's"):
        signed_in(world, issuer)
    assert issuer.asked.count("/jwks") == 3


def test_a_key_that_the_issuer_took_back_is_not_believed_for_more_than_ten_minutes(
    world: World, issuer: FakeIssuer
) -> None:
    signed_in(world, issuer)
    issuer.published = ["key-2"]
    world.clock.forward(minutes=11)
    with pytest.raises(Unauthorized, match="none of the issuer's"):
        signed_in(world, issuer)


def test_a_token_without_a_key_id_is_under_the_only_key(world: World, issuer: FakeIssuer) -> None:
    issuer.forge = lambda header, claims: signed({"alg": "RS256"}, claims, "key-1")
    assert signed_in(world, issuer)
    issuer.published = ["key-1", "key-2"]
    world.clock.forward(minutes=11)
    with pytest.raises(Unauthorized, match="none of the issuer's"):
        signed_in(world, issuer)


BROKEN = {
    "no description": ("/.well-known/openid-configuration", 404, b"{}"),
    "a description of another": ("/.well-known/openid-configuration", 200, b'{"issuer": "x"}'),
    "a description that is no JSON": ("/.well-known/openid-configuration", 200, b"<html>"),
    "a description that is a list": ("/.well-known/openid-configuration", 200, b"[]"),
    "an endless description": ("/.well-known/openid-configuration", 200, b" " * (MOST_BYTES + 1)),
    "keys that fail": ("/jwks", 500, b"{}"),
    "keys that are none": ("/jwks", 200, b'{"keys": {}}'),
    "keys without number": ("/jwks", 200, b'{"keys": [' + b"{}," * 50 + b"{}]}"),
    "codes that fail": ("/token", 500, b"{}"),
    "a client that is refused": ("/token", 401, b'{"error": "invalid_client"}'),
    "no ID token": ("/token", 200, b'{"access_token": "x"}'),
    "an ID token that is none": ("/token", 200, b'{"id_token": 7}'),
    "somewhere else for codes": ("/token", 302, b"{}"),
}


def test_an_issuer_that_does_not_do_its_part_is_503(world: World, issuer: FakeIssuer) -> None:
    for what, (path, status, body) in BROKEN.items():
        world.services = world.fresh()
        issuer.broken[path] = (status, body)
        with pytest.raises(Unavailable, match="cannot be used now"):
            signed_in(world, issuer)
        issuer.broken.clear()
        assert signed_in(world, issuer), f"{what}: and nothing of it is remembered"


ENDPOINTS: list[dict[str, str | None]] = [
    {"token_endpoint": "http://169.254.169.254/latest"},
    {"token_endpoint": "http://10.0.0.1/token"},
    {"token_endpoint": "file:///etc/passwd"},
    {"token_endpoint": None},
    {"jwks_uri": "http://user:word@127.0.0.1/"},
    {"authorization_endpoint": "javascript:alert(1)"},
    {"authorization_endpoint": "https://evil.example.org/#"},
    {"authorization_endpoint": "https://evil.example.org/\r\nSet-Cookie: a=b"},
]


def test_endpoints_lead_nowhere_that_outbound_http_may_not_go(
    world: World, issuer: FakeIssuer
) -> None:
    for described in ENDPOINTS:
        world.services = world.fresh()
        issuer.described = described
        with pytest.raises(Unavailable, match="cannot be used now"):
            signed_in(world, issuer)


def test_an_issuer_that_is_away_is_503_and_stores_nothing(world: World) -> None:
    world.sign_in_works()
    with fake_issuer() as gone:
        url = gone.url
    world._changed |= {"oidc_issuer": url, "public_url": HERE}
    before = world.items()
    with pytest.raises(Unavailable):
        sign_in(world.fresh().identity).begin()
    assert world.items() == before


def test_an_https_issuer_is_not_followed_to_http(world: World, issuer: FakeIssuer) -> None:
    found = sign_in(world.services.identity)
    found.begin()
    remote = found._issuer
    object.__setattr__(remote._client, "issuer", "https://issuer.example.org")  # type: ignore[attr-defined]
    with pytest.raises(Unavailable):
        found.begin()


@pytest.mark.parametrize("ways", [None, ["client_secret_basic"], ["client_secret_post"]], ids=str)
def test_a_client_secret_is_shown_as_the_issuer_wants_it(
    world: World, issuer: FakeIssuer, ways: list[str] | None
) -> None:
    issuer.secret = "a secret of ours"
    issuer.described = {"token_endpoint_auth_methods_supported": ways} if ways else {}
    with pytest.raises(Unavailable):
        signed_in(world, issuer)
    world.services.identity.client_secret.put(issuer.secret)
    assert issuer.secret not in str(world.items())
    assert signed_in(world, issuer)
    world.services.identity.client_secret.forget()
    with pytest.raises(Unavailable):
        signed_in(world, issuer)


def test_keys_that_are_not_for_this_are_passed_over(world: World, issuer: FakeIssuer) -> None:
    import json

    good = public_jwk("key-1")
    others = [
        {**good, "use": "enc"},
        {**good, "alg": "RS512"},
        {**good, "kty": "EC"},
        {**good, "n": good["n"][:100]},
        {**good, "e": "AQ"},
        {"kid": "key-1"},
        "key-1",
    ]
    issuer.broken["/jwks"] = (200, json.dumps({"keys": [*others, good]}).encode())
    assert signed_in(world, issuer)
    issuer.broken["/jwks"] = (200, json.dumps({"keys": others}).encode())
    world.clock.forward(minutes=11)
    with pytest.raises(Unauthorized, match="none of the issuer's"):
        signed_in(world, issuer)


def test_a_stage_without_an_issuer_has_no_such_sign_in(world: World) -> None:
    assert world.services.identity.issuer_sign_in is None
