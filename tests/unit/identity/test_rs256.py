"""RS256 by our own lines, judged by the package `cryptography`."""

from __future__ import annotations

import hashlib

import pytest
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import padding, rsa
from hypothesis import given
from hypothesis import strategies as st

from chalicelib.core.identity.rs256 import _SHA256, PublicKey, is_signed, key_of
from tests.support.issuer import private_key, public_jwk

KEY = private_key("rs256")
OURS = key_of(public_jwk("rs256"))
assert OURS is not None
SIZE = 256


def theirs(message: bytes, signature: bytes) -> bool:
    try:
        KEY.public_key().verify(signature, message, padding.PKCS1v15(), hashes.SHA256())
    except InvalidSignature:
        return False
    return True


def ours(message: bytes, signature: bytes) -> bool:
    assert OURS is not None
    return is_signed(message, signature, OURS)


def signature_of(message: bytes) -> bytes:
    return KEY.sign(message, padding.PKCS1v15(), hashes.SHA256())


@given(st.binary(max_size=200))
def test_what_is_signed_is_taken(message: bytes) -> None:
    assert ours(message, signature_of(message))


@given(st.binary(max_size=50), st.integers(0, SIZE - 1), st.integers(1, 255))
def test_a_signature_with_one_byte_changed_is_refused(message: bytes, at: int, by: int) -> None:
    wrong = bytearray(signature_of(message))
    wrong[at] ^= by
    assert ours(message, bytes(wrong)) is theirs(message, bytes(wrong)) is False


@given(st.binary(max_size=300))
def test_any_bytes_are_judged_as_the_library_judges_them(signature: bytes) -> None:
    assert ours(b"m", signature) is theirs(b"m", signature) is False


def with_padding(text: bytes) -> bytes:
    """The signature under which exactly this text comes out: made with the private key."""
    numbers = KEY.private_numbers()
    number = pow(int.from_bytes(text), numbers.d, numbers.public_numbers.n)
    return number.to_bytes(SIZE)


DIGEST = hashlib.sha256(b"m").digest()
INFO = _SHA256 + DIGEST
GOOD = b"\x00\x01" + b"\xff" * (SIZE - len(INFO) - 3) + b"\x00" + INFO
PADDED = {
    "as it has to be": (GOOD, True),
    "short padding and rubbish behind it": (
        (b"\x00\x01" + b"\xff" * 8 + b"\x00" + INFO).ljust(SIZE, b"\x5a"),
        False,
    ),
    "rubbish within the padding": (GOOD[:20] + b"\x00" + GOOD[21:], False),
    "block type 2": (b"\x00\x02" + GOOD[2:], False),
    "without DER's NULL": (
        b"\x00\x01"
        + b"\xff" * (SIZE - len(INFO) - 1)
        + b"\x00"
        + bytes.fromhex("302f300b0609608648016503040201" + "0420")
        + DIGEST,
        False,
    ),
    "another digest's name": (GOOD.replace(_SHA256[13:15], b"\x02\x03"), False),
    "the bare digest": (b"\x00\x01" + b"\xff" * (SIZE - 35) + b"\x00" + DIGEST, False),
    "nothing": (b"\x00" * SIZE, False),
}


@pytest.mark.parametrize("what", PADDED)
def test_only_the_one_padding_is_taken(what: str) -> None:
    text, good = PADDED[what]
    assert len(text) == SIZE
    assert ours(b"m", with_padding(text)) is good


def test_a_signature_of_another_length_or_beyond_the_modulus_is_refused() -> None:
    found = signature_of(b"m")
    modulus = KEY.public_key().public_numbers().n
    beyond = int.from_bytes(found) + modulus
    for wrong in (b"", found[:-1], b"\x00" + found, beyond.to_bytes(SIZE + 1)):
        assert not ours(b"m", wrong)
    if beyond < 2 ** (8 * SIZE):
        assert not ours(b"m", beyond.to_bytes(SIZE))


@pytest.mark.parametrize("bits", [1024, 3072, 4096])
def test_keys_of_sane_sizes_only(bits: int) -> None:
    from tests.support.people import part

    numbers = rsa.generate_private_key(65537, bits).public_key().public_numbers()
    jwk = {"kty": "RSA", "n": part(numbers.n.to_bytes(bits // 8)), "e": "AQAB"}
    found = key_of(jwk)
    assert (found is not None) is (bits >= 2048)
    assert found in (None, PublicKey(numbers.n, 65537))


@given(st.dictionaries(st.sampled_from(["kty", "n", "e", "use", "alg"]), st.text() | st.none()))
def test_no_entry_of_a_key_set_is_a_fault(jwk: dict[str, str | None]) -> None:
    assert key_of(jwk) is None
