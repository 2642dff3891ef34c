"""Attachments and what became of contacts, as staff's programs see them."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import timedelta
from typing import Any
from uuid import UUID, uuid4

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import text

from services.intake.arrivals.arrival import Told
from services.intake.channels.items import Address, Attachment, Fact
from services.intake.channels.provider import Request, Unreadable
from services.intake.channels.registry import providers
from services.intake.contacts import facts
from services.intake.contacts.files import routes as files
from services.intake.contacts.files.attachments import told_name
from shared.contracts.intake import HandleKind, InteractionFact
from tests.intake import senders
from tests.intake.conftest import START, Running

PHONE = Address(HandleKind.PHONE, "+84901234567")


class Desk:
    def __init__(self, kept: Running) -> None:
        self.kept = kept

    async def get(self, path: str) -> Any:
        return await self.kept.http.get(path, headers=self.kept.token("intake:read"))

    async def message(self, **more: str) -> UUID:
        assert (await self.kept.send(senders.sms("hi", **more))).status_code == 200
        await self.kept.work()
        ((id_,),) = await self.kept.rows("SELECT id FROM interaction WHERE channel = 'sms'")
        return UUID(str(id_))

    async def attachment(self, **values: Any) -> UUID:
        """An MMS's one file, with its row as `values` say."""
        await self.message(NumMedia="1", MediaUrl0="https://api.twilio.com/1", MediaContentType0="image/png")
        changes = ", ".join(f"{name} = :{name}" for name in values)
        async with self.kept.runtime.database.write() as session:
            statement = text(f"UPDATE attachment SET {changes} RETURNING id")
            return UUID(str((await session.execute(statement, values)).scalar_one()))

    async def tell(self, *told: Fact) -> None:
        line = (await self.kept.intake.directory.lines(self.kept.runtime.database))["sms"]
        async with self.kept.runtime.database.write() as session:
            await facts.apply(
                session, [Told(line.source, START, 1, None, one) for one in told], self.kept.intake.settings
            )


@pytest.fixture
async def desk(kept: Running) -> Desk:
    await kept.make_channel("sms", "twilio", senders.TWILIO_TOKEN)
    return Desk(kept)


@pytest.mark.parametrize("end", ["", "/content"])
async def test_who_may(desk: Desk, end: str) -> None:
    path = f"/intake/attachments/{uuid4()}{end}"
    assert (await desk.kept.http.get(path)).status_code == 401
    assert (await desk.kept.http.get(path, headers=desk.kept.token("intake:write"))).status_code == 403
    answer = await desk.get(path)
    assert (answer.status_code, answer.json()["type"]) == (404, "urn:kept:problem:no-such-attachment")


async def test_a_file_that_waits_says_so(desk: Desk) -> None:
    id_ = await desk.attachment(name="a.png")
    known = (await desk.get(f"/intake/attachments/{id_}")).json()
    assert (known["status"], known["name"], known["content_type"]) == ("waiting", "a.png", "image/png")
    answer = await desk.get(f"/intake/attachments/{id_}/content")
    assert answer.status_code == 409
    assert answer.headers["content-type"] == "application/problem+json"
    assert answer.json()["reason"] == "it is still to be fetched from the provider"


async def test_a_refused_file_says_why(desk: Desk) -> None:
    id_ = await desk.attachment(status="refused", reason="there is no access token", next_at=None)
    answer = await desk.get(f"/intake/attachments/{id_}/content")
    assert (answer.status_code, answer.json()["reason"]) == (409, "there is no access token")


async def test_a_file_that_was_nowhere_cannot_be_asked_for_again(desk: Desk) -> None:
    id_ = await desk.attachment(status="refused", url=None, next_at=None)
    assert (await desk.get(f"/intake/attachments/{id_}")).json()["reason"] == files.NOWHERE
    answer = await desk.kept.http.post(f"/intake/attachments/{id_}/fetch", headers=desk.kept.token("intake:write"))
    assert (answer.status_code, answer.json()["reason"]) == (409, files.NOWHERE)


@pytest.mark.parametrize(
    ("stored", "served"), [("image/png", "image/png"), ("text/html", "application/octet-stream"), ("text/plain",) * 2]
)
async def test_content_is_handed_out_to_be_saved(desk: Desk, stored: str, served: str) -> None:
    content = b"<script>alert(1)</script>"
    id_ = await desk.attachment(status="kept", content=content, content_type=stored, name='hóa "đơn"\r\n/x.png')
    answer = await desk.get(f"/intake/attachments/{id_}/content")
    assert (answer.status_code, answer.content) == (200, content)
    assert answer.headers["content-type"] == served
    assert answer.headers["x-content-type-options"] == "nosniff"
    assert "sandbox" in answer.headers["content-security-policy"]
    assert answer.headers["content-disposition"].startswith('attachment; filename="hoa _don_ _x.png"; filename*=UTF-8')


