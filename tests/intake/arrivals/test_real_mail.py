"""Real mail from its bytes to cases, files and counts (I1, I2, I13)."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any, cast

import pytest

from services.intake.channels.items import Contact
from services.intake.channels.mail.message import read_mail
from services.intake.settings import IntakeSettings
from shared.contracts.intake import Authentication, CaseOpened, ChannelKind, InteractionReceived, Verdict
from tests.intake.conftest import START, Running
from tests.intake.toy import sent, toy_provider

HEADER = "From: {sender}\nTo: help@shop.example\nSubject: A question\nMessage-ID: {id}\n"


@pytest.fixture
async def desk(kept: Running, monkeypatch: pytest.MonkeyPatch) -> Any:
    with toy_provider(monkeypatch):
        await kept.make_channel("toy", "toy", "toy-secret-of-ours")
        yield kept


async def take(
    desk: Running, text: str, *, id_: str = "<1@x.example>", sender: str = "l@x.example", more: str = ""
) -> Any:
    raw = HEADER.format(sender=sender, id=id_) + more + ("" if more.endswith("\n\n") else "\n") + text
    items = [
        replace(item, channel_kind=ChannelKind.EMAIL) if isinstance(item, Contact) else item
        for item in read_mail(raw.encode())
    ]
    await desk.send(sent(*items))
    await desk.work()
    return (await desk.facts(InteractionReceived))[-1]


async def unrouted(desk: Running) -> list[dict[str, Any]]:
    answer = await desk.http.get("/intake/reports/unrouted?minutes=0", headers=desk.token("intake:read"))
    return list(answer.json())


async def test_another_mail_under_the_same_id_is_a_contact_of_its_own(desk: Running) -> None:
    await take(desk, "My parcel did not come.", sender="An <an@one.example>")
    await take(desk, "The boiler leaks.", sender="Binh <binh@two.example>")
    await take(desk, "The boiler still leaks.", sender="Binh <binh@two.example>")
    for _ in range(2):  # and each copy is a copy
        await take(desk, "My parcel did not come.", sender="An <an@one.example>")
        await take(desk, "The boiler leaks.", sender="Binh <binh@two.example>")
    texts = [one.text for one in await desk.facts(InteractionReceived)]
    assert texts == ["My parcel did not come.", "The boiler leaks.", "The boiler still leaks."]
    assert len(await desk.facts(CaseOpened)) == 2
    found = (await desk.http.get("/intake/channels/toy/doctor", headers=desk.token("intake:read"))).json()
    assert (found["contacts"], found["copies"], found["shared_ids"]) == (3, 4, 2)


async def test_what_was_found_out_about_the_sender_is_kept_and_told(desk: Running) -> None:
    """A header that a trusted host has written; of anybody else's nothing is believed."""
    cast("IntakeSettings", desk.runtime.settings).trusted_authserv.append("mx.shop.example")
    forged, ours = (
        f"Authentication-Results: {host}; spf=pass; dmarc=fail\n" for host in ("mx.evil", "mx.shop.example")
    )
    told = await take(desk, "Hello", more=ours)
    found = Authentication(by="mx.shop.example", spf=Verdict.PASS, dmarc=Verdict.FAIL)
    assert told.authentication == found
    path = f"/intake/interactions/{told.interaction_id}"
    kept = (await desk.http.get(path, headers=desk.token("intake:read"))).json()
    assert Authentication.model_validate(kept["authentication"]) == found
    assert (await take(desk, "Hi", id_="<2@x.example>", more=forged)).authentication is None
    assert len(await desk.facts(CaseOpened)) == 1


async def test_mails_of_one_id_in_one_batch_are_all_contacts(desk: Running) -> None:
    items = [
        read_mail(HEADER.format(sender="a@b.example", id="<1@x>").encode() + b"\n" + t)[0] for t in (b"a", b"b", b"a")
    ]
    await desk.send(sent(*items))
    await desk.work()
    assert sorted(str(one.text) for one in await desk.facts(InteractionReceived)) == ["a", "b"]


@pytest.mark.parametrize(
    ("date", "is_shown"),
    [
        ("Mon, 2 Mar 2026 08:30:00 +0000", True),
        ("Mon, 2 Mar 2026 09:05:00 +0000", True),
        ("Mon, 2 Mar 2026 09:30:00 +0000", False),
        ("Sat, 11 Apr 2026 09:00:00 +0000", False),
        ("Sat, 30 Jun 3609 09:33:50 +0000", False),
        ("Thu, 1 Jan 1970 00:00:00 +0000", False),
        ("Mon, 99 Foo 2026", False),
        ("Sun, 1 Mar 2020 09:00:00 +0000", True),
    ],
)
async def test_a_date_that_cannot_be_true_is_shown_at_receipt(desk: Running, date: str, is_shown: bool) -> None:
    found = await take(desk, "hi", more=f"Date: {date}\n")
    assert (found.occurred_at != START) == is_shown
    ((stored,),) = await desk.rows("SELECT occurred_at FROM interaction")
    assert isinstance(stored, datetime)
    assert stored == found.occurred_at
    assert abs(found.received_at - START) < timedelta(seconds=1)


async def test_a_lists_mail_has_a_case_and_asks_for_no_automatic_answer(desk: Running) -> None:
    found = await take(desk, "Still broken.", more="Precedence: list\nList-Id: <help.shop.example>\n")
    assert found.case_id is not None
    assert (found.automatic, found.no_automatic_answer, found.message_id) == (False, True, "<1@x.example>")
    assert await unrouted(desk) == []


async def test_what_nobody_can_say_a_person_wrote_stands_in_the_unrouted_report(desk: Running) -> None:
    found = await take(desk, "Name: Dung\nMessage: call me", sender="noreply@forms.example")
    assert (found.automatic, found.case_id) == (True, None)
    (listed,) = await unrouted(desk)
    assert (listed["id"], listed["reason"]) == (str(found.interaction_id), "unknown_author")
    await take(desk, "I am away", id_="<2@x.example>", more="Auto-Submitted: auto-replied\n")
    assert len(await unrouted(desk)) == 1, "a machine for sure"


async def test_a_channel_on_which_reply_to_says_who_wrote(desk: Running) -> None:
    order = {"reply_to_is_writer": True}
    answer = await desk.http.patch("/intake/channels/toy", json=order, headers=desk.token("intake:admin"))
    assert answer.json()["reply_to_is_writer"] is True
    more = "Reply-To: Dung <dung@kunde.example>\nAuto-Submitted: auto-generated\n"
    found = await take(desk, "Please call", sender="site@shop.example", more=more)
    assert found.customer_id == await desk.customer("email:dung@kunde.example")
    assert found.case_id is not None


LOGO = (
    "Content-Type: multipart/related; boundary=b\n\n--b\nContent-Type: text/html\n\n<p>Tomorrow.</p>"
    '<img src="cid:logo1">\n--b\nContent-Type: image/png; name=image001.png\nContent-ID: <logo1>\n'
    "Content-Disposition: inline\nContent-Transfer-Encoding: base64\n\nQUJD\n"
    "--b\nContent-Type: image/jpeg; name=door.jpg\nContent-ID: <other>\n\nx\n--b--\n"
)


async def test_a_picture_that_the_text_shows_is_said_to_be_part_of_it(desk: Running) -> None:
    found = await take(desk, "", more=LOGO)
    assert [(one.name, one.in_text) for one in found.attachments] == [("image001.png", True), ("door.jpg", False)]
