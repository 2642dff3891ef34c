"""Marks: a case's id, signed, in letters that survive a mail client.

Mail of ours carries one in its Message-ID, its reply address and its text, so that an answer says by itself which
case it belongs to, whatever became of its headers. A mark says where a message belongs and opens nothing.
"""

from __future__ import annotations

import hmac
import re
from uuid import UUID

from shared.security.spelling import letters, read_letters
from shared.settings import ServiceSettings

_SIGNED = 9
"""Bytes of HMAC-SHA256 that are kept: with the id's 16 they fill 40 letters exactly."""

_BEGINS = "kept-"

MARK = re.compile(r"kept-[a-z2-7]{40}(?![a-z0-9])", re.IGNORECASE | re.ASCII)
"""How a mark is found in a text, whose letters a mail system may have raised: what is found is read in lower case.

45 characters: in an address it leaves 18 for a name and a plus (RFC 5321: 64).
"""


class Marks:
    def __init__(self, settings: ServiceSettings) -> None:
        self._keys = settings.derive_all("marks")

    def mark(self, case_id: UUID) -> str:
        return _BEGINS + letters(case_id.bytes + _sign(self._keys[0], case_id.bytes))

    def read(self, mark: str) -> UUID | None:
        """The case that a mark names, or None where it is not a mark of ours, in its one spelling."""
        if not mark.startswith(_BEGINS):
            return None
        try:
            packed = read_letters(mark.removeprefix(_BEGINS))
        except ValueError:
            return None
        id_, signature = packed[:16], packed[16:]
        ours = any(hmac.compare_digest(signature, _sign(key, id_)) for key in self._keys)
        return UUID(bytes=id_) if ours else None


def _sign(key: bytes, id_: bytes) -> bytes:
    return hmac.digest(key, id_, "sha256")[:_SIGNED]
