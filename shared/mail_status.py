"""Status codes of mail (RFC 3463 and IANA's registry), and those that say that an address is dead. Pure."""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import Final

DEAD_ADDRESS: Final = {
    "5.1.1": "no such mailbox",
    "5.1.2": "no such domain",
    "5.1.10": "a domain that takes no mail",
    "5.2.1": "a mailbox that is closed",
}
"""The codes of an address at which nobody can be reached. All others speak of one message, of us, or of now."""

_CODE = re.compile(r"(?<![\d.])([245])\.([0-9]{1,3})\.([0-9]{1,3})(?!\.?\d)", re.ASCII)


def codes_in(text: str) -> list[str]:
    """The enhanced status codes that stand in a text, in their order. One that says nothing (x.0.0) is left out."""
    found = (".".join(match.groups()) for match in _CODE.finditer(text))
    return [code for code in found if not code.endswith(".0.0")]


def says_dead(codes: Iterable[str]) -> bool:
    """Whether these codes say that the address is dead: all of them do, and there is one."""
    found = set(codes)
    return bool(found) and found <= DEAD_ADDRESS.keys()
