"""How a credential becomes request headers."""

from __future__ import annotations

import base64
from collections.abc import Mapping
from typing import Any

from chalicelib.core.addresses import parse_url
from chalicelib.core.credentials import Credential
from chalicelib.core.http_headers import header_name_problem, header_value_problem
from chalicelib.core.steps import StepFailed

WANTED = (
    'text (a bearer token), {"token": …}, {"username": …, "password": …} or {"headers": {…}}; '
    'with "hosts": […] it goes to those alone'
)


def signed(
    headers: Mapping[str, str], credential: Credential, url: str, action: str
) -> dict[str, str]:
    """The headers with those of the credential, which win. Names in lower case.

    Raises StepFailed (final): `credential_invalid`, and `credential_not_allowed` for a host that
    the credential is not for.
    """
    check_host(credential, url)
    own = _own_headers(credential)
    if own is None:
        raise credential.unusable(action, WANTED)
    for name, value in own.items():
        if header_name_problem(name) or header_value_problem(value):
            raise credential.unusable(action, "a header's name or value cannot be sent")
    return {**headers, **{name.lower(): value for name, value in own.items()}}


def check_host(credential: Credential, url: str) -> None:
    """Raises StepFailed `credential_not_allowed` (final) for a host that is not among `hosts`, where
    the credential names some."""
    value = credential.value
    hosts = None if isinstance(value, str) else value.get("hosts")
    if hosts is None:
        return
    try:
        host = parse_url(url).host
    except ValueError:
        return  # the client refuses it, and says why
    if not isinstance(hosts, list) or host not in hosts:
        message = f"the credential {credential.name!r} is not for {host}"
        raise StepFailed("credential_not_allowed", message, retryable=False)


def _own_headers(credential: Credential) -> dict[str, str] | None:
    token = credential.text or credential.member("token")
    if token is not None:
        return {"authorization": f"Bearer {token.strip()}"}
    user, password = credential.member("username"), credential.member("password")
    if user is not None and password is not None:
        pair = base64.b64encode(f"{user}:{password}".encode()).decode()
        return {"authorization": f"Basic {pair}"}
    given: Any = None if isinstance(credential.value, str) else credential.value.get("headers")
    if isinstance(given, Mapping) and given and all(isinstance(v, str) for v in given.values()):
        return {str(name): value for name, value in given.items()}
    return None
