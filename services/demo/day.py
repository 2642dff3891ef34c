"""The day itself: one customer's journey in full, and a crowd around her. What she is promised is in `promising.py`."""

from __future__ import annotations

import asyncio
from base64 import b64encode
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from secrets import token_bytes, token_hex
from typing import Any

from services.demo.interface import Interface, until
from services.demo.people import CONTACTS, Contact
from services.demo.played import Played
from services.demo.promising import ZONE, Promising, ask_for
from services.demo.senders import Delivery, Postmark, Telephone, Twilio

HEROINE = "Nguyễn Thị Minh Khai"


class Day:
    """`public_url` is the origin that providers know us by: Twilio signs it."""

    def __init__(self, api: Interface, public_url: str) -> None:
        self.api, self.run = api, token_hex(3)
        self.played = Played()
        self.number = int(self.run, 16) % 90_000_000 + 10_000_000
        self.twilio = Twilio(f"demo-sms-{self.run}", token_hex(16), public_url)
        self.postmark = Postmark(f"demo-mail-{self.run}", f"postmark:{token_hex(12)}")
        self.telephone = Telephone(f"demo-phone-{self.run}", "whsec_" + b64encode(token_bytes(24)).decode())

    async def play(self) -> Played:
        await self._make_channels()
        await self._be_refused()
        await self._first_contacts()
        await asyncio.gather(Promising(self.api, self.played).play(), self._crowd())
        await self._satisfaction()
        return self.played

    async def _make_channels(self) -> None:
        for name, provider, secret in (
            (self.twilio.channel, "twilio", self.twilio.auth_token),
            (self.postmark.channel, "postmark", self.postmark.credentials),
            (self.telephone.channel, "telephone", self.telephone.secret),
        ):
            await self.api.post("/intake/channels", {"name": name, "provider": provider, "secrets": [secret]})

    async def _be_refused(self) -> None:
        """What strangers try."""
        sms = self.twilio.sms(f"SMx{self.run}", "+84900000000", "giả mạo")
        statuses = self.played.statuses
        statuses["altered signature"] = await self.api.deliver(sms, **{"x-twilio-signature": "AAAA"})
        statuses["unknown channel"] = await self.api.deliver(Delivery("/intake/webhooks/nobody", b"{}", {}))
        statuses["altered link"] = await self.api.status_of("/commitments/p/not-a-link")
        statuses["no token"] = await self.api.status_of("/commitments")

    async def _first_contacts(self) -> None:
        """An SMS, an email and a missed call of one person, some twice, the call's events out of order."""
        now = datetime.now(UTC)
        mobile, landline, email = (
            f"+8490{self.number}"[:12],
            f"+8428{self.number}"[:13],
            f"khai.{self.run}@kept.example",
        )
        self.played.address = email
        words = "Chào shop, đơn hàng DH-2026 của tôi hôm nay có tới không? Mẹ tôi cần trước 18h."
        self.played.said = {"sms": words, "email": "Tôi gửi lại mã đơn: DH-2026. Xin báo giờ giao cụ thể."}
        sms = self.twilio.sms(f"SM{self.run}01", mobile, words)
        mail = self.postmark.email(
            f"khai-{self.run}",
            email,
            HEROINE,
            "Đơn hàng DH-2026",
            self.played.said["email"],
            now - timedelta(minutes=4),
        )
        call = [
            self.telephone.step("hangup", f"c-{self.run}", landline, now - timedelta(seconds=62), now, cause="cancel"),
            self.telephone.step("newCall", f"c-{self.run}", landline, now - timedelta(seconds=90), now, rings=5),
        ]
        for delivery in (mail, sms, mail, *call, sms):
            self.played.statuses.setdefault("webhook", await self.api.deliver(delivery))
        ids = [await self._customer(handle) for handle in (f"email:{email}", f"phone:{mobile}", f"phone:{landline}")]
        self.played.heroine, self.played.merged = ids[0], ids[1:]
        for other in self.played.merged:
            await self.api.post(f"/intake/customers/{other}/merge", {"into": ids[0], "reason": "Cùng một người"})

    async def _customer(self, handle: str) -> str:
        async def look() -> str | None:
            found = await self.api.get("/intake/customers", handle=handle)
            return found["items"][0]["id"] if found["items"] else None

        return await until(look, f"a customer with {handle}")

    async def _satisfaction(self) -> None:
        """The question goes out after the promise was kept; the customer answers; the case is closed with thanks."""
        kept = self.played.promises["kept"]
        asked = await self.api.event(self.played.heroine, "survey.requested", commitment_id=kept)
        form = {"satisfied": "yes", "score": "5", "comment": "Giao đúng giờ, cảm ơn em Lan!"}
        link = await self.api.link(self.played.address, asked["data"]["survey_id"])
        self.played.statuses["survey"] = await self.api.submit(link, "", form)
        await self.api.event(self.played.heroine, "feedback.received", commitment_id=kept)
        cases = await self.api.get("/intake/cases", customer_id=self.played.heroine)
        summary = "Đơn DH-2026 đã giao lúc 17:20. Hóa đơn sửa được gửi trễ, chúng tôi xin lỗi."
        for case in cases["items"]:
            if case["status"] == "open":
                await self.api.post(f"/intake/cases/{case['id']}/resolve", {"summary": summary})

    async def _crowd(self) -> None:
        for number, contact in enumerate(CONTACTS):
            if contact.by != "email":  # whoever calls is known already, by name, telephone and mail
                handles = [
                    {"kind": "phone", "value": self._phone(number)},
                    {"kind": "email", "value": self._email(number)},
                ]
                await self.api.post("/intake/customers", {"name": contact.name, "handles": handles})
        for number, contact in enumerate(CONTACTS):
            for delivery in self._contact(number, contact):
                await self.api.deliver(delivery)
        for number, contact in enumerate(CONTACTS):
            self.played.crowd[contact.name] = await self._customer(self._handle(number, contact))
        for number, contact in enumerate(CONTACTS):
            if contact.promise:
                await self._attend(number, contact)

    async def _attend(self, number: int, contact: Contact) -> None:
        """An agent answers, and promises something."""
        customer = self.played.crowd[contact.name]
        kind = "call" if contact.by == "missed_call" else "message"
        reply: dict[str, Any] = {"customer_id": customer, "kind": kind, "channel_kind": "phone"}
        await self.api.post("/intake/interactions", reply | {"text": contact.promise})
        due = datetime.now(UTC) + timedelta(hours=3 + 7 * number)
        body = {
            "customer_id": customer,
            "words": contact.promise,
            "due_at": due.isoformat(),
            "zone": ZONE,
            "cost": "no charge" if contact.promise.isascii() else "không mất phí",
            "owner": ("Lan", "Minh", "Hà")[number % 3],
            "tell": True,
        }
        promise = await self.api.post("/commitments", body)
        if contact.task:
            await ask_for(self.api, promise["id"], contact.task)
        if number in {6, 9}:
            later = (due + timedelta(hours=5)).isoformat()
            change = {"due_at": later, "reason": "Hàng về kho trễ, chiều nay mới có"}
            await self.api.post(f"/commitments/{promise['id']}/revise", change)

    def _handle(self, number: int, contact: Contact) -> str:
        if contact.by == "email":
            return f"email:{self._email(number)}"
        return f"phone:{self._phone(number)}"

    def _email(self, number: int) -> str:
        return f"khach{number:02}.{self.run}@kept.example"

    def _phone(self, number: int) -> str:
        return f"+8493{(self.number + number) % 10_000_000:07}"

    def _contact(self, number: int, contact: Contact) -> Sequence[Delivery]:
        now = datetime.now(UTC)
        at = now - timedelta(minutes=3 * (len(CONTACTS) - number))
        match contact.by:
            case "sms":
                return [self.twilio.sms(f"SM{self.run}c{number:02}", self._phone(number), contact.text)]
            case "email":
                sender = self._email(number)
                id_ = f"crowd-{self.run}-{number}"
                return [self.postmark.email(id_, sender, contact.name, contact.subject, contact.text, at)]
            case _:
                answered = contact.by == "call"
                return self._call(f"c-{self.run}-{number}", self._phone(number), at, now, answered=answered)

    def _call(self, id_: str, caller: str, at: datetime, now: datetime, *, answered: bool) -> Sequence[Delivery]:
        end = at + timedelta(seconds=190 if answered else 25)
        steps = [self.telephone.step("newCall", id_, caller, at, now, rings=4)]
        if answered:
            steps.append(self.telephone.step("answer", id_, caller, at + timedelta(seconds=9), now, answeredBy="Lan"))
        cause = "normalClearing" if answered else "noAnswer"
        return [*steps, self.telephone.step("hangup", id_, caller, end, now, cause=cause)]
