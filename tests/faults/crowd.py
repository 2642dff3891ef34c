"""A crowd that writes and calls until it is told to stop, and agents that answer and promise."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime, timedelta

from tests.faults.world import World

PEOPLE = {"sms": 10, "email": 8, "phone": 4}
AGENTS = 2
AGAIN = 0.3
"""The part of what is sent that providers send once more though it was taken."""
DUE_WITHIN = 3.0, 6.0
"""Seconds within which a promise of this crowd is due."""


class Crowd:
    """Each person waits for the answer to one contact before the next; about `pause` seconds between them."""

    def __init__(self, world: World, *, pause: float = 0.8) -> None:
        self.world, self.pause = world, pause
        self._stop = asyncio.Event()
        self._echoes: set[asyncio.Task[None]] = set()
        self._reachable: list[str] = []

    async def run(self) -> None:
        """Returns when everybody has come to the end of what they had begun."""
        ways: dict[str, Callable[[], Awaitable[None]]] = {"sms": self._sms, "email": self._email, "phone": self._phone}
        async with asyncio.TaskGroup() as everybody:
            for way, number in PEOPLE.items():
                for _ in range(number):
                    everybody.create_task(self._repeat(ways[way]))
            for _ in range(AGENTS):
                everybody.create_task(self._repeat(self._agent))
        await asyncio.gather(*self._echoes)

    def stop(self) -> None:
        self._stop.set()

    async def _repeat(self, turn: Callable[[], Awaitable[None]]) -> None:
        while not self._stop.is_set():
            await turn()

    async def _wait(self) -> None:
        try:
            await asyncio.wait_for(self._stop.wait(), self.pause * (0.5 + self.world.random.random()))
        except TimeoutError:
            return

    async def _sms(self) -> None:
        phone = self.world.new_phone()
        for _ in range(self.world.random.randint(2, 8)):
            if self._stop.is_set():
                return
            made = self.world.sms(phone)
            await self.world.contact(made)
            self._reachable.append(f"phone:{phone}")
            self._echo(made[1])
            await self._wait()

    async def _email(self) -> None:
        address = self.world.new_email()
        for _ in range(self.world.random.randint(2, 8)):
            if self._stop.is_set():
                return
            made = self.world.email(address)
            await self.world.contact(made)
            self._reachable.append(f"email:{address}")
            self._echo(made[1])
            await self._wait()

    async def _phone(self) -> None:
        """An answered call may be the caller's second; one that nobody answers is always their first."""
        phone = self.world.new_phone()
        for _ in range(self.world.random.randint(1, 3)):
            made = self.world.call(phone, answered=True)
            await self.world.contact(made)
            self._echo(made[1])
            await self._wait()
        missed = self.world.call(self.world.new_phone(), answered=False)
        await self.world.contact(missed)
        self._echo(missed[1])
        await self._wait()

    def _echo(self, deliveries: list) -> None:  # type: ignore[type-arg]
        """Later, while other things go on, the provider sends some of it again."""
        if self.world.random.random() >= AGAIN:
            return

        async def again() -> None:
            await asyncio.sleep(3 * self.world.random.random())
            for delivery in deliveries:
                await self.world.deliver(delivery)

        task = asyncio.create_task(again())
        self._echoes.add(task)

    async def _agent(self) -> None:
        """Answers somebody, and promises them something that is due soon; keeps every other promise."""
        await self._wait()
        if not self._reachable:
            return
        customer = await self.find(self.world.random.choice(self._reachable))
        if customer is None:
            return
        await self.answer(customer)
        promise = await self.promise(customer, self.world.random.uniform(*DUE_WITHIN))
        if promise and self.world.random.random() < 0.5:
            await self._wait()
            if await self.world.ask(f"/commitments/{promise}/fulfil") is not None:
                self.world.ledger.fulfilled.add(promise)

    async def find(self, handle: str) -> str | None:
        found = await self.world.ask(f"/intake/customers?handle={handle.replace('+', '%2B')}", method="GET")
        items = found["items"] if found else []
        return str(items[0]["id"]) if items else None

    async def answer(self, customer: str) -> None:
        text = f"Chúng tôi đã nhận, mã {self.world.new_id()}."
        body = {"customer_id": customer, "kind": "message", "channel_kind": "email", "text": text}
        if await self.world.ask("/intake/interactions", body) is not None:
            self.world.ledger.answers.append(text)

    async def promise(self, customer: str, due_in: float) -> str | None:
        """States a promise. Its id, or None where nobody took it."""
        words = f"Giao hàng, mã {self.world.new_id()}."
        due = (datetime.now(UTC) + timedelta(seconds=due_in)).isoformat()
        body = {"customer_id": customer, "words": words, "due_at": due, "cost": "không mất phí", "tell": True}
        made = await self.world.ask("/commitments", body, unless="due-in-the-past")
        if made is None:
            return None
        self.world.ledger.promises[made["id"]] = words
        return str(made["id"])
