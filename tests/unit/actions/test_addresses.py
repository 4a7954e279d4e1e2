"""Which addresses and URLs are refused, as claims about the pure rules."""

from __future__ import annotations

from ipaddress import IPv4Address, IPv6Address, ip_address

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from chalicelib.core.addresses import parse_networks, parse_url, refusal, url_problem

LOOPBACK = parse_networks("127.0.0.0/8")


def not_public(address: IPv4Address | IPv6Address) -> bool:
    return (
        address.is_private
        or address.is_loopback
        or address.is_link_local
        or address.is_multicast
        or address.is_reserved
        or address.is_unspecified
        or not address.is_global
    )


SPECIAL = st.one_of(
    *(st.ip_addresses(network=str(network)) for network in parse_networks(
        "0.0.0.0/8,10.0.0.0/8,100.64.0.0/10,127.0.0.0/8,169.254.0.0/16,172.16.0.0/12,192.0.0.0/24,"
        "192.0.2.0/24,192.168.0.0/16,198.18.0.0/15,198.51.100.0/24,203.0.113.0/24,224.0.0.0/4,"
        "240.0.0.0/4,::/96,::ffff:0:0/96,64:ff9b::/96,64:ff9b:1::/48,100::/64,2001::/23,"
        "2001:db8::/32,2002::/16,fc00::/7,fe80::/10,fec0::/10,ff00::/8"
    )),
    st.ip_addresses(v=4),
    st.ip_addresses(v=6),
)  # fmt: skip


def public_v4_in_v6(address: IPv4Address | IPv6Address) -> bool:
    mapped = address.ipv4_mapped if isinstance(address, IPv6Address) else None
    return mapped is not None and not not_public(mapped)


@settings(max_examples=500)
@given(SPECIAL)
def test_no_address_that_python_calls_other_than_public_passes(
    address: IPv4Address | IPv6Address,
) -> None:
    if not_public(address) and not public_v4_in_v6(address):
        assert refusal(address, ()) is not None


@given(SPECIAL)
def test_an_allowance_opens_its_own_network_and_nothing_else(
    address: IPv4Address | IPv6Address,
) -> None:
    inner = getattr(address, "ipv4_mapped", None) or address
    opened = inner.version == 4 and inner in LOOPBACK[0]
    assert (refusal(address, LOOPBACK) is None) == (opened or refusal(address, ()) is None)


@given(st.ip_addresses(v=4))
def test_an_ipv4_address_is_judged_alike_in_its_mapped_form(address: IPv4Address) -> None:
    mapped = IPv6Address(f"::ffff:{address}")
    assert (refusal(address, ()) is None) == (refusal(mapped, ()) is None)


@pytest.mark.parametrize(
    "text", ["8.8.8.8", "1.1.1.1", "54.239.28.85", "2600:9000::1", "2a00:1450::1", "::ffff:8.8.8.8"]
)
def test_public_addresses_pass(text: str) -> None:
    assert refusal(ip_address(text), ()) is None


@pytest.mark.parametrize(
    ("text", "allowed"),
    [
        ("64:ff9b::169.254.169.254", "64:ff9b::/96"),
        ("2002:a9fe:a9fe::1", "2002::/16"),
        ("2001:0:4136:e378:8000:63bf:5601:5601", "2001::/32"),
        ("::127.0.0.1", "::/96"),
    ],
    ids=["NAT64", "6to4", "Teredo", "IPv4-compatible"],
)
def test_an_allowed_translator_still_does_not_lead_to_a_forbidden_ipv4_address(
    text: str, allowed: str
) -> None:
    assert refusal(ip_address(text), ()) is not None
    assert refusal(ip_address(text), parse_networks(allowed)) is not None


def test_an_allowed_translator_leads_to_public_ipv4_addresses() -> None:
    assert refusal(ip_address("64:ff9b::8.8.8.8"), parse_networks("64:ff9b::/96")) is None


def test_networks_are_a_comma_separated_list_that_may_be_empty() -> None:
    assert parse_networks("") == ()
    assert [str(net) for net in parse_networks(" 127.0.0.0/8, ::1/128 ,")] == [
        "127.0.0.0/8",
        "::1/128",
    ]


@pytest.mark.parametrize("text", ["127.0.0.1/8", "localhost", "10.0.0.0/33"])
def test_a_network_that_is_none_is_an_error_and_not_ignored(text: str) -> None:
    with pytest.raises(ValueError, match=r"."):
        parse_networks(text)


