"""Which addresses may be asked, held against the collected vectors and against every form an address can take."""

from __future__ import annotations

import asyncio
import json
import socket
from collections.abc import Mapping, Sequence
from ipaddress import IPv4Address, IPv4Network, IPv6Address, ip_address, ip_network
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shared.outbound import Forbidden, NotFetched, Outbound
from shared.outbound.addresses import Verdict, judge

VECTORS = Path(__file__).parents[4] / "shared" / "data" / "webhooks" / "ssrf-vectors.json"
NAMES = {"metadata.google.internal": "169.254.169.254", "localhost": "127.0.0.1", "kafka": "10.0.0.9"}
RANGES = [
    IPv4Network(network)
    for network in (
        "0.0.0.0/8",
        "10.0.0.0/8",
        "100.64.0.0/10",
        "127.0.0.0/8",
        "169.254.0.0/16",
        "172.16.0.0/12",
        "192.0.0.0/24",
        "192.0.2.0/24",
        "192.88.99.0/24",
        "192.168.0.0/16",
        "198.18.0.0/15",
        "198.51.100.0/24",
        "203.0.113.0/24",
        "224.0.0.0/4",
        "240.0.0.0/4",
    )
]


def vectors(kind: str, name: str) -> list[Any]:
    if not VECTORS.exists():
        return []
    return [pytest.param(vector, id=vector[name]) for vector in json.loads(VECTORS.read_text())[kind]]


async def somewhere(name: str) -> Sequence[str]:
    """A resolver that takes an address in any form the C library does, as the usual one would."""
    bare = name.rstrip(".")
    try:
        return [NAMES.get(bare) or socket.inet_ntoa(socket.inet_aton(bare))]
    except OSError:
        return ["93.184.216.34"]


@pytest.mark.parametrize("vector", vectors("addresses", "ip"))
def test_every_address_of_the_vectors_is_judged_right(vector: Mapping[str, Any]) -> None:
    verdict = judge(ip_address(vector["ip"]))
    # None: the others disagree. One that is mapped is refused, as no name answers with such; NAT64 leads on.
    blocked = vector["ip"].startswith("::ffff:") if vector["blocked"] is None else vector["blocked"]
    assert verdict is (Verdict.FORBIDDEN if blocked else Verdict.PUBLIC)


@pytest.mark.parametrize("vector", vectors("urls", "url"))
async def test_every_url_of_the_vectors_is_refused(vector: Mapping[str, Any]) -> None:
    assert vector["blocked"]
    with pytest.raises(Forbidden):
        await Outbound(resolve=somewhere).get(vector["url"], limit=10)


def written(address: IPv4Address) -> list[str]:
    """An IPv4 address in the forms that some reader of addresses takes for it."""
    number, (a, b, c, d) = int(address), address.packed
    return [
        f"{a}.{b}.{c}.{d}",
        f"{a}.{b}.{c}.{d}.",
        f"{a}.{b}.{c * 256 + d}",
        f"{a}.{number & 0xFFFFFF}",
        str(number),
        hex(number),
        "0" + oct(number)[2:],
        f"{a:#x}.{b:#x}.{c:#x}.{d:#x}",
        f"0{a:o}.0{b:o}.0{c:o}.0{d:o}",
        "".join(chr(0xFF10 + int(digit)) if digit.isdigit() else digit for digit in str(address)),
    ]


def embedded(address: IPv4Address) -> list[IPv6Address]:
    """An IPv4 address inside IPv6: compatible, mapped, SIIT, NAT64 (well-known, local), ISATAP, 6to4, Teredo."""
    number = int(address)
    return [
        IPv6Address(number),
        IPv6Address(0xFFFF << 32 | number),
        IPv6Address(0xFFFF << 48 | number),
        IPv6Address(int(IPv6Address("64:ff9b::")) | number),
        IPv6Address(int(IPv6Address("64:ff9b:1::")) | number),
        IPv6Address(int(IPv6Address("::5efe:0:0")) | number),
        IPv6Address(0x2002 << 112 | number << 80 | 1),
        IPv6Address(int(IPv6Address("2001::")) | (number ^ 0xFFFFFFFF)),
    ]


addresses = st.sampled_from(RANGES).flatmap(
    lambda network: st.integers(int(network[0]), int(network[-1])).map(IPv4Address)
)


@given(addresses)
def test_a_forbidden_ipv4_address_is_refused_in_every_form(address: IPv4Address) -> None:
    assert judge(address) is Verdict.FORBIDDEN
    for form in embedded(address):
        assert judge(form) is Verdict.FORBIDDEN, form
    hosts = written(address) + [f"[{form}]" for form in embedded(address)]
    outbound = Outbound(resolve=somewhere)

    async def ask() -> None:
        for host in hosts:
            with pytest.raises(Forbidden):
                await outbound.get(f"http://{host}/", limit=10)

    asyncio.run(ask())


@given(st.integers(0, 2**32 - 1).map(IPv4Address))
def test_what_no_range_holds_is_public(address: IPv4Address) -> None:
    is_forbidden = any(address in network for network in RANGES)
    assert judge(address) is (Verdict.FORBIDDEN if is_forbidden else Verdict.PUBLIC)


@given(st.integers(0, 2**128 - 1).map(IPv6Address))
def test_no_ipv6_address_is_public_that_nobody_was_given(address: IPv6Address) -> None:
    if address not in ip_network("2000::/3") and address not in ip_network("64:ff9b::/96"):
        assert judge(address) is Verdict.FORBIDDEN


def test_a_network_of_our_own_is_allowed_and_nothing_beside_it() -> None:
    own = [ip_network("10.1.0.0/16"), ip_network("fd00:1::/64")]
    assert judge(ip_address("10.1.2.3"), own) is Verdict.ALLOWED
    assert judge(ip_address("fd00:1::9"), own) is Verdict.ALLOWED
    assert judge(ip_address("64:ff9b::10.1.2.3"), own) is Verdict.ALLOWED
    for other in ("10.2.0.1", "fd00:2::9", "::ffff:10.1.2.3", "127.0.0.1"):
        assert judge(ip_address(other), own) is Verdict.FORBIDDEN


@given(st.text() | st.text().map(lambda s: f"http://{s}") | st.text().map(lambda s: f"https://{s}.example/"))
def test_no_address_whatever_raises_anything_else(url: str) -> None:
    async def nowhere(name: str) -> Sequence[str]:
        raise OSError

    with pytest.raises(NotFetched):
        asyncio.run(Outbound(resolve=nowhere).get(url, limit=10))
