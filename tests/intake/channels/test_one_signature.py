"""No two requests that differ in what is filed are both taken under one signature, whatever the provider.

A stranger who holds one request that was signed may send it again with every border moved, every header of it that
is not signed changed, its fields in another order. What is taken of that is the same contact, or nothing.
"""

from __future__ import annotations

import hmac
import json
from base64 import b64encode
from collections.abc import Callable, Iterator, Mapping
from dataclasses import replace
from datetime import timedelta
from functools import cache
from hashlib import sha1
from typing import Any
from urllib.parse import parse_qsl, urlencode

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from services.intake.arrivals import proofs
from services.intake.channels.provider import Provider, Refused, Request, Unreadable
from services.intake.channels.registry import providers
from tests.intake import senders
from tests.intake.channels.posting import NOW
from tests.intake.signing import ORIGIN, SECRETS, SIGN, TOPIC, Raw, certificate

FORM, JSON = "application/x-www-form-urlencoded", "application/json"
NOT_SIGNED = {"postmark", "telegram", "cloudevents", "imap"}
"""They send a secret as it is, or nothing is sent at all: it proves the sender, who may say anything."""
STAMP = str(int(NOW.timestamp()))
OURS = {"text": "hello", "from": {"id": "u-1"}}


def _json(value: object) -> bytes:
    return json.dumps(value).encode()


BODIES: Mapping[str, tuple[bytes, str]] = {
    "twilio": (urlencode({"MessageSid": "SM1", "From": "+84901234567", "Body": "ab", "A": "b"}).encode(), FORM),
    "mailgun": (
        senders.form(
            {
                **senders.mailgun_proof(SECRETS["mailgun"], STAMP, "9a" * 25),
                "sender": "lan@example.com",
                "body-plain": "hello",
                "message-headers": "[]",
            }
        ),
        FORM,
    ),
    "sendgrid": (_json([{"event": "open", "sg_event_id": "e1", "email": "a@b.vn", "smtp-id": "<1@b.vn>"}]), JSON),
    "ses": (
        _json(
            {
                "Type": "Notification",
                "MessageId": "m-1",
                "Message": '{"notificationType": "Received", "mail": {"source": "a@b.vn",\nMessageId\n'
                '"commonHeaders": {"from": ["a@b.vn"], "subject": "s\\nSubject"}}}',
                "Subject": "Amazon SES",
                "Timestamp": "2026-03-02T09:00:00.000Z",
            }
        ).replace(b"\\nMessageId\\n", b""),
        "text/plain",
    ),
    "whatsapp": (
        _json(
            {
                "object": "whatsapp_business_account",
                "entry": [{"changes": [{"value": {"messages": [
                    {"from": "84901234567", "id": "w", "type": "text", "text": {"body": "hi"}}]}}]}],
            }
        ),
        JSON,
    ),
    "messenger": (
        _json({"object": "page", "entry": [{"id": "1", "messaging": [
            {"sender": {"id": "5"}, "message": {"mid": "m", "text": "hi"}}]}]}),
        JSON,
    ),
    "line": (
        _json({"destination": "b", "events": [
            {"type": "message", "source": {"userId": "u"}, "message": {"type": "text", "id": "1", "text": "hi"}}]}),
        JSON,
    ),
    "slack": (
        _json({"type": "event_callback", "team_id": "T", "event": {
            "type": "message", "channel": "C", "user": "U", "ts": "1772442000.000100", "text": "hi"}}),
        JSON,
    ),
    "zalo": (
        _json({"app_id": "17", "timestamp": "1772442000000", "event_name": "user_send_text", "sender": {"id": "5"},
               "recipient": {"id": "6"}, "message": {"msg_id": "m", "text": "hi"}}),
        JSON,
    ),
    "zendesk": (_json({"kept": "comment", "requester_email": "a@b.vn", "comment": "hi"}), JSON),
    "intercom": (
        _json({"topic": "conversation.user.created", "id": "n", "data": {"item": {"source": {
            "id": "1", "body": "hi", "author": {"type": "user", "id": "u"}}}}}),
        JSON,
    ),
    "chatwoot": (
        _json({"event": "message_created", "id": 1, "message_type": "incoming", "content": "hi", "sender": {"id": 2}}),
        JSON,
    ),
    "signed": (_json(OURS), JSON),
    "telephone": (_json({"event": "newCall", "callId": "c", "from": "+849", "at": "2026-03-02T09:00:00Z"}), JSON),
    "convoy": (_json({**OURS, "id": "i"}), JSON),
    "hook0": (_json(OURS), JSON),
}  # fmt: skip


