"""Postmark: inbound email, and what became of email it sent for us.

Source: postmarkapp.com/developer/webhooks (inbound, bounce, delivery, open tracking, spam complaint, subscription
change). Postmark signs nothing: it sends the user and password of the webhook's URL. `StrippedTextReply` is a guess
of theirs and not used: it knows no Vietnamese. MessageID is Postmark's own, of a mail that came in and of one of ours.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime
from typing import Any, Final

from services.intake.channels.html import to_text
from services.intake.channels.items import Address, Attachment, Fact, Item, Reach, SenderCheck
from services.intake.channels.mail import bounce
from services.intake.channels.mail.authentication import verdict_of, worst
from services.intake.channels.mail.headers import Headers
from services.intake.channels.mail.message import contact_of, text_of
from services.intake.channels.mail.parts import Part, even, walk
from services.intake.channels.mail.pictures import is_picture_of, shown_by
from services.intake.channels.mail.transfer import from_base64
from services.intake.channels.provider import Provider, Request, StatusRules, Unreadable
from services.intake.channels.reading import dict_of, instant, is_among, json_object, number, text, unknown
from services.intake.channels.signatures import basic
from shared.contracts.intake import ChannelKind, HandleKind, InteractionFact, Reachability

_GONE: Final = frozenset({"HardBounce", "BadEmailAddress"})
_FAILED: Final = _GONE | {
    "Blocked", "DMARCPolicy", "DnsError", "ManuallyDeactivated", "SMTPApiError", "SoftBounce", "SpamNotification",
    "TemplateRenderingFailed", "VirusNotification",
}  # fmt: skip
"""Bounce types that say that it did not arrive."""
_ANSWERS: Final = frozenset({
    "AddressChange", "AutoResponder", "ChallengeVerification", "InboundError", "OpenRelayTest", "SpamComplaint",
    "Subscribe", "Transient", "Unconfirmed", "Undeliverable", "Unknown",
})  # fmt: skip
"""Bounce types that are answers of machines, and delays."""
KINDS: Final = ("Delivery", "Open", "Click", "Bounce", "SpamComplaint", "SubscriptionChange")
_SUPPRESSED: Final[Mapping[str, Reachability]] = {
    "HardBounce": Reachability.BOUNCED,
    "SpamComplaint": Reachability.COMPLAINED,
}
_AS_FIELDS: Final = (
    ("From", "From"), ("To", "To"), ("Cc", "Cc"), ("Subject", "Subject"), ("Date", "Date"),
    ("X-Original-To", "OriginalRecipient"), ("Reply-To", "ReplyTo"),
)  # fmt: skip


def verify(request: Request, secrets: Sequence[str], now: datetime) -> None:
    basic.basic(request.headers.get("authorization", ""), secrets)


def parse(request: Request) -> Sequence[Item]:
    record = json_object(request.body)
    kind = record.get("RecordType", "Inbound")
    if kind == "Inbound":
        return _mail(record)
    email = text(record.get("Recipient")) or text(record.get("Email")) or ""
    if not is_among(kind, KINDS):
        raise unknown("a record", kind)
    if "@" not in email:
        raise Unreadable("a record without its address")
    return list(_event(str(kind), record, text(record.get("MessageID")), Address(HandleKind.EMAIL, email)))


def part_of(request: Request, part: int) -> tuple[str, bytes] | None:
    """(content type, content) of an attachment by its place in the list."""
    listed = json_object(request.body).get("Attachments")
    if not isinstance(listed, list) or not 0 <= part < len(listed):
        return None
    found = dict_of(listed[part])
    return text(found.get("ContentType")) or "application/octet-stream", from_base64(_content(found).encode())


def _content(attachment: Mapping[str, Any]) -> str:
    """In base64. The page that tries a webhook out calls it Data."""
    found = text(attachment.get("Content")) or text(attachment.get("Data")) or ""
    return found if found.isascii() else ""


def _mail(mail: Mapping[str, Any]) -> list[Item]:
    message_id = text(mail.get("MessageID"))
    if message_id is None:
        raise Unreadable("there is no MessageID")
    raw = text(mail.get("RawEmail"))
    parts = walk(even(raw.encode("utf-8", "replace"))) if raw else []
    said = text_of(parts)
    failed = bounce.failures(parts, said)
    about = bounce.original_id(parts, said) if failed else None
    headers = _headers(mail, parts)
    contact = contact_of(
        headers,
        external_id=message_id,
        text=text(mail.get("TextBody")) or to_text(text(mail.get("HtmlBody")) or "") or said,
        attachments=_attachments(mail.get("Attachments"), shown_by([text(mail.get("HtmlBody")) or ""])),
        sender=_sender(mail),
        also_answers=(about,) if about else (),
        is_report=bool(failed),
        checked=_checked(headers),
    )
    return [contact, *bounce.items(failed, about, contact)]


def _checked(headers: Headers) -> SenderCheck | None:
    """Postmark writes `Received-SPF: Pass (sender SPF authorized) ...` beside what the sender may have written."""
    words = (value.split(maxsplit=1) for value in headers.all("received-spf"))
    spf = worst(verdict_of(word[0]) for word in words if word)
    return SenderCheck("postmark", spf) if spf else None


def _sender(mail: Mapping[str, Any]) -> tuple[str, str] | None:
    full = dict_of(mail.get("FromFull"))
    email = text(full.get("Email")) or ""
    return (text(full.get("Name")) or text(mail.get("FromName")) or "", email) if "@" in email else None


def _headers(mail: Mapping[str, Any], parts: Sequence[Part]) -> Headers:
    """The mail's own, then those Postmark lists, then what it took out of them."""
    listed = mail.get("Headers")
    entries = [dict_of(entry) for entry in listed[:1000]] if isinstance(listed, list) else []
    pairs = [(entry.get("Name"), entry.get("Value")) for entry in entries]
    own = [(name, mail.get(key)) for name, key in _AS_FIELDS]
    return (
        (parts[0].headers if parts else Headers())
        .over(Headers.of((n, v) for n, v in pairs if isinstance(n, str) and isinstance(v, str)))
        .over(Headers.of((n, v) for n, v in own if isinstance(v, str)))
    )


