"""Amazon SES by way of SNS: mail that came in, and what became of mail it sent for us.

Source: docs.aws.amazon.com/ses (receipt notifications, notification contents, event publishing) and
docs.aws.amazon.com/sns (HTTP/HTTPS endpoints). SNS sends JSON as text/plain and signs it; the secrets are the ARNs
of the topics that are trusted. It asks for the subscription to be confirmed once.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import datetime
from typing import Any, Final

from services.intake.channels.items import Address, Confirm, Fact, Item, Reach, SenderCheck
from services.intake.channels.mail import message
from services.intake.channels.mail.authentication import verdict_of
from services.intake.channels.mail.headers import Headers, addresses
from services.intake.channels.mail.transfer import from_base64
from services.intake.channels.provider import Provider, Refused, Request, StatusRules, Unreadable
from services.intake.channels.reading import dict_of, dicts_of, instant, is_among, json_object, text, unknown
from services.intake.channels.signatures import keys
from shared.contracts.intake import ChannelKind, HandleKind, InteractionFact, Reachability, Verdict

_TRYING_OUT = "Successfully validated SNS topic"
"""How the words begin that SES sends to a topic when it is chosen."""

NOT_YET: Final = frozenset({"DeliveryDelay", "AmazonSnsSubscriptionSucceeded"})
"""A mail that waits, and a topic that was chosen."""


def verify(request: Request, secrets: Sequence[str], now: datetime) -> None:
    keys.sns(_signed(request), request.certificate, secrets, now)


def certificate_url(request: Request, secrets: Sequence[str]) -> str:
    """Of a topic that is trusted; a stranger's makes us fetch nothing."""
    message = _signed(request)
    keys.sns_topic(message, secrets)
    return keys.sns_certificate(message.get("SigningCertURL"))


def _signed(request: Request) -> dict[str, Any]:
    try:
        return json_object(request.body)
    except Unreadable as error:
        raise Refused("the signature cannot be read") from error


def parse(request: Request) -> Sequence[Item]:
    envelope = json_object(request.body)
    match envelope.get("Type"):
        case "SubscriptionConfirmation":
            try:
                return [Confirm(keys.sns_subscription(envelope))]
            except Refused as error:
                raise Unreadable("the address of the confirmation is not at SNS") from error
        case "UnsubscribeConfirmation":
            return []
        case "Notification":
            return _notification(envelope)
    raise Unreadable("the type is none of SNS")


def part_of(request: Request, part: int) -> tuple[str, bytes] | None:
    """(content type, content) of the part with this number in walk order."""
    raw = _content(_told(json_object(request.body)))
    return message.part_of(raw, part) if raw else None


def _told(envelope: Mapping[str, Any]) -> dict[str, Any]:
    return json_object(text(envelope.get("Message")) or "")


def _notification(envelope: Mapping[str, Any]) -> list[Item]:
    id_ = text(envelope.get("MessageId"))
    if id_ is None:
        raise Unreadable("there is no MessageId")
    if (text(envelope.get("Message")) or "").startswith(_TRYING_OUT):
        return []
    told = _told(envelope)
    kind = told.get("notificationType") or told.get("eventType")
    mail = dict_of(told.get("mail"))
    if kind == "Received":
        return _received(told, mail, id_)
    about = text(mail.get("messageId"))
    if is_among(kind, NOT_YET):
        return []
    become = _BECOMES.get(kind) if isinstance(kind, str) else None
    if become is None:
        raise unknown("a notification", kind)
    return list(become(told, mail, about, id_))


def _received(told: Mapping[str, Any], mail: Mapping[str, Any], id_: str) -> list[Item]:
    """Without its content (the rule stores it in S3) a mail is known by its headers alone."""
    at, checked = instant(mail.get("timestamp")), _checked(dict_of(told.get("receipt")))
    if raw := _content(told):
        return message.read_mail(raw, external_id=id_, at=at, checked=checked)
    pairs = [(one.get("name"), one.get("value")) for one in dicts_of(mail.get("headers"))]
    common = dict_of(mail.get("commonHeaders"))
    headers = Headers.of((n, v) for n, v in pairs if isinstance(n, str) and isinstance(v, str)).over(
        Headers.of(
            (name, value)
            for name, value in (
                ("From", _first(common.get("from"))),
                ("To", _first(common.get("to"))),
                ("Date", common.get("date")),
                ("Subject", common.get("subject")),
                ("Message-ID", common.get("messageId")),
                ("Return-Path", mail.get("source")),
            )
            if isinstance(value, str)
        )
    )
    if not headers.fields:
        raise Unreadable("a mail without content and without headers")
    return [message.contact_of(headers, external_id=id_, text=None, attachments=(), at=at, checked=checked)]


_VERDICTS: Final = {"GRAY": Verdict.NONE, "PROCESSING_FAILED": Verdict.TEMPERROR, "DISABLED": None}
"""SES's own words: GRAY is a check that the domain gives no ground for."""


def _checked(receipt: Mapping[str, Any]) -> SenderCheck | None:
    def verdict(name: str) -> Verdict | None:
        status = text(dict_of(receipt.get(f"{name}Verdict")).get("status")) or ""
        return _VERDICTS[status] if status in _VERDICTS else verdict_of(status)

    found = SenderCheck("ses", verdict("spf"), verdict("dkim"), verdict("dmarc"))
    return found if found != SenderCheck("ses") else None


def _first(values: object) -> object:
    return values[0] if isinstance(values, list) and values else None