def _headers(provider: str, headers: Mapping[str, str], body: bytes) -> dict[str, str]:
    """What comes beside the signature, in the provider's usual way."""
    more = {name.lower(): value for name, value in headers.items()}
    if provider == "zendesk":
        more["x-zendesk-webhook-invocation-id"] = "01HX"
    if provider == "hook0":
        names = "x-event-id x-event-type"
        more |= {"x-event-id": "e.1", "x-event-type": "a.b"}
        signed = f"{STAMP}.{names}.e.1.a.b.".encode() + body
        both = hmac.digest(SECRETS["hook0"].encode(), signed, "sha256").hex()
        more["x-hook0-signature"] += f",h={names},v1={both}"
    return more


@cache
def genuine(provider: str) -> Request:
    body, kind = BODIES[provider]
    path = f"/intake/webhooks/{provider}"
    proved, headers = (body, {}) if provider == "mailgun" else SIGN[provider](Raw(path, body, kind, NOW))
    found = _headers(provider, headers, proved) | {"content-type": kind}
    return Request(ORIGIN + path, found, proved, certificate=certificate())


class Door:
    """As the hot path and the worker are: proved, and then once for each signature that needs it."""

    def __init__(self, provider: Provider) -> None:
        self._provider = provider
        self._used: dict[str, str] = {}

    def filed(self, request: Request) -> str | None:
        """What becomes of it; None where nothing does."""
        kept = replace(request, headers={n: v for n, v in request.headers.items() if self._provider.keeps(n)})
        try:
            self._provider.verify(request, [SECRETS[self._provider.name]], NOW)
            proof = proofs.proof_of(self._provider, kept)
            if proof and self._used.setdefault(proof.token, proof.digest) != proof.digest:
                return None
            items = self._provider.parse(replace(kept, headers=self._provider.readable(kept.headers)))
        except (Refused, Unreadable):
            return None
        return repr(items) if items else None


def _moved(request: Request) -> Iterator[Request]:
    """A few bytes of the body into a header that may be glued to it, and back."""
    for name, value in request.headers.items():
        for n in range(1, 12):
            head = request.body[:n].decode("latin-1")
            yield replace(request, body=request.body[n:], headers={**request.headers, name: value + head})
            yield replace(
                request, body=value[-n:].encode() + request.body, headers={**request.headers, name: value[:-n]}
            )
    for n in range(1, 12):  # behind an address's own end
        yield replace(request, url=request.url + request.body[:n].decode("latin-1"), body=request.body[n:])
        yield replace(request, url=request.url + "?" + request.body[:n].decode("latin-1"), body=request.body[n:])


def _relabelled(request: Request) -> Iterator[Request]:
    kinds = (FORM, JSON, "text/plain", "multipart/form-data; boundary=x", "application/cloudevents+json", "")
    for kind in kinds:
        yield replace(request, headers={**request.headers, "content-type": kind})
    for name in {*request.headers, "x-event-id", "svix-id", "webhook-id", "x-zendesk-webhook-invocation-id", "ce-id"}:
        for value in ("other", "e", "e.1.a", request.headers.get(name, "") + " "):
            yield replace(request, headers={**request.headers, name: value})
        yield replace(request, headers={n: v for n, v in request.headers.items() if n != name})
    if given := request.headers.get("x-hook0-signature"):
        v0 = ",".join(given.split(",")[:2])
        for id_, kind in (("other", "a.b"), ("e", "1.a.b"), ("e.1.a", "b")):
            changed = {**request.headers, "x-event-id": id_, "x-event-type": kind}
            yield replace(request, headers=changed)
            yield replace(request, headers={**changed, "x-hook0-signature": v0})


def _forms(request: Request) -> Iterator[Request]:
    """A form's names and values, with the borders between them moved, repeated, and in another order."""
    fields = parse_qsl(request.body.decode("latin-1"), keep_blank_values=True)
    if request.headers["content-type"] != FORM or len(fields) < 2:
        return
    yield replace(request, body=urlencode(fields[::-1]).encode())
    yield replace(request, body=urlencode([*fields, fields[0]]).encode())
    for i, (name, value) in enumerate(fields):
        for n in range(1, min(6, len(value) + 1)):
            glued = (name + value[:n], value[n:])
            yield replace(request, body=urlencode([*fields[:i], glued, *fields[i + 1 :]]).encode())
        for n in range(1, min(6, len(name))):
            glued = (name[:-n], name[-n:] + value)
            yield replace(request, body=urlencode([*fields[:i], glued, *fields[i + 1 :]]).encode())
    found = dict(fields)
    if "token" in found:
        both = found["timestamp"] + found["token"]
        for n in range(1, len(both)):
            changed = {**found, "timestamp": both[:n], "token": both[n:], "body-plain": f"forged {n}"}
            yield replace(request, body=urlencode(changed).encode())
        yield replace(request, body=urlencode({**found, "body-plain": "forged"}).encode())