def _attachments(listed: object, shown: frozenset[str]) -> list[Attachment]:
    entries = [dict_of(entry) for entry in listed] if isinstance(listed, list) else []
    return [
        Attachment(
            text(e.get("Name")),
            kind := text(e.get("ContentType")),
            number(e.get("ContentLength")),
            part=i,
            in_text=is_picture_of(shown, text(e.get("ContentID")), kind),
        )
        for i, e in enumerate(entries)
        if e
    ]


def _event(kind: str, record: Mapping[str, Any], message_id: str | None, address: Address) -> Iterator[Item]:
    """What became of one of ours. A mail with several recipients has one MessageID and an event for each."""
    id_ = f"{message_id}:{kind}:{address.value.lower()}"
    reason = text(record.get("Details")) or text(record.get("Description"))
    match kind:
        case "Delivery" | "Open" | "Click" if not message_id:
            raise Unreadable("a record that does not say of which mail")
        case "Delivery":
            at = instant(record.get("DeliveredAt"))
            yield Fact(id_, InteractionFact.DELIVERED, message_id, at=at, address=address)
        case "Open" | "Click":
            yield Fact(id_, InteractionFact.READ, message_id, at=instant(record.get("ReceivedAt")), address=address)
        case "Bounce":
            yield from _bounced(record, id_, message_id, address, reason)
        case "SpamComplaint":
            yield Reach(id_, address, Reachability.COMPLAINED, instant(record.get("BouncedAt")), reason)
        case "SubscriptionChange":
            yield Reach(id_, address, _subscription(record), instant(record.get("ChangedAt")))


def _bounced(
    record: Mapping[str, Any], id_: str, message_id: str | None, address: Address, reason: str | None
) -> Iterator[Item]:
    at, type_ = instant(record.get("BouncedAt")), record.get("Type")
    if not is_among(type_, _FAILED | _ANSWERS | {"Unsubscribe"}):
        raise unknown("a bounce", type_)
    if type_ in _GONE:
        yield Reach(id_, address, Reachability.BOUNCED, at, reason)
    if type_ == "Unsubscribe":
        yield Reach(id_, address, Reachability.OPTED_OUT, at, reason)
    if message_id and type_ in _FAILED:
        yield Fact(id_, InteractionFact.FAILED, message_id, at=at, address=address, text=reason)


def _subscription(record: Mapping[str, Any]) -> Reachability:
    if record.get("SuppressSending") is not True:
        return Reachability.OPTED_IN
    return _SUPPRESSED.get(str(record.get("SuppressionReason")), Reachability.OPTED_OUT)


PROVIDER = Provider(
    name="postmark",
    kind=ChannelKind.EMAIL,
    verify=verify,
    headers_prove=True,
    parse=parse,
    extract=part_of,
    secret_fault=basic.user_and_password,
    body_limit=50 * 1024 * 1024,  # 35 MB of attachments, in base64
    rules=StatusRules(refused_headers={"WWW-Authenticate": 'Basic realm="kept"'}, stop=403, too_large=403),
)
