"""Events of Messenger and Instagram beside messages: referrals, opt-ins and opt-outs, account linking.

Source: developers.facebook.com, Messenger Platform, "webhook events reference" (messaging_referrals, messaging_optins,
messaging_account_linking, messaging_game_plays, messaging_handovers, policy enforcement).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any, Final

from services.intake.channels.chat import lines
from services.intake.channels.items import Address, Contact, Fact, Item, act
from services.intake.channels.provider import Unreadable
from services.intake.channels.reading import dict_of, dicts_of, identifier, kinds, text, unknown
from shared.contracts.intake import InteractionFact, InteractionKind

BETWEEN_APPS: Final = kinds(
    "pass_thread_control take_thread_control request_thread_control release_thread_control app_roles",
    "policy_enforcement policy-enforcement typing",
)
"""Who of the business answers, what Meta thinks of it, and that somebody types: nobody has said anything."""
ACTS: Final[Mapping[str, tuple[str, ...]]] = {
    "referral": ("ref", "source"),
    "account_linking": ("status",),
    "game_play": ("game_id",),
    "payment": ("payload",),
    "pre_checkout": ("payload",),
    "checkout_update": ("payload",),
    "call_permission_reply": ("response", "status"),
}
"""What somebody did, and what in it says the most."""
FORMS: Final = ("messaging_customer_information", "in_thread_lead_form_submit", "lead_form_submit")
_AROUND: Final = frozenset({"sender", "recipient", "timestamp", "prior_message", "hop_context", "is_echo"})
_STATUS: Final[Mapping[str, InteractionFact]] = {
    "STOP_NOTIFICATIONS": InteractionFact.MARKETING_STOPPED,
    "STOP NOTIFICATIONS": InteractionFact.MARKETING_STOPPED,
    "RESUME_NOTIFICATIONS": InteractionFact.MARKETING_RESUMED,
    "RESUME NOTIFICATIONS": InteractionFact.MARKETING_RESUMED,
}


def items_of(event: Mapping[str, Any], address: Address | None, at: datetime | None) -> Sequence[Item]:
    """Of an event that is no message. Raises Unreadable for one that nobody knows yet."""
    stamp = identifier(event.get("timestamp"))
    kind = next((name for name in event if name not in _AROUND and name not in BETWEEN_APPS), None)
    if kind is None and not BETWEEN_APPS.isdisjoint(event):
        return []
    if kind not in {"optin", *ACTS, *FORMS}:
        raise unknown("an event", kind)
    if address is None or stamp is None:
        raise Unreadable(f"{kind} without who it was and when")
    found, external_id = dict_of(event[kind]), f"{kind}:{address.value}:{stamp}"
    if kind == "optin":
        return [_optin(found, external_id, address, at)]
    if kind in FORMS:
        said = lines(*_filled_in(found))
        return [Contact(external_id, InteractionKind.MESSAGE, address, at, subject=kind.replace("_", " "), text=said)]
    return [act(external_id, address, at, kind.replace("_", " "), _advertised(found) or _first(found, ACTS[kind]))]


def _optin(found: Mapping[str, Any], external_id: str, address: Address, at: datetime | None) -> Item:
    """Of marketing messages somebody is in, out, or in again; by a plug-in on a web page they only came to us."""
    title = text(found.get("title")) or text(found.get("payload")) or text(found.get("ref"))
    status = found.get("notification_messages_status")
    if found.get("type") not in ("notification_messages", "one_time_notif_req"):
        return act(external_id, address, at, "optin", title)
    fact = _STATUS.get(status.upper() if isinstance(status, str) else "", InteractionFact.MARKETING_RESUMED)
    return Fact(external_id, fact, None, at, address, title)


def _filled_in(form: Mapping[str, Any]) -> list[str]:
    """Each answer, whether the form is made of screens or of fields."""
    screens = dicts_of(form.get("screens")) or [dict(form)]
    fields = [
        one
        for screen in screens
        for name in ("responses", "field_data", "answers")
        for one in dicts_of(screen.get(name))
    ]
    said = ((_first(one, ("key", "name", "question")), _first(one, ("value", "answer", "values"))) for one in fields)
    return [f"{name}: {value}" if name else value for name, value in said if value]


def _advertised(referral: Mapping[str, Any]) -> str | None:
    """The advertisement or product that somebody came from."""
    title = text(dict_of(referral.get("ads_context_data")).get("ad_title"))
    return title or identifier(dict_of(referral.get("product")).get("id")) or identifier(referral.get("ad_id"))


def _first(found: Mapping[str, Any], names: Sequence[str]) -> str | None:
    values = (found.get(name) for name in names)
    return next(
        (said for one in values if (said := identifier(one[0] if isinstance(one, list) and one else one))), None
    )
