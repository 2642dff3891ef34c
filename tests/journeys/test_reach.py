"""From what happens to an address at intake to whether notifications writes to it."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import text

from services.intake.channels.items import Address, Contact, Reach
from services.intake.customers import unreachable
from shared.contracts.intake import ChannelKind, HandleKind, HandleUnreachable, InteractionKind, Reachability
from tests.intake.conftest import START, Running
from tests.intake.conftest import kept as kept
from tests.intake.toy import sent, toy_provider
from tests.notifications.conftest import Desk, stated
from tests.notifications.conftest import clock as clock
from tests.notifications.conftest import desk as desk
from tests.notifications.conftest import mail as mail

LAN = Address(HandleKind.EMAIL, "lan@example.com")
HOUR = timedelta(hours=1)


@pytest.fixture
async def house(kept: Running, desk: Desk, monkeypatch: pytest.MonkeyPatch) -> Any:
    """Intake with a channel, and notifications beside it, which hears all that intake tells."""
    with toy_provider(monkeypatch):
        await kept.make_channel("toy", "toy", "toy-secret-of-ours")
        yield kept, desk


def wrote(external_id: str, *, hours: int) -> Contact:
    at = START + hours * HOUR
    return Contact(external_id, InteractionKind.MESSAGE, LAN, at, text="hello", channel_kind=ChannelKind.EMAIL)


def closed(reason: Reachability, *, hours: int) -> Reach:
    return Reach(f"{reason}", LAN, reason, START + hours * HOUR)


async def hear(house: tuple[Running, Desk], *items: Any, hours: int) -> int:
    """Takes these items in, passes on all that intake has told, and says how many mails a promise brings then."""
    intake, notifications = house
    intake.clock.set(START + hours * HOUR)
    if items:
        assert (await intake.send(sent(*items))).status_code == 200
        await intake.work()
    await notifications.deliver(*await intake.log(), stated(await intake.customer("email:lan@example.com")))
    before = len(notifications.mail.mails)
    await notifications.send()
    return len(notifications.mail.mails) - before


async def test_an_address_that_bounced_is_written_to_again_when_a_customer_writes_from_it(
    house: tuple[Running, Desk],
) -> None:
    assert await hear(house, wrote("m1", hours=0), closed(Reachability.BOUNCED, hours=0), hours=0) == 0
    assert await hear(house, wrote("m2", hours=1), hours=1) == 1


async def test_so_is_one_that_the_mail_server_itself_knew_to_be_none(house: tuple[Running, Desk]) -> None:
    """Intake hears of it from notifications, shows it to agents, and opens it as any other."""
    intake, notifications = house
    notifications.mail.answers = ["550 5.1.1 no such user"]
    assert await hear(house, wrote("m1", hours=0), hours=0) == 0
    (failed,) = [event for event in await notifications.log() if event.type == "kept.notification.failed.v2"]
    async with intake.runtime.database.write() as session:
        await intake.runtime.service.handle(session, [failed])
    (told,) = await intake.facts(HandleUnreachable)
    assert (told.reason, told.handle.value) == (Reachability.BOUNCED, "lan@example.com")
    assert await hear(house, hours=1) == 0
    assert await hear(house, wrote("m2", hours=2), hours=2) == 1


async def test_who_opted_out_is_not_written_to_again_by_writing(house: tuple[Running, Desk]) -> None:
    assert await hear(house, wrote("m1", hours=0), closed(Reachability.OPTED_OUT, hours=0), hours=0) == 0
    assert await hear(house, wrote("m2", hours=1), hours=1) == 0


async def test_who_opted_out_before_the_upgrade_is_not_written_to_after_it(house: tuple[Running, Desk]) -> None:
    """The version before told of it when notifications did not keep it."""
    intake, notifications = house
    await hear(house, wrote("m1", hours=0), closed(Reachability.OPTED_OUT, hours=0), hours=0)
    async with intake.runtime.database.write() as session:
        await session.execute(text("UPDATE handle_reach SET told_at = NULL, refused_at = NULL"))
    async with notifications.database.write() as session:
        await session.execute(text("DELETE FROM suppression"))
    await unreachable.tell_untold(intake.runtime.database)
    async with notifications.database.write() as session:
        await session.execute(text("DELETE FROM suppression"))
    assert await hear(house, hours=1) == 0
