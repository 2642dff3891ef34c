"""Identifiers: UUID version 7 (RFC 9562), so that keys made together lie together in an index."""

from __future__ import annotations

from uuid import UUID

from uuid_utils.compat import uuid7


def new_id() -> UUID:
    """A fresh UUIDv7: 48 bits of Unix milliseconds, then randomness."""
    return uuid7()
