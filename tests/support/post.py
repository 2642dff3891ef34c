"""A provider for tests: a post office in this process, which takes messages, loses its answers and can be asked."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Mapping
from dataclasses import dataclass

from services.notifications.errors import Outcome, Undelivered
from services.notifications.providers.handover import (
    Accepted,
    Account,
    AttemptState,
    Outgoing,
    Prepared,
    Sought,
    Status,
)
from services.notifications.providers.protocol import Form, Limits, Repeat
from services.notifications.providers.rules import Rules, judged
from shared.contracts.intake import ChannelKind, HandleKind

RULES: Rules = {"4": Outcome.REFUSED, "429": Outcome.LATER, "410": Outcome.DEAD, "401": Outcome.ACCOUNT}


@dataclass
class Parcel:
    """A message that the post office has taken: under its own id, with our reference on it."""

    id: str
    reference: str
    to: str
    text: str
    state: AttemptState = AttemptState.ACCEPTED


class PostOffice:
    """Sends texts to phones. `answers` are codes given to the next messages instead of taking them.

    `is_silent`: it takes messages and never answers. `is_closed`: it cannot be asked for any.
    """

    channel_kind = ChannelKind.SMS
    handle_kind = HandleKind.PHONE

    def __init__(self, repeat: Repeat, *, most: int | None = None) -> None:
        self.name, self.repeat = f"post-{repeat}", repeat
        self.forms: Mapping[Form, Limits] = {Form.TEXT: Limits(text=most)}
        self.parcels: list[Parcel] = []
        self.answers: list[str] = []
        self.arrived = asyncio.Event()
        self.is_silent = self.is_closed = False
        self.asked = 0

    def prepare(self, message: Outgoing, account: Account, to: str) -> Prepared:
        content = json.dumps({"from": account.address, "to": to, "text": message.text}).encode()
        return Prepared(account, to, content, str(message.notification_id))

    async def send(self, prepared: Prepared) -> Accepted:
        if self.answers:
            code = self.answers.pop(0)
            raise Undelivered(judged(RULES, code), f"the post office says {code}")
        said = json.loads(prepared.content)
        parcel = Parcel(f"P{len(self.parcels) + 1}", prepared.reference, said["to"], said["text"])
        self.parcels.append(parcel)
        self.arrived.set()
        if self.is_silent:
            await asyncio.Event().wait()
        return Accepted(parcel.id)

    async def lookup(self, sought: Sought) -> Status | None:
        self.asked += 1
        if self.is_closed:
            raise Undelivered(Outcome.LATER, "the post office is closed")
        found = next((one for one in self.parcels if one.reference == sought.reference), None)
        return Status(found.state, found.id) if found else None

    async def close(self) -> None:
        """It holds no connections."""