async def test_what_lies_in_the_request_is_taken_out_of_it(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    """I2: by the provider's module that found it there."""

    def extract(request: Request, part: int) -> tuple[str, bytes] | None:
        if part == 9:
            raise Unreadable("no such part")
        return ("text/html", request.body[:part]) if part else None

    known = {**providers(), "twilio": replace(providers()["twilio"], extract=extract)}
    monkeypatch.setattr(files, "providers", lambda: known)
    id_ = await desk.attachment(status="inline", part=7, next_at=None)
    answer = await desk.get(f"/intake/attachments/{id_}/content")
    assert (answer.status_code, answer.content) == (200, b"Message")
    assert answer.headers["content-type"] == "application/octet-stream"
    for part in (0, 9):
        async with desk.kept.runtime.database.write() as session:
            await session.execute(text("UPDATE attachment SET part = :part"), {"part": part})
        answer = await desk.get(f"/intake/attachments/{id_}/content")
        assert (answer.status_code, answer.json()["state"]) == (409, "inline")


async def test_an_interaction_shows_its_files_and_what_became_of_it(desk: Desk) -> None:
    id_ = await desk.message(NumMedia="2", MediaUrl0="https://a.example/0", MediaUrl1="https://a.example/1")
    recording = Attachment("call.mp3", "audio/mpeg", url="https://a.example/r")
    await desk.tell(
        Fact("f2", InteractionFact.DELETED, "SM1", START + timedelta(minutes=2)),
        Fact("f1", InteractionFact.EDITED, "SM1", START + timedelta(minutes=1), text="hi there"),
        Fact("f3", InteractionFact.RECORDED, "SM1", START + timedelta(minutes=3), attachments=(recording,)),
        Fact("f4", InteractionFact.EDITED, "SM2", START, text="another's"),
    )
    shown = (await desk.get(f"/intake/interactions/{id_}")).json()
    assert [(f["fact"], f["text"]) for f in shown["facts"]] == [
        ("edited", "hi there"),
        ("deleted", None),
        ("recorded", None),
    ]
    assert [(a["name"], a["status"]) for a in shown["attachments"]] == [
        (None, "waiting"),
        (None, "waiting"),
        ("call.mp3", "waiting"),
    ]
    assert shown["text"] == "hi", "the contact itself stays as it was told"


async def test_a_watermark_counts_for_every_message_of_ours_before_it(desk: Desk) -> None:
    await desk.message()
    customer = await desk.kept.customer("phone:+84901234567")
    ids = []
    async with desk.kept.runtime.database.write() as session:
        for minute, direction in ((0, "out"), (10, "out"), (0, "in")):
            ids.append(uuid4())
            statement = """
                INSERT INTO interaction (id, channel, external_id, customer_id, direction, kind, channel_kind,
                                         occurred_at, received_at, automatic, digest)
                VALUES (:id, 'sms', :key, :customer, :direction, 'message', 'sms', :at, :at, false, 0)"""
            at = START + timedelta(minutes=minute)
            values = {"id": ids[-1], "key": str(ids[-1]), "customer": customer, "direction": direction, "at": at}
            await session.execute(text(statement), values)

    def mark(fact: InteractionFact, minute: int, address: Address = PHONE) -> Fact:
        return Fact(f"{fact}{minute}{address.value}", fact, None, START + timedelta(minutes=minute), address)

    await desk.tell(
        mark(InteractionFact.READ, 5),
        mark(InteractionFact.READ, 6),
        mark(InteractionFact.DELIVERED, 20),
        mark(InteractionFact.READ, 30, Address(HandleKind.PHONE, "+84907654321")),
    )
    shown = [(await desk.get(f"/intake/interactions/{id_}")).json()["facts"] for id_ in ids]
    told = [[(f["fact"], f["occurred_at"][14:16]) for f in one] for one in shown]
    assert told == [[("read", "05"), ("delivered", "20")], [("delivered", "20")], []]


async def test_what_an_agent_records_has_neither(desk: Desk) -> None:
    await desk.message()
    customer = await desk.kept.customer("phone:+84901234567")
    said = {"customer_id": str(customer), "kind": "note", "channel_kind": "phone", "text": "called back"}
    made = await desk.kept.http.post("/intake/interactions", json=said, headers=desk.kept.token("intake:write"))
    assert (made.status_code, made.json()["attachments"], made.json()["facts"]) == (201, [], [])


HOSTILE = [
    "../../etc/passwd",
    "..\\x",
    'a"b\r\nSet-Cookie: x=1.txt',
    "a\0b.txt",
    "<img src=x>.png",
    "gpj\u202eexe.jpg",
    "a\u2028b",
]
NAMES = st.sampled_from(HOSTILE) | st.text(st.characters(codec="utf-8"), max_size=300)
NEVER = frozenset("/\\<>\r\n\0\u2028\u2029\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069\u200e\u200f")


@given(NAMES)
def test_a_name_is_told_without_what_can_do_harm(name: str) -> None:
    told = told_name(name)
    assert told is None if not name else told and not NEVER & set(told) and told.isprintable()
    assert told is None or told_name(told) == told


@pytest.mark.parametrize("name", HOSTILE)
async def test_a_strangers_name_is_kept_in_the_raw_request_alone(desk: Desk, name: str) -> None:
    """In the API, in the events and on the timeline it is one name that can be shown and saved."""
    file = {"Name": name, "ContentType": "text/plain", "ContentLength": 3, "Content": "YWJj"}
    await desk.kept.make_channel("mail", "postmark", senders.MAIL_SECRET)
    webhook = senders.mail("hi")
    body = json.dumps(json.loads(webhook.body) | {"Attachments": [file]}).encode()
    assert (await desk.kept.send(replace(webhook, body=body))).status_code == 200
    await desk.kept.work()
    ((raw,),) = await desk.kept.rows("SELECT body FROM raw_request")
    assert json.loads(raw)["Attachments"][0]["Name"] == name
    ((id_, kept),) = await desk.kept.rows("SELECT id, name FROM attachment")
    ((said,),) = await desk.kept.rows("SELECT data FROM event_log WHERE type = 'kept.interaction.received.v1'")
    told = told_name(name.replace("\0", "\ufffd"))
    shown = (await desk.get(f"/intake/attachments/{id_}")).json()
    assert {kept, json.loads(said)["attachments"][0]["name"], shown["name"]} == {told}
    assert not NEVER & set(kept)


async def test_a_name_that_was_stored_before_is_told_safely(desk: Desk) -> None:
    id_ = await desk.attachment(name="../<x>.png")
    assert (await desk.get(f"/intake/attachments/{id_}")).json()["name"] == "__x_.png"
