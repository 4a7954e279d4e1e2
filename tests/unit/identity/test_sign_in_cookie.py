"""The cookie of a sign-in at an issuer: nobody else's page reads, sends or writes it."""

from __future__ import annotations

import pytest

from chalicelib.api import auth_oidc
from chalicelib.settings import Settings


@pytest.fixture
def on_https(monkeypatch: pytest.MonkeyPatch) -> None:
    found = Settings(public_url="https://runs.example.com")
    monkeypatch.setattr(auth_oidc, "settings", lambda: found)


def test_on_https_it_is_this_hosts_alone(on_https: None) -> None:
    cookie = auth_oidc._cookie("mark", 600)
    name, *attributes = cookie.split("; ")
    assert name == "__Host-runyard-sign-in=mark"
    # What browsers demand of the prefix, and no Domain.
    assert {"Path=/", "Secure"} <= set(attributes)
    assert {"HttpOnly", "SameSite=Lax", "Max-Age=600"} <= set(attributes)
    assert "Domain" not in cookie


def test_it_is_found_among_others_by_its_whole_name(on_https: None) -> None:
    others = "a=b; runyard-sign-in=false; x__Host-runyard-sign-in=no"
    assert auth_oidc._mark_in(f"{others}; __Host-runyard-sign-in=mark; z=1") == "mark"
    assert auth_oidc._mark_in(others) == ""
    assert auth_oidc._mark_in("") == ""
