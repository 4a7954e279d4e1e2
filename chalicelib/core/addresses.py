"""Which addresses and URLs outbound HTTP may use. Pure: nothing here resolves a name.

A URL is checked twice: literally when a workflow is applied (`url_problem`), and again, with the
addresses its host resolves to, when a step runs (`refusal`, by `chalicelib.cloud.http`).

The table is our own and not `ipaddress.is_private`, whose meaning changes between Python releases.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from ipaddress import (
    IPv4Address,
    IPv4Network,
    IPv6Address,
    IPv6Network,
    ip_network,
)
from urllib.parse import quote, urlsplit

Address = IPv4Address | IPv6Address
Network = IPv4Network | IPv6Network

_SPECIAL: tuple[tuple[str, tuple[Network, ...]], ...] = tuple(
    (reason, tuple(ip_network(text) for text in texts.split()))
    for reason, texts in (
        ("unspecified", "0.0.0.0/8 ::/128"),
        ("loopback", "127.0.0.0/8 ::1/128"),
        ("link-local, where cloud metadata lives", "169.254.0.0/16 fe80::/10"),
        ("private", "10.0.0.0/8 172.16.0.0/12 192.168.0.0/16 fc00::/7 fec0::/10"),
        ("carrier-grade NAT", "100.64.0.0/10"),
        ("multicast", "224.0.0.0/4 ff00::/8"),
        (
            "for documentation",
            "192.0.2.0/24 198.51.100.0/24 203.0.113.0/24 2001:db8::/32 3fff::/20",
        ),
        ("for benchmarks", "198.18.0.0/15"),
        ("for protocols", "192.0.0.0/24 192.88.99.0/24 2001::/23"),
        ("a translated IPv4 address", "64:ff9b::/96 64:ff9b:1::/48 2002::/16 ::/96"),
        ("reserved", "240.0.0.0/4"),
    )
)
_GLOBAL_V6 = IPv6Network("2000::/3")
_NAT64 = IPv6Network("64:ff9b::/96")
_V4_COMPATIBLE = IPv6Network("::/96")

_METADATA_NAMES = frozenset(
    {"metadata", "metadata.google.internal", "instance-data", "instance-data.ec2.internal"}
)
_METADATA = IPv4Address("169.254.169.254")
LOOPBACKS: tuple[Address, ...] = (IPv4Address("127.0.0.1"), IPv6Address("::1"))
_HOST = re.compile(r"[a-z0-9_-]{1,63}(\.[a-z0-9_-]{1,63})*")
_NUMBER = re.compile(r"0x[0-9a-f]*|[0-9]+")
_PRINTABLE = "".join(map(chr, range(0x21, 0x7F)))


def parse_networks(text: str) -> tuple[Network, ...]:
    """The networks of a comma-separated list of CIDRs, as `Settings.outbound_allow` has it; empty
    text is none. Raises ValueError."""
    return tuple(ip_network(part.strip()) for part in text.split(",") if part.strip())


def refusal(address: Address, allowed: Sequence[Network]) -> str | None:
    """Why outbound HTTP may not connect to `address`, or None when it may.

    `allowed` are the networks a stage opens although they are not public. An IPv4-mapped address
    is judged as the IPv4 address it is. One that carries an IPv4 address for a translator (NAT64,
    6to4, Teredo) needs its own network allowed, and even then what it carries is judged too.
    """
    if isinstance(address, IPv6Address) and address.ipv4_mapped is not None:
        inner = refusal(address.ipv4_mapped, allowed)
        return None if inner is None else f"{address} stands for {inner}"
    if _within(address, allowed):
        for carried in _carried(address):
            inner = refusal(carried, allowed)
            if inner is not None:
                return f"{address} carries {inner}"
        return None
    for reason, networks in _SPECIAL:
        if _within(address, networks):
            return f"{address}, which is {reason}"
    if isinstance(address, IPv6Address) and address not in _GLOBAL_V6:
        return f"{address}, which is reserved"
    return None


def _within(address: Address, networks: Sequence[Network]) -> bool:
    return any(address.version == net.version and address in net for net in networks)


def _carried(address: Address) -> tuple[IPv4Address, ...]:
    """The IPv4 addresses that a translator would take out of an IPv6 one."""
    if not isinstance(address, IPv6Address):
        return ()
    if address.sixtofour is not None:
        return (address.sixtofour,)
    if address.teredo is not None:
        return address.teredo
    if address in _NAT64 or (address in _V4_COMPATIBLE and int(address) > 1):
        return (IPv4Address(int(address) & 0xFFFFFFFF),)
    return ()


@dataclass(frozen=True, slots=True)
class Target:
    """A URL, taken apart once: what was checked is what is connected to."""

    scheme: str
    host: str
    """Lower case, ASCII, no trailing dot, no brackets."""
    port: int
    path: str
    """With the query, percent-encoded, at least `/`. The fragment is dropped."""
    address: Address | None
    """Where the host is a literal address in any spelling."""

    @property
    def origin(self) -> tuple[str, str, int]:
        """What a redirect must not leave if credentials are to go along."""
        return self.scheme, self.host, self.port

    @property
    def authority(self) -> str:
        """The `Host` header: the port only where it is not the scheme's own."""
        host = f"[{self.host}]" if ":" in self.host else self.host
        usual = {"http": 80, "https": 443}[self.scheme]
        return host if self.port == usual else f"{host}:{self.port}"

    @property
    def url(self) -> str:
        return f"{self.scheme}://{self.authority}{self.path}"

    @property
    def public(self) -> str:
        """For messages: without the query, which may hold a secret."""
        return self.url.split("?", 1)[0]


