"""Subscriptions are confirmed by fetching the provider's address once, and what came of it is written down."""

from __future__ import annotations

import logging
from collections.abc import AsyncIterator
from datetime import timedelta
from ipaddress import ip_network

import pytest

from services.intake.arrivals import confirmations
from services.intake.arrivals.confirmations import Asked as AskedFor
from services.intake.arrivals.confirmations import Confirmations
from services.intake.errands import CLAIM, PAUSES
from shared.outbound import Outbound
from tests.intake.conftest import Running
from tests.support.web import Asked, Web, serving
from tests.support.work import claimed, worked


class Desk:
    def __init__(self, kept: Running, web: Web) -> None:
        self.kept, self.web, self.statuses = kept, web, [200]
        self.confirmations = Confirmations(Outbound([ip_network("127.0.0.0/8")]))

    async def ask(self, url: str) -> None:
        async with self.kept.runtime.database.write() as session:
            await confirmations.ask(session, {url: "ses"})

    async def round(self) -> int:
        return await worked(self.confirmations, self.kept.runtime.database)

    async def outcome(self) -> str | None:
        ((outcome,),) = await self.kept.rows("SELECT outcome FROM confirmation")
        return None if outcome is None else str(outcome)


@pytest.fixture
async def desk(kept: Running) -> AsyncIterator[Desk]:
    async def answer(asked: Asked) -> None:
        await asked.answer(made.statuses[0] if len(made.statuses) == 1 else made.statuses.pop(0), b"<ok/>")

    async with serving(answer) as web:
        made = Desk(kept, web)
        yield made


async def test_an_address_is_fetched_once_however_often_it_is_asked_for(desk: Desk) -> None:
    url = f"{desk.web.url}/?Action=ConfirmSubscription&Token=t"
    await desk.ask(url)
    assert await desk.round() == 1
    assert await desk.outcome() == "confirmed"
    await desk.ask(url)
    desk.kept.clock.advance(timedelta(days=2))
    assert await desk.round() == 0
    assert [asked.path for asked in desk.web.asked] == ["/?Action=ConfirmSubscription&Token=t"]


async def test_trouble_passes(desk: Desk) -> None:
    desk.statuses = [503, 429, 200]
    await desk.ask(desk.web.url)
    for pause in PAUSES.spans[:2]:
        await desk.round()
        assert await desk.outcome() is None
        assert await desk.round() == 0
        desk.kept.clock.advance(pause)
    await desk.round()
    assert await desk.outcome() == "confirmed"


async def test_trouble_that_does_not_pass_ends(desk: Desk) -> None:
    desk.statuses = [500]
    await desk.ask(desk.web.url)
    for pause in PAUSES.spans:
        await desk.round()
        desk.kept.clock.advance(pause)
    await desk.round()
    assert await desk.outcome() == "could not be fetched: the answer is status 500"
    desk.kept.clock.advance(timedelta(days=2))
    assert await desk.round() == 0


async def test_whoever_took_too_long_says_nothing_of_what_is_anothers_by_now(desk: Desk) -> None:
    await desk.ask(desk.web.url)
    database = desk.kept.runtime.database
    (late,) = await claimed(desk.confirmations, database)
    desk.kept.clock.advance(CLAIM)
    (taken,) = await claimed(desk.confirmations, database)
    for outcome in (None, "refused: it took too long"):
        async with database.write() as session:
            await desk.confirmations.settle(session, [AskedFor(late, outcome)])
    ((outcome, next_at),) = await desk.kept.rows("SELECT outcome, next_at FROM confirmation")
    assert (taken.attempts, outcome, next_at) == (2, None, desk.kept.clock.now() + CLAIM)
    async with database.write() as session:
        await desk.confirmations.settle(session, [AskedFor(late, confirmations.CONFIRMED)])
    assert await desk.outcome() == "confirmed"


async def test_a_no_is_a_no(desk: Desk) -> None:
    desk.statuses = [403]
    await desk.ask(desk.web.url)
    await desk.round()
    assert await desk.outcome() == "refused: the answer is status 403"


async def test_a_redirect_is_not_followed_and_our_own_network_not_asked(desk: Desk) -> None:
    desk.statuses = [302]
    await desk.ask(desk.web.url)
    await desk.round()
    assert await desk.outcome() == "refused: the answer is status 302"
    inside = Confirmations(Outbound())
    await desk.ask(desk.web.url + "/again")
    await worked(inside, desk.kept.runtime.database)
    ((outcome,),) = await desk.kept.rows("SELECT outcome FROM confirmation WHERE url LIKE '%again'")
    assert outcome == "refused: its host is not on the public internet"
    assert len(desk.web.asked) == 1


async def test_the_log_names_the_channel_and_not_the_address(desk: Desk, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.INFO)
    await desk.ask(f"{desk.web.url}/?Token=s3cret")
    await desk.round()
    assert "channel='ses'" in caplog.text
    assert "s3cret" not in caplog.text
    assert "127.0.0.1" not in caplog.text
