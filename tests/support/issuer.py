"""An OpenID Connect issuer on loopback: it signs in whoever it is told to, and lies when asked to.

It holds clients to what the protocol says: a code works once, with the verifier of its challenge, the
address that it was sent to, and the client's secret where there is one.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
import secrets
import threading
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import cache
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qs, quote_plus, urlencode, urlsplit

from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import padding, rsa

from tests.support.people import part

CLIENT = "runyard-tests"
Claims = dict[str, Any]


@cache
def private_key(kid: str) -> rsa.RSAPrivateKey:
    """A key of 2,048 bits for each name, made once."""
    return rsa.generate_private_key(public_exponent=65537, key_size=2048)


def public_jwk(kid: str) -> dict[str, Any]:
    """A key as a key set has it."""
    numbers = private_key(kid).public_key().public_numbers()
    return {"kty": "RSA", "use": "sig", "alg": "RS256", "kid": kid} | {
        "n": part(numbers.n.to_bytes((numbers.n.bit_length() + 7) // 8)),
        "e": part(numbers.e.to_bytes(3)),
    }


def signed(header: Mapping[str, Any], claims: object, kid: str) -> str:
    """A token that is signed by a key, whatever its header says."""
    text = f"{part(header)}.{part(claims)}"
    signature = private_key(kid).sign(text.encode(), padding.PKCS1v15(), hashes.SHA256())
    return f"{text}.{part(signature)}"


Forge = Callable[[dict[str, Any], Claims], object]
"""From a good header and good claims to what the issuer gives as its ID token."""


@dataclass
class FakeIssuer:
    """`now` gives epoch seconds. `person` is who signs in next; `forge` makes the next ID tokens."""

    now: Callable[[], float] = time.time
    url: str = ""
    secret: str | None = None
    person: Claims = field(default_factory=dict)
    forge: Forge | None = None
    signing: str = "key-1"
    published: list[str] = field(default_factory=lambda: ["key-1"])
    broken: dict[str, tuple[int, bytes]] = field(default_factory=dict)
    """Of a path: the status and the body that it answers with, whatever is asked."""
    described: dict[str, Any] = field(default_factory=dict)
    """Members of the description that are to be others."""
    asked: list[str] = field(default_factory=list)
    codes: dict[str, Claims] = field(default_factory=dict)

    def somebody(self, email: str | None = None, **more: Any) -> Claims:
        """Somebody whom nobody knows yet is who signs in next."""
        word = secrets.token_hex(6)
        email = email or f"{word}@sso.example.org"
        self.person = {"sub": f"sub-{word}", "email": email, "email_verified": True, **more}
        return self.person

    def description(self) -> dict[str, Any]:
        return {
            "issuer": self.url,
            "authorization_endpoint": f"{self.url}/authorize",
            "token_endpoint": f"{self.url}/token",
            "jwks_uri": f"{self.url}/jwks",
            **self.described,
        }

    def authorize(self, query: Mapping[str, str]) -> str:
        """What a browser is sent on to after its person signed in; asserts what was asked."""
        assert query["response_type"] == "code"
        assert set(query["scope"].split()) == {"openid", "email"}
        assert query["client_id"] == CLIENT
        assert query["code_challenge_method"] == "S256"
        code = secrets.token_urlsafe(24)
        self.codes[code] = {**query, "person": dict(self.person)}
        answer = {"code": code, "state": query["state"], "iss": self.url, "session_state": "x.y"}
        return f"{query['redirect_uri']}?{urlencode(answer)}"

    def exchange(self, form: Mapping[str, str], authorization: str) -> tuple[int, Claims]:
        """The answer of the token endpoint."""
        if self.secret is not None:
            # Both are written as in a form before they are joined (RFC 6749, 2.3.1).
            pair = base64.b64encode(f"{CLIENT}:{quote_plus(self.secret)}".encode()).decode()
            if authorization != f"Basic {pair}" and form.get("client_secret") != self.secret:
                return 401, {"error": "invalid_client"}
        known = self.codes.pop(form.get("code", ""), None)
        digest = hashlib.sha256(form.get("code_verifier", "").encode()).digest()
        if (
            known is None
            or form["grant_type"] != "authorization_code"
            or form["redirect_uri"] != known["redirect_uri"]
            or form["client_id"] != CLIENT
            or part(digest) != known["code_challenge"]
        ):
            return 400, {"error": "invalid_grant"}
        token = self.id_token(known["nonce"], known["person"])
        return 200, {"access_token": "unused", "token_type": "Bearer", "id_token": token}

    def id_token(self, nonce: str, person: Claims) -> object:
        now = int(self.now())
        header = {"alg": "RS256", "kid": self.signing, "typ": "JWT"}
        claims = {"iss": self.url, "aud": CLIENT, "iat": now, "exp": now + 300, "nonce": nonce}
        claims |= person
        return self.forge(header, claims) if self.forge else signed(header, claims, self.signing)

    def answer(self, method: str, path: str, body: str, authorization: str) -> tuple[int, bytes]:
        self.asked.append(path)
        if path in self.broken:
            return self.broken[path]
        if path == "/token" and method == "POST":
            form = {name: values[0] for name, values in parse_qs(body).items()}
            status, found = self.exchange(form, authorization)
            return status, json.dumps(found).encode()
        if path == "/jwks":
            keys = [public_jwk(kid) for kid in self.published]
            return 200, json.dumps({"keys": keys}).encode()
        if path == "/.well-known/openid-configuration":
            return 200, json.dumps(self.description()).encode()
        return 404, b"{}"


@contextmanager
def fake_issuer(now: Callable[[], float] = time.time) -> Iterator[FakeIssuer]:
    """A running issuer with a person of its own."""
    issuer = FakeIssuer(now)

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            where = urlsplit(self.path)
            if where.path == "/authorize":
                query = {name: values[0] for name, values in parse_qs(where.query).items()}
                self.send_response(302)
                self.send_header("Location", issuer.authorize(query))
                self.send_header("Content-Length", "0")
                self.end_headers()
                return
            self._answer("")

        def do_POST(self) -> None:
            self._answer(self.rfile.read(int(self.headers.get("Content-Length") or 0)).decode())

        def _answer(self, body: str) -> None:
            authorization = self.headers.get("Authorization", "")
            status, found = issuer.answer(self.command, self.path, body, authorization)
            try:
                self.send_response(status)
                self.send_header("Content-Type", "application/json")
                self.send_header("Content-Length", str(len(found)))
                self.end_headers()
                self.wfile.write(found)
            except OSError:
                return  # who asked has hung up: the answer was too large

        def log_message(self, *arguments: Any) -> None: ...

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.daemon_threads = True
    issuer.url = f"http://127.0.0.1:{server.server_address[1]}"
    issuer.somebody()
    threading.Thread(target=server.serve_forever, args=(0.05,), daemon=True).start()
    try:
        yield issuer
    finally:
        server.shutdown()
        server.server_close()


def _with(**changed: Any) -> Forge:
    """A well-signed token, some of whose claims are others; None leaves one out."""

    def forge(header: dict[str, Any], claims: Claims) -> str:
        found = {**claims, **changed}
        kept = {name: value for name, value in found.items() if value is not None}
        return signed(header, kept, header["kid"])

    return forge


def _at(**offsets: int) -> Forge:
    """A well-signed token with times so many seconds from when it was issued."""

    def forge(header: dict[str, Any], claims: Claims) -> str:
        times = {name: claims["iat"] + offset for name, offset in offsets.items()}
        return signed(header, {**claims, **times}, header["kid"])

    return forge


def _header(**changed: Any) -> Forge:
    return lambda header, claims: signed({**header, **changed}, claims, header["kid"])


def _by_hmac(header: dict[str, Any], claims: Claims) -> str:
    """Signed by HS256 with the public key for a secret: what checkers that believe the header take."""
    key = private_key(header["kid"]).public_key()
    spki = serialization.PublicFormat.SubjectPublicKeyInfo
    pem = key.public_bytes(serialization.Encoding.PEM, spki)
    text = f"{part({**header, 'alg': 'HS256'})}.{part(claims)}"
    return f"{text}.{part(hmac.digest(pem, text.encode(), 'sha256'))}"


def _edited(header: dict[str, Any], claims: Claims) -> str:
    """Somebody else's claims under a good signature."""
    first, _, last = signed(header, claims, header["kid"]).split(".")
    return f"{first}.{part({**claims, 'sub': 'somebody-else'})}.{last}"


