"""Marks: a case's id, signed, in letters that survive a mail client.

Mail of ours carries one in its Message-ID, its reply address and its text, so that an answer says by itself which
case it belongs to, whatever became of its headers. A mark says where a message belongs and opens nothing.
"""

from __future__ import annotations

import hmac
import re
from base64 import b32decode, b32encode
from uuid import UUID

from shared.settings import ServiceSettings

_SIGNED = 9
"""Bytes of HMAC-SHA256 that are kept: with the id's 16 they fill 40 letters exactly."""

MARK = re.compile(r"kept-[a-z2-7]{40}(?![a-z0-9])", re.IGNORECASE)
"""How a mark is found in a text. 45 characters: in an address it leaves 18 for a name and a plus (RFC 5321: 64)."""


class Marks:
    def __init__(self, settings: ServiceSettings) -> None:
        self._key = settings.derive("marks")

    def mark(self, case_id: UUID) -> str:
        return "kept-" + b32encode(case_id.bytes + self._sign(case_id.bytes)).decode().lower()

    def read(self, mark: str) -> UUID | None:
        """The case, or None where it is not a mark of ours."""
        try:
            packed = b32decode(mark[5:].upper())
        except ValueError:
            return None
        id_, signature = packed[:16], packed[16:]
        return UUID(bytes=id_) if hmac.compare_digest(signature, self._sign(id_)) else None

    def _sign(self, id_: bytes) -> bytes:
        return hmac.digest(self._key, id_, "sha256")[:_SIGNED]
