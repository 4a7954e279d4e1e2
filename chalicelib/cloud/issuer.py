"""The stage's OpenID Connect issuer, asked over the one guarded way out (decision 8).

Its description and its keys are remembered for ten minutes. A token under a key that is not among
them makes one look more: issuers change keys when they like. Whatever the issuer says is measured
before it is read, and its endpoints have to be as safe as its own address.
"""

from __future__ import annotations

from base64 import b64encode
from collections.abc import Callable, Mapping
from typing import Any, Final
from urllib.parse import quote_plus, urlencode

from chalicelib.cloud.http import HttpAnswer, OutboundHttp
from chalicelib.core.addresses import parse_url
from chalicelib.core.errors import Unauthorized, Unavailable
from chalicelib.core.identity.oidc import Client
from chalicelib.core.identity.rs256 import PublicKey, key_of
from chalicelib.core.json_text import read_json
from chalicelib.core.steps import StepFailed

REMEMBERED_SECONDS: Final = 600.0
MOST_BYTES: Final = 262_144
MOST_KEYS: Final = 50
MOST_CODE_CHARACTERS: Final = 4096
_SECONDS: Final = 5.0
"""For each request: three of them are well within API Gateway's 29 s."""
_PLACE: Final = "/.well-known/openid-configuration"
_FORM: Final = "application/x-www-form-urlencoded"


class RemoteIssuer:
    """`secret` gives the client's secret, or None for a client without one; `clock` epoch seconds;
    `log` is told why an issuer could not be used."""

    def __init__(
        self,
        client: Client,
        http: OutboundHttp,
        *,
        secret: Callable[[], str | None],
        clock: Callable[[], float],
        log: Callable[[str, Exception], None],
    ) -> None:
        self._client = client
        self._http = http
        self._secret = secret
        self._clock = clock
        self._log = log
        self._described: Mapping[str, Any] = {}
        self._described_until = 0.0
        self._keys: list[tuple[str | None, PublicKey]] = []
        self._keys_until = 0.0

    def authorization_endpoint(self) -> str:
        """Where browsers are sent. Raises Unavailable."""
        return self._endpoint("authorization_endpoint")

    def id_token(self, code: str, verifier: str) -> str:
        """The ID token for a code. Raises Unauthorized when the issuer refuses the code,
        Unavailable when it cannot be asked or refuses us."""
        if not 0 < len(code) <= MOST_CODE_CHARACTERS or not code.isprintable():
            raise Unauthorized("the issuer refused the code")
        form = {
            "grant_type": "authorization_code",
            "code": code,
            "redirect_uri": self._client.callback,
            "client_id": self._client.client_id,
            "code_verifier": verifier,
        }
        headers = {"Content-Type": _FORM, "Accept": "application/json"}
        self._add_secret(form, headers)
        url = self._endpoint("token_endpoint")
        answer = self._ask("POST", url, headers, urlencode(form).encode())
        found = self._object(answer, url)
        if answer.status in (400, 401) and found.get("error") == "invalid_grant":
            raise Unauthorized("the issuer refused the code")
        if answer.status != 200:
            raise self._broken(f"{url} answers {answer.status} {str(found.get('error'))[:64]!r}")
        token = found.get("id_token")
        if not isinstance(token, str):
            raise self._broken(f"{url} gives no ID token")
        return token

    def key(self, kid: str | None) -> PublicKey | None:
        """The issuer's key of that id; without one the only key there is. Raises Unavailable."""
        for fresh in (False, True):
            if fresh or self._clock() >= self._keys_until:
                self._read_keys()
            if kid is None:
                return self._keys[0][1] if len(self._keys) == 1 else None
            known = next((key for name, key in self._keys if name == kid), None)
            if known is not None:
                return known
        return None

    def _read_keys(self) -> None:
        url = self._endpoint("jwks_uri")
        answer = self._ask("GET", url, {"Accept": "application/json"})
        listed = self._object(answer, url).get("keys") if answer.status == 200 else None
        if not isinstance(listed, list) or len(listed) > MOST_KEYS:
            raise self._broken(f"{url} gives no set of keys")
        found = []
        for jwk in listed:
            key = key_of(jwk) if isinstance(jwk, dict) else None
            if key is not None:
                found.append((jwk.get("kid"), key))
        self._keys = found
        self._keys_until = self._clock() + REMEMBERED_SECONDS

    def _endpoint(self, name: str) -> str:
        """One of the addresses in the issuer's description, if it is one to be trusted."""
        found = self._description().get(name)
        try:
            target = parse_url(found) if isinstance(found, str) else None
        except ValueError:
            target = None
        if target is None or not isinstance(found, str) or "#" in found:
            raise self._broken(f"its description has no {name}")
        if target.scheme != "https" and self._client.issuer.startswith("https:"):
            raise self._broken(f"its {name} is not https")
        return found

    def _description(self) -> Mapping[str, Any]:
        if self._clock() >= self._described_until:
            url = self._client.issuer.rstrip("/") + _PLACE
            answer = self._ask("GET", url, {"Accept": "application/json"})
            found = self._object(answer, url)
            if answer.status != 200 or found.get("issuer") != self._client.issuer:
                raise self._broken(f"{url} does not describe {self._client.issuer}")
            self._described = found
            self._described_until = self._clock() + REMEMBERED_SECONDS
        return self._described

    def _add_secret(self, form: dict[str, str], headers: dict[str, str]) -> None:
        """Basic, which every issuer has, unless it says that it takes the form's member alone."""
        secret = self._secret()
        if secret is None:
            return
        ways = self._description().get("token_endpoint_auth_methods_supported")
        if isinstance(ways, list) and "client_secret_basic" not in ways:
            form["client_secret"] = secret
            return
        pair = f"{quote_plus(self._client.client_id)}:{quote_plus(secret)}"
        headers["Authorization"] = f"Basic {b64encode(pair.encode()).decode()}"

    def _ask(
        self, method: str, url: str, headers: Mapping[str, str], body: bytes | None = None
    ) -> HttpAnswer:
        try:
            return self._http.request(
                method,
                url,
                headers=headers,
                body=body,
                timeout_seconds=_SECONDS,
                max_bytes=MOST_BYTES,
                follow_redirects=0,
            )
        except StepFailed as failed:
            raise self._broken(str(failed)) from failed

    def _object(self, answer: HttpAnswer, url: str) -> Mapping[str, Any]:
        try:
            found = read_json(answer.body.decode())
        except ValueError as error:
            raise self._broken(f"{url} answers {answer.status} and no JSON") from error
        if not isinstance(found, dict):
            raise self._broken(f"{url} answers {answer.status} and no JSON object")
        return found

    def _broken(self, why: str) -> Unavailable:
        """For the log in full; who signs in learns that it is not them."""
        error = Unavailable("the issuer that this stage signs in at cannot be used now")
        self._log(f"the OpenID Connect issuer cannot be used: {why}", error)
        return error
