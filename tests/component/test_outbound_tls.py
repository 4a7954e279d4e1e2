"""HTTPS is verified for the name in the URL, although the connection goes to a checked address."""

from __future__ import annotations

import ssl
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID
from outbound_servers import LOOPBACK, Server, reply, serving

from chalicelib.cloud.http import OutboundHttp
from chalicelib.core.steps import StepFailed


@pytest.fixture(scope="module")
def certificate(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A self-signed certificate for service.test, with its key, in one file."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "service.test")])
    now = datetime.now(UTC)
    made = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - timedelta(hours=1))
        .not_valid_after(now + timedelta(hours=1))
        .add_extension(x509.SubjectAlternativeName([x509.DNSName("service.test")]), critical=False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
        .sign(key, hashes.SHA256())
    )
    path = tmp_path_factory.mktemp("tls") / "service.pem"
    path.write_bytes(
        key.private_bytes(
            serialization.Encoding.PEM,
            serialization.PrivateFormat.PKCS8,
            serialization.NoEncryption(),
        )
        + made.public_bytes(serialization.Encoding.PEM)
    )
    return path


@pytest.fixture
def server(certificate: Path) -> Iterator[Server]:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate)
    with serving({"/": reply("200 OK", b"secret")}, tls=context) as server:
        yield server


def client(tls: ssl.SSLContext | None) -> OutboundHttp:
    def names(host: str, port: int, *_: Any) -> list[Any]:
        return [(0, 0, 0, "", ("127.0.0.1", port))]

    return OutboundHttp(LOOPBACK, resolver=names, tls=tls)


def test_a_certificate_nobody_vouches_for_fails_the_step_for_good(server: Server) -> None:
    with pytest.raises(StepFailed) as caught:
        client(None).request("GET", f"https://service.test:{server.port}/")
    assert (caught.value.code, caught.value.retryable) == ("tls_failed", False)
    assert server.requests == []


def test_with_its_authority_the_name_is_verified_and_the_answer_read(
    server: Server, certificate: Path
) -> None:
    trusting = client(ssl.create_default_context(cafile=str(certificate)))
    assert trusting.request("GET", f"https://service.test:{server.port}/").body == b"secret"
    assert server.requests[0].headers["host"] == f"service.test:{server.port}"


@pytest.mark.parametrize("host", ["other.test", "127.0.0.1"])
def test_a_certificate_for_another_name_is_refused(
    server: Server, certificate: Path, host: str
) -> None:
    trusting = client(ssl.create_default_context(cafile=str(certificate)))
    with pytest.raises(StepFailed) as caught:
        trusting.request("GET", f"https://{host}:{server.port}/")
    assert (caught.value.code, caught.value.retryable) == ("tls_failed", False)


def test_a_server_without_tls_is_a_tls_failure_worth_another_try() -> None:
    with serving({"/": reply("200 OK")}) as plain, pytest.raises(StepFailed) as caught:
        client(None).request("GET", f"https://127.0.0.1:{plain.port}/", timeout_seconds=5)
    assert caught.value.code in ("tls_failed", "connection_failed", "timeout")
    assert caught.value.retryable
