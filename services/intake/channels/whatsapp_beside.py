"""Notices of WhatsApp beside messages: consent to marketing, payments, and the account's own.

Source: developers.facebook.com, WhatsApp Business Platform, "webhooks reference" (user_preferences, history, payments)
and its list of fields.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Final

from services.intake.channels.chat import chat_address, phone_address
from services.intake.channels.items import Address, Fact, Item, act
from services.intake.channels.provider import Unreadable
from services.intake.channels.reading import (
    dict_of,
    dicts_of,
    each_of,
    identifier,
    instant,
    is_among,
    kinds,
    text,
    unknown,
)
from shared.contracts.intake import InteractionFact

ABOUT_THE_ACCOUNT: Final = kinds(
    "account_alerts account_review_update account_settings_update account_update automatic_events",
    "business_capability_update business_status_update business_username_update flows group_lifecycle_update",
    "group_participants_update group_settings_update group_status_update message_template_components_update",
    "message_template_quality_update message_template_status_update messaging_handovers partner_solutions",
    "payment_configuration_update phone_number_name_update phone_number_quality_update security smb_app_state_sync",
    "template_category_update template_correct_category_detection tracking_events",
)
"""Fields in which nobody says anything: the account, its templates and groups, its own address book, Meta's guesses."""
STATUSES: Final[Mapping[str, InteractionFact]] = {
    "sent": InteractionFact.SENT,
    "delivered": InteractionFact.DELIVERED,
    "read": InteractionFact.READ,
    "played": InteractionFact.READ,
    "failed": InteractionFact.FAILED,
}
NOT_YET: Final = frozenset({"accepted", "pending", "warning"})
"""Statuses before the first one, and warnings: nothing has become of it yet."""
_WANTS: Final[Mapping[str, InteractionFact]] = {
    "stop": InteractionFact.MARKETING_STOPPED,
    "resume": InteractionFact.MARKETING_RESUMED,
}


def items_of(field: object, value: Mapping[str, Any]) -> Sequence[Item]:
    """Of a change without messages, statuses and calls. Raises Unreadable for a field that nobody knows yet."""
    if "user_preferences" in value:
        return each_of(value.get("user_preferences"), lambda one: [_preference(one)])
    if is_among(field, ABOUT_THE_ACCOUNT):
        return []
    faults = dicts_of(value.get("errors"))
    if faults:
        said = text(faults[0].get("title")) or text(faults[0].get("message")) or identifier(faults[0].get("code"))
        raise Unreadable(f"WhatsApp tells of a fault: {said or 'it does not say which'}"[:200])
    if any(isinstance(value.get(name), list) for name in ("messages", "message_echoes", "statuses", "calls")):
        return []  # a list with nothing in it
    raise unknown("a change", field)


def _preference(said: Mapping[str, Any]) -> Fact:
    """Advertising alone: all else may still be sent. Who says so may have a number, a user id, or both."""
    fact = _WANTS.get(str(said.get("value")))
    if fact is None:
        raise unknown("a preference", said.get("value"))
    who = phone_address(identifier(said.get("wa_id"))) or chat_address(said.get("user_id"))
    if who is None:
        raise Unreadable("a preference without whose it is")
    stamp = identifier(said.get("timestamp")) or ""
    about = text(said.get("category")) or ""
    return Fact(
        f"preference:{who.value}:{about}:{fact.value}:{stamp}",
        fact,
        None,
        instant(said.get("timestamp")),
        who,
        text(said.get("detail")) or about or None,
    )


def paid(status: Mapping[str, Any], message_id: str, who: Address | None) -> Item:
    """How a payment goes that was asked for in a message: it has that message's id."""
    payment, said = dict_of(status.get("payment")), text(status.get("status"))
    what = (said, identifier(payment.get("reference_id")))
    external_id = ":".join([message_id, "payment", said or "", identifier(status.get("timestamp")) or ""])
    return act(external_id, who, instant(status.get("timestamp")), "payment", *what, references=(message_id,))
