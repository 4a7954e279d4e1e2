"""The environment: validated once, and refused where it would be unsafe."""

from __future__ import annotations

import pytest

from chalicelib.settings import settings


@pytest.fixture(autouse=True)
def forget(monkeypatch: pytest.MonkeyPatch) -> None:
    settings.cache_clear()
    monkeypatch.setattr("chalicelib.settings.settings", settings)


def test_values_come_from_the_environment_under_their_prefix(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("RUNYARD_TABLE", "a-table")
    monkeypatch.setenv("RUNYARD_INDEX_SHARDS", "4")
    found = settings()
    assert (found.table, found.index_shards) == ("a-table", 4)
    settings.cache_clear()


def test_no_authentication_is_refused_on_a_deployed_stage(monkeypatch: pytest.MonkeyPatch) -> None:
    """S0: `--auth-mode none` is deprecated; contract: it refuses to start on a deployed stage."""
    monkeypatch.setenv("RUNYARD_AUTH_MODE", "none")
    monkeypatch.setenv("RUNYARD_STAGE", "prod")
    with pytest.raises(ValueError, match="local stage only"):
        settings()
    monkeypatch.setenv("RUNYARD_STAGE", "local")
    assert settings().auth_mode == "none"
    settings.cache_clear()


def test_nonsense_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("RUNYARD_RATE_LIMITS", "sometimes")
    with pytest.raises(ValueError, match="rate_limits"):
        settings()
    monkeypatch.delenv("RUNYARD_RATE_LIMITS")
    settings.cache_clear()


ISSUER = {
    "RUNYARD_OIDC_ISSUER": "https://accounts.example.com/tenant",
    "RUNYARD_OIDC_CLIENT_ID": "runyard",
    "RUNYARD_OIDC_ORG": "org_acme",
    "RUNYARD_PUBLIC_URL": "https://runs.example.com",
}


def test_an_issuer_comes_with_all_that_it_needs(monkeypatch: pytest.MonkeyPatch) -> None:
    for known, good in ISSUER.items():
        monkeypatch.setenv(known, good)
    assert settings().oidc_role == "viewer"
    for name, value in ISSUER.items():
        if name != "RUNYARD_OIDC_ISSUER":
            settings.cache_clear()
            monkeypatch.setenv(name, "")
            with pytest.raises(ValueError, match="oidc_issuer needs"):
                settings()
            monkeypatch.setenv(name, value)


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("RUNYARD_OIDC_ISSUER", "http://accounts.example.com"),
        ("RUNYARD_OIDC_ISSUER", "http://127.0.0.1.example.com"),
        ("RUNYARD_OIDC_ISSUER", "https://a@b.example.com"),
        ("RUNYARD_OIDC_ISSUER", "https://accounts.example.com?a=b"),
        ("RUNYARD_OIDC_ISSUER", "accounts.example.com"),
        ("RUNYARD_OIDC_ROLE", "root"),
        ("RUNYARD_PUBLIC_URL", "*"),
        ("RUNYARD_PUBLIC_URL", "https://runs.example.com/"),
        ("RUNYARD_PUBLIC_URL", "runs.example.com"),
    ],
)
def test_an_issuer_or_an_address_that_is_unsafe_is_refused(
    monkeypatch: pytest.MonkeyPatch, name: str, value: str
) -> None:
    for known, good in ISSUER.items():
        monkeypatch.setenv(known, good)
    monkeypatch.setenv(name, value)
    with pytest.raises(ValueError, match=name.removeprefix("RUNYARD_").lower()):
        settings()


def test_an_issuer_on_this_machine_needs_no_https(monkeypatch: pytest.MonkeyPatch) -> None:
    for known, good in ISSUER.items():
        monkeypatch.setenv(known, good)
    for issuer in ("http://127.0.0.1:9000", "http://localhost:9000/x", "http://[::1]:9000"):
        settings.cache_clear()
        monkeypatch.setenv("RUNYARD_OIDC_ISSUER", issuer)
        assert settings().oidc_issuer == issuer
    settings.cache_clear()
