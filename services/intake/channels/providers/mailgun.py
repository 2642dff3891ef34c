"""Mailgun: routes (taken apart, or as raw MIME), and webhooks about mail it sent for us.

Source: documentation.mailgun.com (Receiving, Forwarding and Storing Messages; Webhooks; Securing Webhooks). The
signature is over a timestamp and a token alone, so a token is good for one request (`token_of`), for ever. 406 is
the one answer after which Mailgun does not come again.
"""

from __future__ import annotations

from base64 import b64encode
from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime
from typing import Any, Final
from urllib.parse import urlsplit

from services.intake.channels.html import to_text
from services.intake.channels.items import Address, Attachment, Fact, Item, Reach, SenderCheck
from services.intake.channels.mail import message, thread
from services.intake.channels.mail.authentication import verdict_of, worst
from services.intake.channels.mail.headers import Headers
from services.intake.channels.mail.pictures import files_of, shown_by
from services.intake.channels.multipart import FORM, MULTIPART, Form, media_type, read_form
from services.intake.channels.provider import (
    Download,
    NoDownload,
    Provider,
    Refused,
    Request,
    StatusRules,
    Unreadable,
)
from services.intake.channels.reading import (
    dict_of,
    dicts_of,
    instant,
    is_among,
    json_object,
    json_value,
    kinds,
    number,
    text,
    unknown,
)
from services.intake.channels.signatures import hmacs
from services.intake.channels.signatures.windows import within
from shared.contracts.intake import ChannelKind, HandleKind, InteractionFact, Reachability, Verdict

_AS_FIELDS: Final = ("from", "to", "cc", "subject", "date", "message-id", "in-reply-to", "references")
_SUPPRESSED: Final[Mapping[str, Reachability]] = {
    "suppress-complaint": Reachability.COMPLAINED,
    "suppress-unsubscribe": Reachability.OPTED_OUT,
}
_FACTS: Final[Mapping[str, InteractionFact]] = {
    "delivered": InteractionFact.DELIVERED,
    "opened": InteractionFact.READ,
    "clicked": InteractionFact.READ,
    "rejected": InteractionFact.FAILED,
}
_REACHES: Final[Mapping[str, Reachability]] = {
    "complained": Reachability.COMPLAINED,
    "unsubscribed": Reachability.OPTED_OUT,
}
_BECOMES: Final = {"failed", *_FACTS, *_REACHES}
NOTHING_YET: Final = kinds(
    "accepted stored list_member_uploaded list_member_upload_error list_uploaded email_validation"
)
"""A mail that is on its way, one that came in (it comes by a route), our own lists of addresses."""
_NOT_THE_ADDRESS: Final = frozenset({"espblock", "old"})
"""Reasons of a failure for good that say nothing of the address: the server's dislike of us, and too long a wait."""


def verify(request: Request, secrets: Sequence[str], now: datetime) -> None:
    try:
        stamp, token, given = signature_of(request)
    except Unreadable as error:
        raise Refused("the signature cannot be read") from error
    hmacs.mailgun(stamp, token, given, secrets)
    within(stamp, hmacs.MAILGUN_WINDOW, now.timestamp())


def signature_of(request: Request) -> tuple[str, str, str]:
    """(timestamp, token, signature)"""
    if _is_form(request):
        form = read_form(request)
        return form.text("timestamp"), form.text("token"), form.text("signature")
    signed = dict_of(json_object(request.body).get("signature"))
    found = [text(signed.get(name)) or "" for name in ("timestamp", "token", "signature")]
    return found[0], found[1], found[2]


def token_of(request: Request) -> str | None:
    try:
        return signature_of(request)[1] or None
    except Unreadable:
        return None


def _is_form(request: Request) -> bool:
    return media_type(request) in (FORM, MULTIPART)


def parse(request: Request) -> Sequence[Item]:
    if _is_form(request):
        return _mail(read_form(request))
    body = json_object(request.body)
    token = text(dict_of(body.get("signature")).get("token"))
    if token is None:
        raise Unreadable("there is no token")
    return list(_event(dict_of(body.get("event-data")), token))


def part_of(request: Request, part: int) -> tuple[str, bytes] | None:
    """(content type, content) of a part of the raw mail, or of the form's field with this number."""
    form = read_form(request)
    if raw := form.get("body-mime"):
        return message.part_of(raw.value, part)
    if not 0 <= part < len(form.fields):
        return None
    return form.fields[part].content_type or "application/octet-stream", form.fields[part].value


def locate(attachment: Attachment, access_token: str | None) -> Download:
    """What a route stored stands at Mailgun, for whoever has the API key."""
    try:
        parts = urlsplit(attachment.url or "")
        is_theirs = parts.scheme == "https" and (parts.hostname or "").endswith(".mailgun.net") and not parts.port
    except ValueError:
        is_theirs = False
    if not is_theirs or attachment.url is None:
        raise NoDownload("the address is not Mailgun's")
    if access_token is None:
        raise NoDownload("the channel has no access token: Mailgun's API key")
    key = b64encode(f"api:{access_token}".encode()).decode()
    return Download(attachment.url, {"Authorization": f"Basic {key}"})