@pytest.mark.parametrize(
    "url",
    [
        "http://127.0.0.1/",
        "http://2130706433/",
        "http://017700000001/",
        "http://0x7f000001/",
        "http://0x7f.1",
        "http://127.1:8080/x",
        "http://１２７。０。０。１/",
        "http://[::1]/",
        "http://[::]/",
        "http://[::ffff:169.254.169.254]/",
        "http://[0:0:0:0:0:ffff:a9fe:a9fe]/",
        "http://[64:ff9b::a9fe:a9fe]/",
        "http://169.254.169.254./latest/meta-data/",
        "http://0/",
        "http://100.64.0.1/",
        "http://localhost:8000/",
        "http://LOCALHOST./",
        "http://x.localhost/",
        "http://metadata.google.internal/",
        "http://instance-data/",
    ],
)
def test_a_literal_url_into_a_network_that_is_not_public_is_a_problem(url: str) -> None:
    assert "this stage does not allow it" in (url_problem(url, ()) or "")


@pytest.mark.parametrize(
    ("url", "why"),
    [
        ("", "http:// or https://"),
        ("example.org/x", "http:// or https://"),
        ("ftp://example.org/", "http:// or https://"),
        ("file:///etc/passwd", "http:// or https://"),
        ("http://", "no host"),
        ("http:///x", "no host"),
        ("http://:80/", "no host"),
        ("http://user@example.org/", "user name"),
        ("http://user:secret@example.org/", "user name"),
        ("http://@example.org/", "user name"),
        ("http://example.org/\r\nX: 1", "control character"),
        ("http://exa\tmple.org/", "control character"),
        (" http://example.org/", "control character"),
        ("http://example.org/\u200b", "control character"),
        ("http://example.org/\ud800", "control character"),
        ("http://example.org\\@127.0.0.1/", "backslash"),
        ("http://example.org:0/", "port"),
        ("http://example.org:65536/", "cannot be parsed"),
        ("http://example.org:x/", "cannot be parsed"),
        ("http://[::1/", "cannot be parsed"),
        ("http://[fe80::1%25eth0]/", "network interface"),
        ("http://[1.2.3.4]/", "the URL's host"),
        ("http://%31%32%37.0.0.1/", "not a valid name"),
        ("http://a..b/", "not a valid name"),
        ("http://" + "a" * 64 + ".org/", "not a valid name"),
        ("http://" + "a." * 127 + "org/", "253"),
        ("http://1.2.3.4.5/", "not an IPv4 address"),
        ("http://256.0.0.1/", "not an IPv4 address"),
        ("http://4294967296/", "not an IPv4 address"),
        ("http://08.0.0.1/", "not an IPv4 address"),
    ],
)
def test_what_is_no_plain_http_url_is_a_problem_that_says_why(url: str, why: str) -> None:
    assert why in (url_problem(url, LOOPBACK) or "")


def test_the_secret_of_a_refused_url_is_not_repeated() -> None:
    for url in (
        "http://u:secret@example.org/?k=secret",
        "http://u:secret",
        "http://secret@a\u2100b/",
    ):
        problem = url_problem(url, ())
        assert problem is not None
        assert "secret" not in problem


@pytest.mark.parametrize(
    "url",
    [
        "http://127.0.0.1:8000/x",
        "http://localhost/",
        "https://api.example.org",
        "https://8.8.8.8/",
        "HTTPS://Example.org:444/a?b=c#d",
        "https://bücher.example/ü",
        "http://under_score.example/",
    ],
)
def test_urls_that_the_local_stage_may_reach_have_no_problem(url: str) -> None:
    assert url_problem(url, LOOPBACK) is None


def test_a_url_is_taken_apart_into_what_goes_over_the_wire() -> None:
    target = parse_url("HTTPS://Bücher.Example.:8443/ä b"[:-2] + "?q=ö%20&x#f")
    assert (target.host, target.port, target.path) == (
        "xn--bcher-kva.example",
        8443,
        "/%C3%A4?q=%C3%B6%20&x",
    )
    assert target.authority == "xn--bcher-kva.example:8443"
    assert target.public == "https://xn--bcher-kva.example:8443/%C3%A4"
    assert parse_url("http://[2600::0:1]:80").url == "http://[2600::1]/"


@given(st.text(max_size=40), st.sampled_from(["", "http://", "https://[", "http://127."]))
def test_any_text_is_either_a_problem_or_a_url_that_parses_to_itself(text: str, head: str) -> None:
    if url_problem(head + text, ()) is None:
        target = parse_url(head + text)
        assert parse_url(target.url) == target
        assert target.url.isascii()
