"""Addresses in one form, and the language of a customer. Pure."""

from __future__ import annotations

import re
from functools import lru_cache
from hashlib import sha256

import phonenumbers

from services.intake.channels.items import Address
from services.intake.customers.spellings import is_withheld, standard_mail, standard_number, user_of
from shared.contracts.intake import Handle, HandleKind, Language

LONGEST = 320
"""Characters of a handle: the longest email address."""

_E164 = re.compile(r"\+[1-9][0-9]{7,14}")
_MARKED = "àáâãèéêìíòóôõùúýÀÁÂÃÈÉÊÌÍÒÓÔÕÙÚÝ"
# Letters no other language has; marks that others share, in two words running; marks as characters of their own.
_VIETNAMESE = re.compile(
    f"[ăđơưĂĐƠƯ\u1ea0-\u1ef9]|[{_MARKED}]\\w{{0,7}}\\s\\w{{0,7}}[{_MARKED}]|[aeiouyAEIOUY][\u0309\u0323\u031b]"
)
_ENGLISH = frozenset(
    {
        "and", "are", "can't", "could", "didn't", "don't", "for", "had", "has",
        "have", "hello", "i", "is", "it", "my", "not", "order", "our",
        "please", "thank", "thanks", "that", "the", "this", "was", "we", "were",
        "what", "when", "where", "with", "would", "you", "your",
    }
)  # fmt: skip
_WORD = re.compile(r"[a-z']+")
LOOKED_AT = 2000
"""Characters of a text that its language is judged by."""


@lru_cache(maxsize=50_000)
def normalise(kind: HandleKind, value: str, region: str) -> str | None:
    """The one form of an address: E.164 for a phone, lower case for an email. None where it says nothing of anybody.

    What is no valid number or address (a short code, a sender's name) is kept as it is: it still tells people
    apart. `region` is the ISO country of a number written without one.
    """
    value = value.strip()
    if kind is HandleKind.PHONE:
        if is_withheld(value):
            return None
        value = user_of(value)
        value = standard_number(value if _E164.fullmatch(value) else _phone(value, region))
    elif kind is HandleKind.EMAIL:
        value = standard_mail(value)
    if len(value) > LONGEST:
        return sha256(value.encode()).hexdigest()
    return value or None


def handle_of(address: Address, account: str, region: str) -> Handle | None:
    """The handle of an address. A chat's value means something within its account, and there within its scope."""
    value = normalise(address.kind, address.value, region)
    if value is None:
        return None
    scoped = f"{account}:{address.scope}" if address.scope else account
    return Handle(kind=address.kind, account=scoped if address.kind is HandleKind.CHAT else "", value=value)


def _phone(value: str, region: str) -> str:
    try:
        parsed = phonenumbers.parse(value, region)
    except phonenumbers.NumberParseException:
        return value.lower()
    if not phonenumbers.is_possible_number(parsed):
        return value.lower()
    return phonenumbers.format_number(parsed, phonenumbers.PhoneNumberFormat.E164)


def detect_language(text: str | None, address: Address | None) -> Language | None:
    """What the text shows, else what the country of the phone suggests, else None."""
    if text:
        looked_at = text[:LOOKED_AT]
        if _VIETNAMESE.search(looked_at):
            return "vi"
        if len(_ENGLISH.intersection(_WORD.findall(looked_at.lower()))) >= 2:
            return "en"
    if address and address.kind is HandleKind.PHONE and address.value.startswith("+84"):
        return "vi"
    return None
