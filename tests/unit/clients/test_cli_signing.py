"""Signing in at the command line: what is cached, for whom, for how long, and who sees it."""

from __future__ import annotations

import json
import stat
from pathlib import Path
from urllib.parse import quote_plus

import httpx
import pytest

from runyard.cli import cache
from runyard.cli.cache import Cached
from tests.support.command_line import URL, Terminal, problem

SESSION = {"token": "jwt-one", "token_type": "bearer", "expires_in": 86400}
ME = {
    "id": "usr_1",
    "kind": "user",
    "name": "ada@local",
    "email": "ada@local",
    "org": "org_1",
    "role": "admin",
}
WORDS = ("login", "--email", "ada@local", "--url", URL)
DAY = 86400.0


@pytest.fixture
def api(terminal: Terminal) -> Terminal:
    terminal.answer("POST /api/v1/auth/login", 200, SESSION)
    terminal.answer("POST /api/v1/auth/refresh", 200, {**SESSION, "token": "jwt-two"})
    terminal.answer("POST /api/v1/auth/logout", 200, {"status": "logged_out"})
    terminal.answer("GET /api/v1/auth/me", 200, ME)
    return terminal


def cached(terminal: Terminal) -> Cached:
    found = cache.read(terminal.home)
    assert found is not None
    return found


def test_a_login_is_cached_where_only_its_owner_reads_it(api: Terminal) -> None:
    done = api.type(*WORDS, "--password", "hunter2")
    assert (done.code, done.err) == (0, "")
    assert "ada@local (admin)" in done.out
    path = api.home / "auth.json"
    assert f"Token cached at {path} for subsequent" in done.out
    assert cached(api) == Cached(URL, "jwt-one", api.now, api.now + DAY)
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert stat.S_IMODE(api.home.stat().st_mode) == 0o700
    assert [one.name for one in api.home.iterdir()] == ["auth.json"]


def test_a_file_that_others_could_read_is_replaced_by_one_that_they_cannot(api: Terminal) -> None:
    api.home.mkdir()
    path = api.home / "auth.json"
    path.write_text("{}")
    path.chmod(0o644)
    assert api.type(*WORDS, "--password", "hunter2").code == 0
    assert stat.S_IMODE(path.stat().st_mode) == 0o600


def test_a_password_may_come_from_standard_input(api: Terminal) -> None:
    assert api.type(*WORDS, stdin=b"hunter2\r\nmore").code == 0
    sent = json.loads(api.asked[0].content)
    assert sent == {"email": "ada@local", "password": "hunter2"}
    assert api.type(*WORDS).code == 2


def test_a_login_as_json_has_no_token_in_it(api: Terminal) -> None:
    done = api.type(*WORDS, "--password", "hunter2", "--json")
    found = json.loads(done.out)
    assert (found["base_url"], found["role"]) == (URL, "admin")
    assert "jwt-one" not in done.all


def test_a_password_that_is_sent_far_without_encryption_is_remarked_on(api: Terminal) -> None:
    far = api.type("login", "--email", "a@b", "--password", "x", "--url", "http://far.test")
    near = api.type("login", "--email", "a@b", "--password", "x", "--url", "http://localhost:1")
    safe = api.type("login", "--email", "a@b", "--password", "x", "--url", "https://far.test")
    assert "far.test without encryption" in far.err
    assert (near.err, safe.err) == ("", "")


def test_a_refused_login_leaves_the_cached_one_alone(signed_in: Terminal) -> None:
    refused = problem(401, "unauthorized", "hunter2 is not the password")
    signed_in.answer("POST /api/v1/auth/login", 401, refused)
    before = cached(signed_in)
    done = signed_in.type(*WORDS, "--password", "hunter2")
    assert (done.code, done.out) == (3, "")
    assert "req_1" in done.err
    assert "hunter2" not in done.err
    assert cached(signed_in) == before


@pytest.mark.parametrize(
    "words",
    [
        ("login",),
        ("login", "--local", "--email", "a@b"),
        ("login", "--email", "a@b", "--password", "x", "--url", "runyard.test"),
        ("login", "--email", "a@b", "--password", "x", "--url", "http://a:secret@runyard.test"),
        ("login", "--email", "a@b", "--password", "x", "--url", "http://runyard.test:port"),
    ],
)
def test_a_login_that_makes_no_sense_is_refused_here(
    terminal: Terminal, words: tuple[str, ...]
) -> None:
    done = terminal.type(*words)
    assert (done.code, terminal.asked) == (2, [])
    assert "secret" not in done.all


def test_a_checkouts_local_stack_is_found_from_below(api: Terminal, tmp_path: Path) -> None:
    (tmp_path / ".local").mkdir()
    known = {"base_url": URL, "token": "admin.secret", "password": "x"}
    (tmp_path / ".local" / "credentials.json").write_text(json.dumps(known))
    api.folder = tmp_path / "some" / "where"
    api.folder.mkdir(parents=True)
    api.environment["RUNYARD_HOME"] = str(tmp_path / "home")
    assert api.type("login", "--local").code == 0
    assert cache.read(tmp_path / "home") == Cached(URL, "admin.secret")


def test_without_a_local_stack_there_is_none_to_sign_in_at(terminal: Terminal) -> None:
    assert terminal.type("login", "--local").code == 2
    assert terminal.asked == []