def parse_url(url: str) -> Target:
    """The parts of an absolute http(s) URL. Raises ValueError with a sentence that says why not."""
    if not url.isprintable() or " " in url:
        raise ValueError("the URL contains a control character or whitespace")
    if "\\" in url:
        raise ValueError("the URL contains a backslash")
    try:
        parts = urlsplit(url)
        port = parts.port
        name = parts.hostname or ""
    except ValueError:
        # Without Python's own words: they repeat the text, and it may hold a password.
        raise ValueError("the URL's host or port cannot be parsed") from None
    if parts.scheme not in ("http", "https"):
        raise ValueError("the URL must begin with http:// or https://")
    if "@" in parts.netloc:
        raise ValueError("the URL must not contain a user name or password")
    if not name:
        raise ValueError("the URL has no host")
    if port == 0:
        raise ValueError("the URL's port must be from 1 to 65535")
    host, address = _host(name, bracketed="[" in parts.netloc)
    path = quote(parts.path or "/", safe=_PRINTABLE)
    if parts.query:
        path += "?" + quote(parts.query, safe=_PRINTABLE)
    default = 443 if parts.scheme == "https" else 80
    return Target(parts.scheme, host, port or default, path, address)


def _host(name: str, *, bracketed: bool) -> tuple[str, Address | None]:
    """The host in its one spelling, and its address where it is one, `0x7f.1` included."""
    if bracketed:
        if "%" in name:
            raise ValueError("the URL's host must not name a network interface")
        try:
            literal = IPv6Address(name)
        except ValueError:
            raise ValueError(f"the URL's host {name!r} is not an IPv6 address") from None
        return str(literal), literal
    if len(name) > 253:
        raise ValueError("the URL's host is longer than 253 characters")
    if not name.isascii():
        try:
            name = name.encode("idna").decode("ascii")
        except UnicodeError:
            raise ValueError(f"the URL's host {name!r} is not a valid name") from None
    name = name.lower().removesuffix(".")
    if not _HOST.fullmatch(name):
        raise ValueError(f"the URL's host {name!r} is not a valid name")
    if not _NUMBER.fullmatch(name.rsplit(".", 1)[-1]):
        return name, None
    address = _loose_ipv4(name)
    return str(address), address


def _loose_ipv4(name: str) -> IPv4Address:
    """As `inet_aton` reads it: one to four numbers, decimal, octal or hexadecimal, the last one
    filling what is left. Resolvers accept these spellings, so the check has to know them."""
    try:
        numbers = [_number(part) for part in name.split(".")]
        *heads, last = numbers
        if len(heads) > 3 or any(head > 255 for head in heads) or last >= 256 ** (4 - len(heads)):
            raise ValueError
    except ValueError:
        raise ValueError(f"the URL's host {name!r} is not an IPv4 address") from None
    return IPv4Address(last + sum(head << 8 * (3 - index) for index, head in enumerate(heads)))


def _number(part: str) -> int:
    if part.startswith("0x"):
        return int(part[2:] or "0", 16)
    return int(part, 8 if len(part) > 1 and part.startswith("0") else 10)


def is_localhost(host: str) -> bool:
    """Whether a name means this machine whatever a resolver says (RFC 6761)."""
    return host == "localhost" or host.endswith(".localhost")


def target_refusal(target: Target, allowed: Sequence[Network]) -> str | None:
    """Why the host as written may not be reached; None also for a name still to be resolved."""
    if target.address is not None:
        return refusal(target.address, allowed)
    if is_localhost(target.host) and all(refusal(one, allowed) for one in LOOPBACKS):
        return f"{target.host}, which is loopback"
    if target.host in _METADATA_NAMES and refusal(_METADATA, allowed):
        return f"{target.host}, which is a cloud's metadata service"
    return None


def url_problem(url: str, allowed: Sequence[Network]) -> str | None:
    """What is wrong with a literal URL, as a sentence; None when nothing is. For apply time: names
    are not resolved, so a None here is no permission yet."""
    try:
        target = parse_url(url)
    except ValueError as error:
        return str(error)
    refused = target_refusal(target, allowed)
    return None if refused is None else f"the URL leads to {refused}: this stage does not allow it"
