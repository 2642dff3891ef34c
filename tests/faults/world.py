"""Customers and agents: they send what providers send, wait for a 2xx as providers wait, and write it down."""

from __future__ import annotations

import asyncio
from base64 import b64encode
from datetime import UTC, datetime, timedelta
from itertools import count
from random import Random
from typing import Any

import httpx

from services.demo.senders import Delivery, Postmark, Telephone, Twilio
from tests.faults.ledger import Contact, Ledger

PASSING = frozenset({502, 503, 504})
"""After these every provider sends again."""
PATIENCE = 120.0
"""Seconds for which something is tried again. Longer than anything of ours is away."""


class World:
    """`random` decides what people do, so that a seed says what was sent, if not when it arrived."""

    def __init__(self, url: str, token: str, ledger: Ledger, random: Random) -> None:
        self.ledger, self.random = ledger, random
        self.run = f"{random.getrandbits(24):06x}"
        self.twilio = Twilio(f"sms-{self.run}", f"{random.getrandbits(128):032x}", url)
        self.postmark = Postmark(f"mail-{self.run}", f"postmark:{random.getrandbits(96):024x}")
        self.telephone = Telephone(f"phone-{self.run}", "whsec_" + b64encode(random.randbytes(24)).decode())
        self._numbers = count(10_000_000 + int(self.run, 16) * 5)
        self._ids = count(1)
        limits = httpx.Limits(max_connections=100)
        bearer = {"authorization": f"Bearer {token}"}
        self.staff = httpx.AsyncClient(base_url=url, headers=bearer, timeout=15, trust_env=False)
        self.providers = httpx.AsyncClient(base_url=url, timeout=15, trust_env=False, limits=limits)

    async def open(self) -> None:
        """Makes the channels, and looks until each is known."""
        for name, provider, secret in (
            (self.twilio.channel, "twilio", self.twilio.auth_token),
            (self.postmark.channel, "postmark", self.postmark.credentials),
            (self.telephone.channel, "telephone", self.telephone.secret),
        ):
            await self.ask("/intake/channels", {"name": name, "provider": provider, "secrets": [secret]})

    async def close(self) -> None:
        await self.staff.aclose()
        await self.providers.aclose()

    def new_id(self) -> str:
        return f"{self.run}-{next(self._ids):06}"

    def new_phone(self) -> str:
        return f"+849{next(self._numbers) % 100_000_000:08}"

    def new_email(self) -> str:
        return f"khach.{self.new_id()}@kept.example"

    def sms(self, sender: str) -> tuple[Contact, list[Delivery]]:
        id_ = f"SM{self.new_id()}"
        text = f"Đơn hàng {id_} của tôi khi nào tới?"
        return Contact(self.twilio.channel, id_, "message", sender), [self.twilio.sms(id_, sender, text)]

    def email(self, sender: str) -> tuple[Contact, list[Delivery]]:
        id_, now = self.new_id(), datetime.now(UTC)
        mail = self.postmark.email(id_, sender, "Khách", f"Đơn {id_}", f"Cho tôi hỏi về đơn hàng {id_}.", now)
        return Contact(self.postmark.channel, id_, "message", sender), [mail]

    def call(self, caller: str, *, answered: bool) -> tuple[Contact, list[Delivery]]:
        """Its steps, in an order that the network chose."""
        id_, now = f"c-{self.new_id()}", datetime.now(UTC)
        steps = [self.telephone.step("newCall", id_, caller, now - timedelta(seconds=40), now, rings=4)]
        if answered:
            steps.append(self.telephone.step("answer", id_, caller, now - timedelta(seconds=30), now, answeredBy="lan"))
        cause = "normalClearing" if answered else "cancel"
        steps.append(self.telephone.step("hangup", id_, caller, now, now, cause=cause))
        self.random.shuffle(steps)
        return Contact(self.telephone.channel, id_, "call" if answered else "missed_call", caller), steps

    async def contact(self, made: tuple[Contact, list[Delivery]]) -> None:
        """Until every part of it has its 2xx."""
        contact, deliveries = made
        if all([await self.deliver(delivery) for delivery in deliveries]):
            self.ledger.accept(contact)

    async def deliver(self, delivery: Delivery) -> bool:
        """As a provider does: the same bytes again while the trouble is passing. False: given up."""
        answer = await self._until_answered("POST", delivery.path, delivery.headers, delivery.body)
        return answer is not None

    async def ask(
        self, path: str, body: dict[str, Any] | None = None, *, method: str = "POST", unless: str = "-"
    ) -> Any:
        """An agent's program: a write carries a key of its own, so that it may be sent again.

        None: given up, or answered by the problem that `unless` names.
        """
        request = self.staff.build_request(method, path, json=body)
        key = {"idempotency-key": f"k-{self.new_id()}"} if method == "POST" else {}
        headers = {"content-type": "application/json", **key}
        answer = await self._until_answered(method, path, headers, request.content, client=self.staff, unless=unless)
        return answer.json() if answer is not None else None

    async def _until_answered(
        self,
        method: str,
        path: str,
        headers: dict[str, str],
        body: bytes,
        client: httpx.AsyncClient | None = None,
        unless: str = "-",
    ) -> httpx.Response | None:
        deadline = asyncio.get_running_loop().time() + PATIENCE
        said = "nothing"
        while asyncio.get_running_loop().time() < deadline:
            try:
                answer = await (client or self.providers).request(method, path, headers=headers, content=body)
            except httpx.TransportError as error:
                said = type(error).__name__
            else:
                said = str(answer.status_code)
                if answer.is_success:
                    self.ledger.tries[said] += 1
                    return answer
                if unless in answer.text:
                    return None
                if answer.status_code not in PASSING:
                    said = f"{said} {answer.text[:300]}"
                    break
                if answer.status_code == 503 and "retry-after" not in answer.headers:
                    self.ledger.refused.append(f"{method} {path}: 503 without Retry-After: {answer.text[:300]}")
            self.ledger.tries[said] += 1
            await asyncio.sleep(0.2 + 0.4 * self.random.random())
        self.ledger.refused.append(f"{method} {path}: {said}")
        return None