def _content(told: Mapping[str, Any]) -> bytes | None:
    content = text(told.get("content"))
    if content is None:
        return None
    action = dict_of(dict_of(told.get("receipt")).get("action"))
    raw = content.encode("utf-8", "replace")
    return from_base64(raw) if str(action.get("encoding")).upper() == "BASE64" else raw


Told = Mapping[str, Any]


def _bounced(told: Told, mail: Told, about: str | None, id_: str) -> Iterator[Item]:
    """A transient one may be no more than an absence note, so it says nothing of either."""
    bounce = dict_of(told.get("bounce"))
    if is_among(bounce.get("bounceType"), ("Transient", "Undetermined")):
        return
    if bounce.get("bounceType") != "Permanent":
        raise unknown("a bounce", bounce.get("bounceType"))
    at = instant(bounce.get("timestamp"))
    for address, one in _recipients(bounce.get("bouncedRecipients")):
        reason = text(one.get("diagnosticCode"))
        yield Reach(f"{id_}:{address.value}", address, Reachability.BOUNCED, at, reason)
        if about:
            yield Fact(f"{id_}:{address.value}", InteractionFact.FAILED, about, at, address, reason)


def _complained(told: Told, mail: Told, about: str | None, id_: str) -> Iterator[Item]:
    complaint = dict_of(told.get("complaint"))
    at, kind = instant(complaint.get("timestamp")), text(complaint.get("complaintFeedbackType"))
    if kind == "not-spam":
        return
    for address, _ in _recipients(complaint.get("complainedRecipients")):
        yield Reach(f"{id_}:{address.value}", address, Reachability.COMPLAINED, at, kind)


def _delivered(told: Told, mail: Told, about: str | None, id_: str) -> Iterator[Item]:
    delivery = dict_of(told.get("delivery"))
    recipients = delivery.get("recipients")
    yield from _each(recipients, InteractionFact.DELIVERED, about, id_, instant(delivery.get("timestamp")))


def _wants(told: Told, mail: Told, about: str | None, id_: str) -> Iterator[Item]:
    """Somebody has left all lists, or some of them."""
    said = dict_of(told.get("subscription"))
    at, wanted = instant(said.get("timestamp")), dict_of(said.get("newTopicPreferences"))
    topics = dicts_of(wanted.get("topicSubscriptionStatus"))
    is_in = any(one.get("subscriptionStatus") == "OptIn" for one in topics)
    names = ", ".join(name for one in topics if (name := text(one.get("topicName"))))
    for email in _list(mail.get("destination")):
        address = Address(HandleKind.EMAIL, email)
        if wanted.get("unsubscribeAll") is True:
            yield Reach(f"{id_}:{email}", address, Reachability.OPTED_OUT, at)
        else:
            fact = InteractionFact.MARKETING_RESUMED if is_in else InteractionFact.MARKETING_STOPPED
            yield Fact(f"{id_}:{email}", fact, None, at, address, names or None)


def _all_recipients(fact: InteractionFact, part: str) -> Callable[[Told, Told, str | None, str], Iterator[Item]]:
    """What an event says of every recipient of a mail. `part` holds its time."""

    def become(told: Told, mail: Told, about: str | None, id_: str) -> Iterator[Item]:
        at = instant(dict_of(told.get(part)).get("timestamp")) or instant(mail.get("timestamp"))
        yield from _each(mail.get("destination"), fact, about, id_, at)

    return become


def _each(listed: object, fact: InteractionFact, about: str | None, id_: str, at: datetime | None) -> Iterator[Item]:
    if about is None:
        raise Unreadable("a notification that does not say of which mail")
    for email in _list(listed):
        yield Fact(f"{id_}:{email}", fact, about, at, Address(HandleKind.EMAIL, email))


def _list(listed: object) -> list[str]:
    """The addresses in it."""
    given = listed if isinstance(listed, list) else []
    return [found[0][1] for email in given if isinstance(email, str) and (found := addresses(email))]


def _recipients(listed: object) -> Iterator[tuple[Address, dict[str, Any]]]:
    for one in dicts_of(listed):
        if found := addresses(text(one.get("emailAddress")) or ""):
            yield Address(HandleKind.EMAIL, found[0][1]), one


_BECOMES: Final[Mapping[str, Callable[[Told, Told, str | None, str], Iterator[Item]]]] = {
    "Bounce": _bounced,
    "Complaint": _complained,
    "Delivery": _delivered,
    "Send": _all_recipients(InteractionFact.SENT, "send"),
    "Open": _all_recipients(InteractionFact.READ, "open"),
    "Click": _all_recipients(InteractionFact.READ, "click"),
    "Subscription": _wants,
    "Reject": _all_recipients(InteractionFact.FAILED, "reject"),
    "Rendering Failure": _all_recipients(InteractionFact.FAILED, "failure"),
}


def secret_fault(secret: str) -> str | None:
    is_topic = secret.startswith("arn:aws") and len(secret.split(":")) == 6 and secret.split(":")[2] == "sns"
    return None if is_topic else "must be the ARN of an SNS topic: arn:aws:sns:region:account:name"


PROVIDER = Provider(
    name="ses",
    kind=ChannelKind.EMAIL,
    verify=verify,
    parse=parse,
    extract=part_of,
    certificate_url=certificate_url,
    secret_fault=secret_fault,
    headers=("x-amz-sns-message-type", "x-amz-sns-message-id"),
    # Any 4xx loses the message; a 401 would only ask for a password, which proves nothing of the sender.
    rules=StatusRules(refused=403),
)