FORGED: Mapping[str, tuple[Forge, str]] = {
    "another nonce": (_with(nonce="another"), "another sign-in"),
    "no nonce": (_with(nonce=None), "another sign-in"),
    "another issuer": (_with(iss="https://evil.example.org"), "another issuer's"),
    "another audience": (_with(aud="another"), "another client"),
    "an audience of others": (_with(aud=["another", "third"]), "another client"),
    "two audiences and no party": (_with(aud=[CLIENT, "another"]), "another client"),
    "another party": (_with(azp="another"), "another client"),
    "no audience": (_with(aud=None), "another client"),
    "expired": (_at(iat=-600, exp=-300), "expired"),
    "no end": (_with(exp=None), "times are missing"),
    "an end that is text": (_with(exp="9999999999"), "times are missing"),
    "from the future": (_at(iat=300, exp=600), "not valid yet"),
    "not before later": (_at(nbf=200), "not valid yet"),
    "alg none": (
        lambda header, claims: f"{part({**header, 'alg': 'none'})}.{part(claims)}.",
        "not signed by RS256",
    ),
    "HS256 with the public key": (_by_hmac, "not signed by RS256"),
    "another algorithm's name": (_header(alg="RS512"), "not signed by RS256"),
    "no algorithm": (_header(alg=None), "not signed by RS256"),
    "an unknown key": (_header(kid="key-of-nobody"), "none of the issuer's"),
    "a critical extension": (_header(crit=["exp"]), "no token"),
    "another key's signature": (
        lambda header, claims: signed(header, claims, "key-of-somebody-else"),
        "signature is wrong",
    ),
    "edited claims": (_edited, "signature is wrong"),
    "claims that are no object": (
        lambda header, claims: signed(header, ["x"], header["kid"]),
        "cannot be read",
    ),
    "an unverified address": (_with(email_verified=False), "not verified"),
    "verified in a text only": (_with(email_verified="true"), "not verified"),
    "nothing said of the address": (_with(email_verified=None), "not verified"),
    "no address": (_with(email=None), "no e-mail address"),
    "an address that is none": (_with(email="a\r\n@b"), "no e-mail address"),
    "no subject": (_with(sub=None), "names nobody"),
    "a subject that is a number": (_with(sub=7), "names nobody"),
    "no token at all": (lambda header, claims: "x", "no token"),
    "a token without end": (lambda header, claims: "a." * 9000, "too long"),
}
"""ID tokens that are not to be believed, and what the refusal says."""