def test_a_token_goes_to_its_own_address_and_to_no_other(signed_in: Terminal) -> None:
    signed_in.answer("GET /api/v1/auth/me", 200, ME)
    assert signed_in.type("whoami").code == 0
    assert signed_in.asked[0].headers["authorization"] == "Bearer ada.secret"
    signed_in.environment["RUNYARD_URL"] = "http://elsewhere.test"
    done = signed_in.type("whoami")
    assert (done.code, len(signed_in.asked)) == (2, 1)
    assert "not signed in at http://elsewhere.test: runyard login" in done.err
    signed_in.environment["RUNYARD_TOKEN"] = "ci.token"
    assert signed_in.type("whoami").code == 0
    assert signed_in.asked[1].url.host == "elsewhere.test"
    assert signed_in.asked[1].headers["authorization"] == "Bearer ci.token"


def test_a_token_that_no_header_can_carry_is_refused_and_not_shown(terminal: Terminal) -> None:
    for token in ("sécret", "sec ret", "secret\n"):
        terminal.environment["RUNYARD_TOKEN"] = token
        done = terminal.type("whoami")
        assert (done.code, terminal.asked) == (2, [])
        assert token.strip() not in done.all


@pytest.mark.parametrize(("left", "refreshed"), [(7 * 3600, False), (5 * 3600, True), (1, True)])
def test_a_login_is_refreshed_in_the_last_quarter_of_its_life(
    api: Terminal, left: int, refreshed: bool
) -> None:
    cache.write(api.home, Cached(URL, "jwt-one", api.now + left - DAY, api.now + left))
    assert api.type("whoami").code == 0
    token = "jwt-two" if refreshed else "jwt-one"
    assert api.asked[-1].headers["authorization"] == f"Bearer {token}"
    assert ("POST /api/v1/auth/refresh" in api.paths()) == refreshed
    end = api.now + (DAY if refreshed else left)
    assert (cached(api).token, cached(api).expires_at) == (token, end)


def test_what_has_ended_and_what_is_no_login_is_not_refreshed(api: Terminal) -> None:
    for one in (Cached(URL, "jwt-old", api.now - DAY, api.now), Cached(URL, "ada.secret")):
        cache.write(api.home, one)
        assert api.type("whoami").code == 0
    assert api.paths() == ["GET /api/v1/auth/me"] * 2


@pytest.mark.parametrize(
    "answer", [httpx.Response(503, json={}), httpx.ConnectError("away"), httpx.ReadError("cut")]
)
def test_a_refresh_that_fails_costs_nothing_while_the_old_token_is_good(
    api: Terminal, answer: httpx.Response | Exception
) -> None:
    cache.write(api.home, Cached(URL, "jwt-one", api.now - DAY + 60, api.now + 60))
    api.answers["POST /api/v1/auth/refresh"] = answer
    assert api.type("whoami").code == 0
    assert api.paths() == ["POST /api/v1/auth/refresh", "GET /api/v1/auth/me"]
    assert cached(api).token == "jwt-one"


def test_a_logout_ends_the_token_of_a_login_and_forgets_it(api: Terminal) -> None:
    api.type(*WORDS, "--password", "x")
    assert api.type("logout").code == 0
    assert api.asked[-1].headers["authorization"] == "Bearer jwt-one"
    assert cache.read(api.home) is None
    assert api.type("logout").out == "Not signed in.\n"


def test_a_logout_forgets_an_api_token_and_does_not_end_it(signed_in: Terminal) -> None:
    assert signed_in.type("logout").code == 0
    assert (signed_in.asked, cache.read(signed_in.home)) == ([], None)


def test_a_logout_forgets_the_token_also_when_nobody_answers(api: Terminal) -> None:
    for answer, code in ((httpx.ConnectError("away"), 4), (httpx.Response(401, json={}), 0)):
        api.type(*WORDS, "--password", "x")
        api.answers["POST /api/v1/auth/logout"] = answer
        assert api.type("logout").code == code
        assert cache.read(api.home) is None


@pytest.mark.parametrize(
    "text",
    [
        "",
        "[]",
        "{}",
        "\0",
        '{"base_url": "http://a", "token": 1}',
        '{"base_url": "a", "token": "a.b"}',
        '{"base_url": "http://a", "token": "a.b", "expires_at": "soon"}',
    ],
)
def test_a_cache_that_is_none_is_told_as_such(terminal: Terminal, text: str) -> None:
    terminal.home.mkdir()
    (terminal.home / "auth.json").write_text(text)
    done = terminal.type("ls")
    assert (done.code, terminal.asked) == (2, [])
    assert "auth.json is not what a login writes" in done.err


@pytest.mark.parametrize("password", ['one"two"three', "with space & more", "plain-text"])
def test_a_password_is_in_no_error_in_whatever_form(terminal: Terminal, password: str) -> None:
    told = problem(422, "validation-error", f"{password} and {quote_plus(password)}")
    terminal.answer("POST /api/v1/auth/login", 422, told)
    for words in (WORDS, (*WORDS, "--json")):
        done = terminal.type(*words, "--password", password)
        assert done.code == 3
        assert "*** and ***" in done.err
        assert json.dumps(password)[1:-1] not in done.err


def test_only_a_cached_login_is_advised_to_sign_in_again(signed_in: Terminal) -> None:
    refused = problem(401, "unauthorized", "no such token")
    for path in ("GET /api/v1/auth/me", "POST /api/v1/auth/login"):
        signed_in.answer(path, 401, refused)
    assert "sign in again: runyard login" in signed_in.type("whoami").err
    assert "again" not in signed_in.type(*WORDS, "--password", "x").err
    signed_in.environment["RUNYARD_TOKEN"] = "ci.token"
    assert "again" not in signed_in.type("whoami").err
