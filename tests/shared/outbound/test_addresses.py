"""Which addresses may be asked, held against the collected vectors and against every form an address can take."""

from __future__ import annotations

import asyncio
import socket
from collections.abc import Sequence
from ipaddress import IPv4Address, IPv4Network, IPv6Address, ip_address, ip_network

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shared.outbound import Forbidden, NotFetched, Outbound
from shared.outbound.addresses import Verdict, judge
from tests.shared.outbound.test_client import got

INSIDE = [
    "0.0.0.0",
    "0.255.255.255",
    "10.0.0.1",
    "10.255.255.255",
    "100.64.0.1",
    "100.127.255.254",
    "127.0.0.1",
    "127.255.255.254",
    "169.254.0.1",
    "169.254.169.254",
    "172.16.0.1",
    "172.31.255.254",
    "192.0.0.170",
    "192.0.2.1",
    "192.88.99.1",
    "192.168.0.1",
    "192.168.255.255",
    "198.18.0.1",
    "198.19.255.254",
    "198.51.100.7",
    "203.0.113.7",
    "224.0.0.1",
    "239.255.255.250",
    "240.0.0.1",
    "255.255.255.255",
    "::",
    "::1",
    "fc00::1",
    "fd12:3456:789a::1",
    "fe80::1",
    "febf::1",
    "fec0::1",
    "ff02::1",
    "2001:db8::1",
    "3fff::1",
    "100::1",
    "5f00::1",
    "::ffff:127.0.0.1",
    "::ffff:10.0.0.1",
    "::ffff:93.184.216.34",
    "::127.0.0.1",
    "::ffff:0:127.0.0.1",
    "64:ff9b::127.0.0.1",
    "64:ff9b::169.254.169.254",
    "64:ff9b:1::1",
    "2002:7f00:1::1",
    "2002:a00:1::1",
    "2001::1",
    "fe80::5efe:10.0.0.1",
]
OUTSIDE = [
    "1.1.1.1",
    "8.8.8.8",
    "9.255.255.255",
    "11.0.0.0",
    "93.184.216.34",
    "100.63.255.255",
    "100.128.0.0",
    "126.255.255.255",
    "128.0.0.1",
    "169.253.255.255",
    "172.15.255.255",
    "172.32.0.0",
    "192.167.255.255",
    "192.169.0.0",
    "198.17.255.255",
    "198.20.0.0",
    "203.0.112.255",
    "223.255.255.255",
    "2606:4700:4700::1111",
    "2a00:1450:4001::1",
    "2400:cb00::1",
    "64:ff9b::8.8.8.8",
]
REFUSED_URLS = [
    "http://127.0.0.1/",
    "http://127.1/",
    "http://2130706433/",
    "http://0x7f000001/",
    "http://0x7f.1/",
    "http://0177.0.0.1/",
    "http://[::1]/",
    "http://[::ffff:127.0.0.1]/",
    "http://[::ffff:7f00:1]/",
    "http://[64:ff9b::7f00:1]/",
    "http://[fe80::1]/",
    "http://localhost/",
    "http://localhost./",
    "http://kafka/",
    "http://metadata.google.internal/computeMetadata/v1/",
    "http://169.254.169.254/latest/meta-data/",
    "http://[::]/",
    "http://0/",
    "http://10.0.0.9:80/",
    "https://192.168.1.1/",
    "http://user:pass@127.0.0.1/",
    "file:///etc/passwd",
    "gopher://127.0.0.1/",
    "ftp://93.184.216.34/",
    "http://93.184.216.34:22/",
    "http:///x",
    "http://",
]
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


async def somewhere(name: str) -> Sequence[str]:
    """A resolver that takes an address in any form the C library does, as the usual one would."""
    bare = name.rstrip(".")
    try:
        return [NAMES.get(bare) or socket.inet_ntoa(socket.inet_aton(bare))]
    except OSError:
        return ["93.184.216.34"]


@pytest.mark.parametrize("address", INSIDE)
def test_what_is_not_the_internet_is_forbidden(address: str) -> None:
    assert judge(ip_address(address)) is Verdict.FORBIDDEN


@pytest.mark.parametrize("address", OUTSIDE)
def test_what_is_the_internet_is_public(address: str) -> None:
    """Next to what is set apart, too."""
    assert judge(ip_address(address)) is Verdict.PUBLIC


@pytest.mark.parametrize("url", REFUSED_URLS)
async def test_no_way_of_writing_an_address_leads_inside(url: str) -> None:
    with pytest.raises(Forbidden):
        await got(Outbound(resolve=somewhere), url, limit=10)


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

    async def ask() -> None:
        async with Outbound(resolve=somewhere) as outbound:
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
        asyncio.run(got(Outbound(resolve=nowhere), url, limit=10))
