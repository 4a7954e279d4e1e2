"""How signing in at the stage's issuer is wired. Only the routes of it ask for this."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from chalicelib.cloud.issuer import RemoteIssuer
from chalicelib.core.clock import rfc3339
from chalicelib.core.identity.oidc import Client, IssuerSignIn
from chalicelib.core.identity.users import User
from chalicelib.core.ids import new_id
from chalicelib.core.roles import Role
from chalicelib.store.sign_ins import SignIns, Subjects

if TYPE_CHECKING:
    from chalicelib.resources import Resources

CALLBACK: Final = "/api/v1/auth/oidc/callback"


def issuer_sign_in(found: Resources) -> IssuerSignIn:
    """For a stage whose settings name an issuer."""
    settings, identity = found.settings, found.identity
    client = Client(
        issuer=settings.oidc_issuer,
        client_id=settings.oidc_client_id,
        callback=settings.public_url + CALLBACK,
        org=settings.oidc_org,
        role=Role.named(settings.oidc_role),
    )

    def new_user(email: str) -> User:
        now = found.clock()
        return User(
            id=new_id("user", now),
            email=email,
            org=client.org,
            role=client.role,
            password_hash="",
            created_at=rfc3339(now),
        )

    return IssuerSignIn(
        client,
        issuer=RemoteIssuer(
            client,
            found.outbound_http,
            secret=identity.client_secret.get,
            clock=lambda: found.clock().timestamp(),
            log=found.log_problem,
        ),
        store=SignIns(found.table),
        subjects=Subjects(found.table, identity.users),
        sessions=identity.sessions,
        new_user=new_user,
        clock=found.clock,
    )
