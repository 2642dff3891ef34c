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
from services.intake.channels.items import Address, Attachment, Fact, Item, Reach
from services.intake.channels.mail import message, thread
from services.intake.channels.mail.headers import Headers
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
from services.intake.channels.reading import dict_of, dicts_of, json_object, json_value, number, text, unix_seconds
from services.intake.channels.signatures import hmacs
from shared.contracts.intake import ChannelKind, HandleKind, InteractionFact, Reachability

_AS_FIELDS: Final = ("from", "to", "cc", "subject", "date", "message-id", "in-reply-to", "references")
_SUPPRESSED: Final[Mapping[str, Reachability]] = {
    "suppress-complaint": Reachability.COMPLAINED,
    "suppress-unsubscribe": Reachability.OPTED_OUT,
}
_NOT_THE_ADDRESS: Final = frozenset({"espblock", "old"})
"""Reasons of a failure for good that say nothing of the address: the server's dislike of us, and too long a wait."""


def verify(request: Request, secrets: Sequence[str], now: datetime) -> None:
    try:
        stamp, token, given = _signature(request)
    except Unreadable as error:
        raise Refused("the signature cannot be read") from error
    hmacs.mailgun(stamp, token, given, secrets)


def _signature(request: Request) -> tuple[str, str, str]:
    """(timestamp, token, signature)"""
    if _is_form(request):
        form = read_form(request)
        return form.text("timestamp"), form.text("token"), form.text("signature")
    signed = dict_of(json_object(request.body).get("signature"))
    found = [text(signed.get(name)) or "" for name in ("timestamp", "token", "signature")]
    return found[0], found[1], found[2]


def token_of(request: Request) -> str | None:
    try:
        return _signature(request)[1] or None
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
        return message.read_mail(raw.value, at=unix_seconds(form.text("timestamp")))
    headers = _headers(form)
    if not headers.fields:
        raise Unreadable("there is no mail in it")
    return [
        message.contact_of(
            headers,
            external_id=thread.message_id(headers.raw("message-id")) or token,
            text=text(form.text("body-plain").replace("\r\n", "\n")) or to_text(form.text("body-html")) or None,
            attachments=_attachments(form),
            at=unix_seconds(form.text("timestamp")),
        )
    ]


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
    inline = [
        Attachment(one.file_name or None, one.content_type, len(one.value), part=one.index) for one in form.files()
    ]
    try:
        stored = dicts_of(json_value(form.text("attachments")))
    except Unreadable:
        stored = []
    return inline + [
        Attachment(text(one.get("name")), text(one.get("content-type")), number(one.get("size")), url=url)
        for one in stored
        if (url := text(one.get("url")))
    ]


def _event(event: Mapping[str, Any], token: str) -> Iterator[Item]:
    """What became of one of ours. A failure that is temporary is none yet."""
    kind, email = event.get("event"), text(event.get("recipient")) or ""
    if "@" not in email:
        return
    at, address = unix_seconds(event.get("timestamp")), Address(HandleKind.EMAIL, email)
    headers = dict_of(dict_of(event.get("message")).get("headers"))
    about = thread.message_id(text(headers.get("message-id")) or "")
    match kind:
        case "delivered" if about:
            yield Fact(token, InteractionFact.DELIVERED, about, at, address)
        case "opened" if about and not text(dict_of(event.get("client-info")).get("bot")):
            yield Fact(token, InteractionFact.READ, about, at, address)
        case "failed" if event.get("severity") == "permanent":
            yield from _failed(event, token, about, at, address)
        case "complained":
            yield Reach(token, address, Reachability.COMPLAINED, at)
        case "unsubscribed":
            yield Reach(token, address, Reachability.OPTED_OUT, at)


def _failed(
    event: Mapping[str, Any], token: str, about: str | None, at: datetime | None, address: Address
) -> Iterator[Item]:
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