def _lines(request: Request) -> Iterator[Request]:
    """SNS: the same signed lines, as other fields."""
    if b"SignatureVersion" not in request.body:
        return
    message: dict[str, Any] = json.loads(request.body)
    parts = message["Message"].split("\n")
    for n in range(1, len(parts)):
        head, rest = "\n".join(parts[:n]), "\n".join(parts[n:])
        for field in ("MessageId", "Subject"):
            glued = f"{rest}\n{field}\n{message[field]}".removeprefix(f"{field}\n")
            yield replace(request, body=_json({**message, "Message": head, field: glued}))
    yield replace(request, body=_json({**message, "Message": message["Message"].replace("?", "\ud800")}))
    yield replace(request, body=_json({**message, "Subject": None}))


ALTERATIONS: tuple[Callable[[Request], Iterator[Request]], ...] = (_moved, _relabelled, _forms, _lines)


def test_every_provider_is_tried_or_named() -> None:
    assert set(providers()) == set(BODIES) | NOT_SIGNED


@pytest.mark.parametrize("name", sorted(BODIES))
@pytest.mark.parametrize("is_first", [True, False])
def test_one_signature_files_one_thing(name: str, is_first: bool) -> None:
    """Whether what is genuine comes first or last."""
    request = genuine(name)
    assert Door(providers()[name]).filed(request), "the genuine one is taken"
    for alter in ALTERATIONS:
        for altered in alter(request):
            door = Door(providers()[name])
            pair = (request, altered) if is_first else (altered, request)
            filed = {found for one in pair if (found := door.filed(one))}
            assert len(filed) <= 1, altered


@settings(suppress_health_check=[HealthCheck.too_slow])
@given(data=st.data())
@pytest.mark.parametrize("name", sorted(BODIES))
def test_nor_does_anything_else_that_is_done_to_it(name: str, data: st.DataObject) -> None:
    """Bytes taken out, put in, doubled and swapped, in the body and in any header."""
    request, door = genuine(name), Door(providers()[name])
    first = door.filed(request)
    where = data.draw(st.sampled_from(["body", *request.headers]))
    old = request.body if where == "body" else request.headers[where].encode()
    start, end = sorted(data.draw(st.tuples(*[st.integers(0, len(old))] * 2)))
    piece = data.draw(
        st.sampled_from([b"", old[start:end] * 2, old[start:end][::-1], b" ", b"0", b"\n", b"=", b",", b"."])
    )
    new = old[:start] + piece + old[end:]
    if where == "body":
        altered = replace(request, body=new)
    else:
        altered = replace(request, headers={**request.headers, where: new.decode("latin-1")})
    assert door.filed(altered) in (None, first)


def test_a_body_that_twilio_signs_by_its_digest_is_not_signed_as_a_form() -> None:
    """The address alone is signed then: as a form without fields anything would hold."""
    url = f"{ORIGIN}/intake/webhooks/twilio?bodySHA256={'0' * 64}"
    code = b64encode(hmac.new(SECRETS["twilio"].encode(), url.encode(), sha1).digest()).decode()
    empty = Request(url, {"x-twilio-signature": code, "content-type": FORM}, b"")
    with pytest.raises(Refused):
        providers()["twilio"].verify(empty, [SECRETS["twilio"]], NOW)


def test_a_timestamp_of_mailguns_is_good_for_as_long_as_it_tries() -> None:
    verify = providers()["mailgun"].verify
    verify(genuine("mailgun"), [SECRETS["mailgun"]], NOW + timedelta(hours=8))
    with pytest.raises(Refused):
        verify(genuine("mailgun"), [SECRETS["mailgun"]], NOW + timedelta(hours=9))


def test_a_topic_of_strangers_is_refused_before_its_certificate_is_looked_at() -> None:
    body = _json({"TopicArn": TOPIC + "-evil", "SigningCertURL": "https://sns.us-east-1.amazonaws.com/x.pem"})
    with pytest.raises(Refused, match="another topic"):
        providers()["ses"].certificate_url(Request(ORIGIN, {}, body), [TOPIC])
