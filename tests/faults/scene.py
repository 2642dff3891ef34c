"""A few contacts on purpose, by people who wait for their 2xx, and the verdict on all that has happened so far."""

from __future__ import annotations

import asyncio
from random import Random

from tests.faults.audit import examine
from tests.faults.crowd import Crowd
from tests.faults.facts import Facts
from tests.faults.ledger import Ledger
from tests.faults.stand import Stand
from tests.faults.world import World
from tests.support.scratch import until

QUIET_WITHIN = 90.0
"""Seconds for what was accepted to come to its end."""


class Scene:
    def __init__(self, stand: Stand, seed: int) -> None:
        self.stand, self.ledger = stand, Ledger()
        self.world = World(stand.made.url, stand.made.token, self.ledger, Random(seed))
        self.crowd = Crowd(self.world)

    async def contacts(self, number: int) -> None:
        """So many by each of two people, one after the other, the last of each sent twice."""
        phone, email = self.world.new_phone(), self.world.new_email()
        for _ in range(number):
            text, mail = self.world.sms(phone), self.world.email(email)
            await asyncio.gather(self.world.contact(text), self.world.contact(mail))
        await asyncio.gather(*(self.world.deliver(delivery) for _, made in (text, mail) for delivery in made))

    async def customer(self) -> str:
        """Somebody who has written, and whom intake knows by now."""
        email = self.world.new_email()
        await self.world.contact(self.world.email(email))
        await until(lambda: self.crowd.find(f"email:{email}"), within=QUIET_WITHIN)
        return str(await self.crowd.find(f"email:{email}"))

    async def holds(self) -> Facts:
        """Waits until all is at its end, and finds nothing wrong anywhere."""
        await self.stand.quiet(within=QUIET_WITHIN)
        facts = await self.stand.facts()
        found = examine(self.ledger, facts, self.stand.subscriptions)
        assert not found, "\n".join(map(str, found))
        return facts
