"""Identifiers: UUIDs (RFC 9562) that begin with a time, so that keys made together lie together in an index."""

from __future__ import annotations

from datetime import datetime
from hashlib import sha256
from uuid import UUID

from uuid_utils.compat import uuid7


def new_id() -> UUID:
    """A fresh UUIDv7: 48 bits of Unix milliseconds, then randomness."""
    return uuid7()


def derived_id(at: datetime, *parts: str) -> UUID:
    """The UUIDv8 of these parts: 48 bits of Unix milliseconds as in version 7, then a digest. The same each time."""
    digest = int.from_bytes(sha256("\0".join(parts).encode()).digest()[:10])
    value = int(at.timestamp() * 1000) << 80 | digest
    value = value & ~(0xF << 76) | 8 << 76  # version 8
    return UUID(int=value & ~(0x3 << 62) | 0x2 << 62)  # the variant of RFC 9562
