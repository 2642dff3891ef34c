"""The addresses that a stranger may send us to. Pure.

The ranges are written out (IANA special-purpose registries): `ipaddress.is_global` and `is_private` call multicast,
NAT64, IPv4-compatible and other addresses public, and change their minds from one Python to the next.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from enum import Enum, auto
from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network, ip_address

Address = IPv4Address | IPv6Address
Networks = Sequence[IPv4Network | IPv6Network]

_FORBIDDEN_4 = tuple(
    IPv4Network(network)
    for network in (
        "0.0.0.0/8",  # this network
        "10.0.0.0/8",  # private
        "100.64.0.0/10",  # carriers' NAT
        "127.0.0.0/8",  # loopback
        "169.254.0.0/16",  # link-local, the clouds' metadata among it
        "172.16.0.0/12",  # private
        "192.0.0.0/24",  # protocol assignments
        "192.0.2.0/24",  # documentation
        "192.88.99.0/24",  # 6to4 relays
        "192.168.0.0/16",  # private
        "198.18.0.0/15",  # benchmarks
        "198.51.100.0/24",  # documentation
        "203.0.113.0/24",  # documentation
        "224.0.0.0/4",  # multicast
        "240.0.0.0/4",  # reserved, broadcast
    )
)
_GIVEN_OUT_6 = IPv6Network("2000::/3")
"""All of IPv6 that is given out to anybody. Outside it lie loopback, IPv4 in all its disguises, local and multicast."""
_FORBIDDEN_6 = tuple(
    IPv6Network(network)
    for network in (
        "2001::/23",  # protocol assignments: Teredo, benchmarks, ORCHID
        "2001:db8::/32",  # documentation
        "2002::/16",  # 6to4: an IPv4 address in disguise
        "3fff::/20",  # documentation
    )
)
_NAT64 = IPv6Network("64:ff9b::/96")

WEB_PORTS = frozenset({80, 443, 8443})

_LABEL = re.compile(r"[a-z0-9_]([a-z0-9_-]{0,61}[a-z0-9_])?", re.IGNORECASE)
_NUMBER = re.compile(r"[0-9]+|0x[0-9a-f]*", re.IGNORECASE)


class Verdict(Enum):
    PUBLIC = auto()
    ALLOWED = auto()
    """In a network of the installation's own: at any port, under any name."""
    FORBIDDEN = auto()


def judge(address: Address, allowed: Networks = ()) -> Verdict:
    """A NAT64 address is judged by the IPv4 address in it, as that is where it leads."""
    if isinstance(address, IPv6Address) and address in _NAT64:
        return judge(IPv4Address(int(address) & 0xFFFFFFFF), allowed)
    if any(address in network for network in allowed):
        return Verdict.ALLOWED
    return Verdict.PUBLIC if _is_public(address) else Verdict.FORBIDDEN


def _is_public(address: Address) -> bool:
    if isinstance(address, IPv4Address):
        return not any(address in network for network in _FORBIDDEN_4)
    return address in _GIVEN_OUT_6 and not any(address in network for network in _FORBIDDEN_6)


def literal(host: str) -> Address | None:
    """The address, where the host is one in its usual form."""
    try:
        return ip_address(host)
    except ValueError:
        return None


def name_fault(host: str) -> str | None:
    """The fault of a name, or None. A number in another form (127.1, 0x7f000001) is no name (WHATWG URL, 3.5)."""
    labels = host.removesuffix(".").split(".")
    if len(host) > 253 or not all(_LABEL.fullmatch(label) for label in labels):
        return "its host is no name"
    return "its host is a number" if _NUMBER.fullmatch(labels[-1]) else None


def is_local_name(host: str) -> bool:
    """Tells whether a name means something only on our own network: `kafka`, `localhost`."""
    labels = host.removesuffix(".").lower().split(".")
    return len(labels) == 1 or labels[-1] == "localhost"
