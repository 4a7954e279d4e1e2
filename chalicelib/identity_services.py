"""How identity is wired: users, keys, tokens of logins, and what a bearer stands for."""

from __future__ import annotations

from functools import cached_property
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from chalicelib.core.identity.oidc import IssuerSignIn
    from chalicelib.core.identity.sign_in import SignIn
    from chalicelib.resources import Resources
    from chalicelib.store.api_tokens import ApiTokens
    from chalicelib.store.orgs import Orgs
    from chalicelib.store.replays import Replays
    from chalicelib.store.revocations import Revocations
    from chalicelib.store.sessions import Bearers, Sessions
    from chalicelib.store.sign_ins import ClientSecret
    from chalicelib.store.signing import SigningKeys
    from chalicelib.store.user_changes import UserChanges
    from chalicelib.store.users import Users


class Identity:
    """Each part is built when it is first asked for: most requests bring an API token."""

    def __init__(self, found: Resources) -> None:
        self._found = found

    def _now(self) -> float:
        return self._found.clock().timestamp()

    @cached_property
    def users(self) -> Users:
        from chalicelib.store.users import Users

        return Users(self._found.table)

    @cached_property
    def orgs(self) -> Orgs:
        from chalicelib.store.orgs import Orgs

        return Orgs(self._found.table)

    @cached_property
    def signing(self) -> SigningKeys:
        from chalicelib.cloud.sealing import Seals
        from chalicelib.store.signing import SigningKeys

        seals = Seals(lambda: self._found.client("kms"), self._found.settings.signing_key)
        return SigningKeys(self._found.table, seals, clock=self._now)

    @cached_property
    def revocations(self) -> Revocations:
        from chalicelib.store.revocations import Revocations

        return Revocations(self._found.table, clock=self._now)

    @cached_property
    def sessions(self) -> Sessions:
        from chalicelib.store.sessions import Sessions

        issuer = f"runyard/{self._found.settings.stage}"
        return Sessions(self.signing, self.revocations, issuer=issuer, clock=self._found.clock)

    @cached_property
    def bearers(self) -> Bearers:
        from chalicelib.store.sessions import Bearers

        return Bearers(self._found.tokens, self.sessions)

    @cached_property
    def api_tokens(self) -> ApiTokens:
        from chalicelib.store.api_tokens import ApiTokens

        return ApiTokens(self._found.table, clock=self._found.clock)

    @cached_property
    def user_changes(self) -> UserChanges:
        from chalicelib.store.user_changes import UserChanges

        return UserChanges(self._found.table, self.users, self.revocations, self.api_tokens)

    @cached_property
    def client_secret(self) -> ClientSecret:
        from chalicelib.cloud.sealing import Seals
        from chalicelib.store.sign_ins import ClientSecret

        seals = Seals(lambda: self._found.client("kms"), self._found.settings.signing_key)
        return ClientSecret(self._found.table, seals)

    @cached_property
    def issuer_sign_in(self) -> IssuerSignIn | None:
        """Signing in at the stage's issuer, if it has one."""
        from chalicelib.oidc_services import issuer_sign_in

        return issuer_sign_in(self._found) if self._found.settings.oidc_issuer else None

    @cached_property
    def replays(self) -> Replays:
        from chalicelib.store.replays import Replays

        return Replays(self._found.table, clock=self._now)

    @cached_property
    def sign_in(self) -> SignIn:
        from chalicelib.core.identity.sign_in import SignIn
        from chalicelib.store.password_tries import PasswordTries

        tries = PasswordTries(self._found.table, clock=self._now)
        return SignIn(self.users, self.sessions, tries)
