"""Spellings of one address: numbers that two networks write differently, domains in two scripts.

Sources: libphonenumber, which of two forms of a number it calls valid; Anatel (Brazil's ninth digit of mobiles, since
2016), IFT (Mexico's 1 after 52, dropped in 2019), ENACOM (Argentina's 9 before mobiles called from abroad); what Twilio
and others write for a caller who hides their number. Pure.
"""

from __future__ import annotations

import re
from typing import Final

from shared.contracts.intake import HandleKind

WITHHELD: Final = frozenset(
    {"", "anonymous", "unknown", "restricted", "unavailable", "blocked", "private", "withheld", "unassigned"}
    | {"+266696687", "266696687", "+8656696", "+7378742833", "+86282452253", "+2562533", "+464"}
)
"""What stands for a caller who hides: the words, and the words typed on a phone's keys."""

_BRAZIL = re.compile(r"(\+55[1-9][0-9])(9?)([6-9][0-9]{7})")
_MEXICO = re.compile(r"\+52(1?)([2-9][0-9]{9})")
_ARGENTINA = re.compile(r"\+54(9?)([1-9][0-9]{9})")
_SCHEME = re.compile(r"(?:sips?|tel):", re.IGNORECASE)
_NUMBER = re.compile(r"\+?[0-9][0-9 ().-]{4,24}")


def is_withheld(value: str) -> bool:
    """Whether a number says nothing of who it is: two who hide are not one person."""
    return user_of(value).lower() in WITHHELD


def user_of(value: str) -> str:
    """A number out of the address of a telephone system (`sip:+84...@host`, `tel:+84...;ext=1`); else as it is."""
    bare = value.strip()
    if scheme := _SCHEME.match(bare):
        bare = bare[scheme.end() :].partition(";")[0]
    user = bare.partition("@")[0].partition(";")[0]
    return user if _NUMBER.fullmatch(user) or user.lower() in WITHHELD else bare


def standard_number(value: str) -> str:
    """An E.164 number as it can be called: with Brazil's ninth digit, without Mexico's 1."""
    if found := _BRAZIL.fullmatch(value):
        return f"{found[1]}9{found[3]}"
    if found := _MEXICO.fullmatch(value):
        return f"+52{found[2]}"
    return value


def standard_mail(value: str) -> str:
    """An email address in lower case, its domain in ASCII and without the root's dot."""
    local, at, domain = value.lower().rpartition("@")
    domain = domain.rstrip(".")
    try:
        return f"{local}{at}{domain.encode('idna').decode()}" if not domain.isascii() else f"{local}{at}{domain}"
    except UnicodeError:
        return f"{local}{at}{domain}"


def others(kind: HandleKind, value: str) -> tuple[str, ...]:
    """The same address as it may have been written down before, or is by another network. `value` is standard.

    Argentina's two forms both can be called, one as a mobile, so neither is the standard one.
    """
    if kind is HandleKind.EMAIL:
        return _other_mail(value)
    if kind is not HandleKind.PHONE:
        return ()
    if found := _BRAZIL.fullmatch(value):
        return (f"{found[1]}{found[3]}",)
    if found := _MEXICO.fullmatch(value):
        return (f"+521{found[2]}",)
    if found := _ARGENTINA.fullmatch(value):
        return (f"+54{found[2]}" if found[1] else f"+549{found[2]}",)
    return ()


def _other_mail(value: str) -> tuple[str, ...]:
    local, at, domain = value.rpartition("@")
    if "xn--" not in domain:
        return ()
    try:
        return (f"{local}{at}{domain.encode().decode('idna')}",)
    except UnicodeError:
        return ()