def _mail(form: Form) -> list[Item]:
    token = form.text("token")
    if not token:
        raise Unreadable("there is no token")
    if raw := form.get("body-mime"):
        return message.read_mail(raw.value, at=instant(form.text("timestamp")), checked=_checked(form))
    headers = _headers(form)
    if not headers.fields:
        raise Unreadable("there is no mail in it")
    return [
        message.contact_of(
            headers,
            external_id=thread.message_id(headers.raw("message-id")) or token,
            text=text(form.text("body-plain").replace("\r\n", "\n")) or to_text(form.text("body-html")) or None,
            attachments=_attachments(form),
            at=instant(form.text("timestamp")),
            checked=_checked(form),
        )
    ]


def _checked(form: Form) -> SenderCheck | None:
    """A route repeats each header of the mail as a field, the sender's own of these names too: the worst counts."""

    def said(name: str) -> Verdict | None:
        return worst(verdict_of(one.text()) for one in form.fields if one.name.lower() == name)

    found = SenderCheck("mailgun", said("x-mailgun-spf"), said("x-mailgun-dkim-check-result"))
    return found if found.spf or found.dkim else None


def _headers(form: Form) -> Headers:
    """The mail's own; then the fields that repeat them; then the envelope's."""
    try:
        listed = json_value(form.text("message-headers"))
    except Unreadable:
        listed = None
    entries = listed[:1000] if isinstance(listed, list) else []
    pairs = [(entry[0], entry[1]) for entry in entries if isinstance(entry, list) and len(entry) == 2]
    repeated = [(one.name, one.text()) for one in form.fields if one.name.lower() in _AS_FIELDS]
    envelope = [("Return-Path", f"<{form.text('sender').strip('<>')}>")] if form.get("sender") else []
    envelope += [("X-Original-To", form.text("recipient"))] if form.get("recipient") else []
    return (
        Headers.of((n, v) for n, v in pairs if isinstance(n, str) and isinstance(v, str))
        .over(Headers.of(repeated))
        .over(Headers.of(envelope))
    )


def _attachments(form: Form) -> list[Attachment]:
    """Those in the form, and those that a route stored."""
    shown, ids = shown_by([form.text("body-html")]), _content_ids(form)
    inline = files_of(form, shown, ids)
    try:
        stored = dicts_of(json_value(form.text("attachments")))
    except Unreadable:
        stored = []
    return inline + [
        Attachment(text(one.get("name")), text(one.get("content-type")), number(one.get("size")), url=url)
        for one in stored
        if (url := text(one.get("url")))
    ]


def _content_ids(form: Form) -> dict[str, str]:
    """The Content-ID of each field that has one (`content-id-map` is the other way round)."""
    try:
        found = dict_of(json_value(form.text("content-id-map")))
    except Unreadable:
        return {}
    return {field: id_ for id_, field in found.items() if isinstance(field, str)}


def _event(event: Mapping[str, Any], token: str) -> Iterator[Item]:
    """What became of one of ours. Raises Unreadable for an event that nobody knows yet."""
    kind, email = event.get("event"), text(event.get("recipient")) or ""
    if is_among(kind, NOTHING_YET):
        return
    if not is_among(kind, _BECOMES):
        raise unknown("an event", kind)
    if "@" not in email:
        raise Unreadable("an event without its address")
    at, address = instant(event.get("timestamp")), Address(HandleKind.EMAIL, email)
    headers = dict_of(dict_of(event.get("message")).get("headers"))
    about = thread.message_id(text(headers.get("message-id")) or "")
    if kind == "failed":
        yield from _failed(event, token, about, at, address)
    elif reach := _REACHES.get(kind):
        yield Reach(token, address, reason=reach, at=at)
    elif about is None:
        raise Unreadable("an event that does not say of which mail")
    elif not text(dict_of(event.get("client-info")).get("bot")):
        reason = text(dict_of(event.get("reject")).get("reason"))
        yield Fact(token, _FACTS[kind], about, at, address, reason)


def _failed(
    event: Mapping[str, Any], token: str, about: str | None, at: datetime | None, address: Address
) -> Iterator[Item]:
    """A failure that is temporary is none yet."""
    severity = event.get("severity")
    if severity == "temporary":
        return
    if severity != "permanent":
        raise unknown("a failure", severity)
    status, why = dict_of(event.get("delivery-status")), text(event.get("reason"))
    reason = text(status.get("message")) or text(status.get("description")) or why
    if about:
        yield Fact(token, InteractionFact.FAILED, about, at, address, reason)
    if why not in _NOT_THE_ADDRESS:
        yield Reach(token, address, _SUPPRESSED.get(why or "", Reachability.BOUNCED), at, reason)


PROVIDER = Provider(
    name="mailgun",
    kind=ChannelKind.EMAIL,
    verify=verify,
    parse=parse,
    extract=part_of,
    token=token_of,
    locate=locate,
    body_limit=50 * 1024 * 1024,
    rules=StatusRules(stop=406, too_large=406),
)
