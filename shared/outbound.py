"""Requests to addresses that strangers name: only to the public internet, never followed elsewhere, never endless."""

from __future__ import annotations

from collections.abc import Sequence
from ipaddress import IPv4Network, IPv6Network

Networks = Sequence[IPv4Network | IPv6Network]


class Outbound:
    def __init__(self, allowed: Networks = ()) -> None:
        self._allowed = allowed

    async def get(self, url: str) -> bytes:
        raise NotImplementedError
