"""A customer's link that comes in, quoted or pasted, or that was told before, is on no timeline."""

from __future__ import annotations

from datetime import timedelta
from uuid import UUID

from sqlalchemy import text

from shared.security import CustomerLinks, CustomerPage
from shared.security.customer_links import Mention, masked
from tests.intake import senders
from tests.intake.conftest import START, Running

ID = UUID(int=7)


def link(kept: Running) -> str:
    return CustomerLinks(kept.intake.settings, kept.clock).url(CustomerPage.PROMISE, ID, START + timedelta(days=9))


async def test_an_answer_that_quotes_it_keeps_everything_else(kept: Running) -> None:
    await kept.make_channel("mail", "postmark", senders.MAIL_SECRET)
    await kept.send(senders.mail(f"Cái này là gì? {link(kept)} Tôi không mở được."))
    await kept.work()
    customer = await kept.customer("email:lan.nguyen@example.com")
    shown = str(await kept.timeline(customer))
    assert masked(shown) is shown
    assert f"Cái này là gì? {Mention('promise', ID)} Tôi không mở được." in shown


async def test_what_was_told_before_is_shown_without(kept: Running) -> None:
    await kept.make_channel("mail", "postmark", senders.MAIL_SECRET)
    await kept.send(senders.mail("Xin chào"))
    await kept.work()
    customer = await kept.customer("email:lan.nguyen@example.com")
    async with kept.runtime.database.write() as session:
        said = "jsonb_set(data::jsonb, '{text}', to_jsonb(CAST(:said AS text)))::text"
        await session.execute(
            text(f"UPDATE timeline_entry SET data = {said} WHERE type = 'kept.interaction.received.v1'"),
            {"said": f"Xem {link(kept)}"},
        )
    shown = str(await kept.timeline(customer))
    assert masked(shown) is shown
    assert f"Xem {Mention('promise', ID)}" in shown
