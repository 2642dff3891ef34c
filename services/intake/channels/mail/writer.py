"""The real writer of a mail whose From names a list, a forwarding program or a form."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Final

from services.intake.channels.mail.addresses import is_address
from services.intake.channels.mail.automatic import (
    is_list_mail,
    is_nobodys,
    is_programs,
    is_role,
    list_addresses,
    reply_to,
)
from services.intake.channels.mail.headers import Headers, addresses

_SENDERS: Final = ("from", "sender", "return-path")
_ORIGINALS: Final = (
    "x-original-from", "x-google-original-from", "x-original-sender", "x-mailman-original-from", "original-from",
    "reply-to", "x-mailfrom",
)  # fmt: skip
"""Where lists keep the author whom they have taken out of From, the surest first."""
_ADDRESSEES: Final = ("to", "cc", "delivered-to", "x-original-to", "envelope-to", "x-forwarded-to")
_VIA = re.compile(r"""^["']?(.{1,200}?)["']?\s+(?:via|qua|über|por|par|through|on behalf of)\s+\S.*$""", re.IGNORECASE)
_IN_LOCAL = re.compile(r"([^@=]{1,64})=([^@=\s]{1,255}\.[^@=\s]{1,63})@", re.ASCII)
"""`lan=example.com@groups.io`: groups.io, and forwarding servers, write an address into another's first half."""


@dataclass(frozen=True, slots=True)
class Writer:
    """`address` empty: they cannot be known. `is_stand_in`: From names who brought it, not who wrote it."""

    name: str
    address: str
    is_stand_in: bool = False


def writer(headers: Headers, sender: tuple[str, str] | None = None) -> Writer:
    """Who wrote it: the first in From, else Sender, else the envelope's; or whom those stand in for.

    `sender` is (name, address) of From as the provider read it.
    """
    name, address = sender or next(iter(_senders(headers)), ("", ""))
    if not address:
        return Writer(name, "")
    own, lists = _own(headers), list_addresses(headers)
    if _is_rewritten(headers, name, address, own | lists):
        return _original(headers, name, address, own | lists)
    answers_to = reply_to(headers, own | lists | {address.lower()})
    if answers_to and (is_programs(address) or _bare(address) in own or _is_our_form(address, answers_to[1], own)):
        their_name, theirs = answers_to
        if not is_nobodys(theirs) and _bare(theirs) not in own | lists | {_bare(address)}:
            return Writer(their_name, theirs, is_stand_in=True)
    return Writer(name, address)


def _is_our_form(address: str, answers_to: str, own: set[str]) -> bool:
    """A site writes to its own shop from an address of the shop's, for somebody elsewhere."""
    ours = {one.rpartition("@")[2] for one in own}
    return is_role(address) and _domain(address) in ours and _domain(answers_to) not in ours


def _domain(address: str) -> str:
    return address.rpartition("@")[2].lower()


def _senders(headers: Headers) -> Iterable[tuple[str, str]]:
    """Who may have written it, the likeliest first. Of several in From, the first."""
    return (found for field in _SENDERS for value in headers.all(field) for found in addresses(value))


def _own(headers: Headers) -> set[str]:
    """The addresses it was sent to: ours, among others."""
    values = (value for field in _ADDRESSEES for value in headers.all(field))
    return {_bare(address) for value in values for _, address in addresses(value)}


def _bare(address: str) -> str:
    local, _, domain = address.lower().rpartition("@")
    return f"{local.partition('+')[0]}@{domain}"


def _is_rewritten(headers: Headers, name: str, address: str, own: set[str]) -> bool:
    """From is the list's or ours, and says "via", or the author's address is kept elsewhere, or is hidden in it."""
    is_via = _VIA.match(name) is not None
    if _bare(address) in own:
        return is_via or any(field in headers for field in _ORIGINALS[:5])
    if is_list_mail(headers):
        return is_via or _IN_LOCAL.match(address) is not None
    return is_via and _IN_LOCAL.match(address) is not None


def _original(headers: Headers, name: str, address: str, own: set[str]) -> Writer:
    """Whom the list took out of From; without an address where it kept none."""
    said = _VIA.match(name)
    bare_name = said[1].strip() if said else name
    for field in _ORIGINALS:
        for value in headers.all(field):
            for their_name, theirs in addresses(value):
                if _bare(theirs) not in own and theirs.lower() != address.lower() and not is_nobodys(theirs):
                    return Writer(their_name or bare_name, theirs, is_stand_in=True)
    if is_address(bare_name):
        return Writer("", bare_name, is_stand_in=True)
    if hidden := _IN_LOCAL.match(address):
        return Writer(bare_name, f"{hidden[1]}@{hidden[2]}", is_stand_in=True)
    return Writer(bare_name, "", is_stand_in=True) if said else Writer(name, address)
