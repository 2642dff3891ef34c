"""The timeline as it is read: what was filed long ago says what it said, in the newest version of its type."""

import pytest

from shared.contracts.intake import CaseOpened, InteractionReceived
from tests.intake import senders
from tests.intake.conftest import Running
from tests.support.versions import bring_next_version


async def test_an_entry_of_an_old_version_keeps_its_title_and_its_words(
    kept: Running, monkeypatch: pytest.MonkeyPatch
) -> None:
    await kept.make_channel("mail", "postmark", senders.MAIL_SECRET)
    await kept.send(senders.mail("Xin chào"))
    await kept.work()
    customer = await kept.customer("email:lan.nguyen@example.com")
    before = {entry["event_id"]: entry for entry in await kept.timeline(customer)}
    opened = bring_next_version(monkeypatch, CaseOpened, lambda data: data | {"severity": "normal"})
    received = bring_next_version(
        monkeypatch, InteractionReceived, lambda data: data | {"text": f"{data['text']}, as v2 has it"}
    )
    after = {entry["event_id"]: entry for entry in await kept.timeline(customer)}
    assert {id_: entry["title"] for id_, entry in after.items()} == {id_: e["title"] for id_, e in before.items()}
    told = {entry["event_type"]: entry for entry in after.values()}
    assert told[opened]["title"] == "Case opened"
    assert told[opened]["data"]["severity"] == "normal"
    assert told[received]["text"] == "Xin chào, as v2 has it"


async def test_an_entry_that_nobody_can_read_is_shown_by_its_name(kept: Running) -> None:
    await kept.make_channel("mail", "postmark", senders.MAIL_SECRET)
    await kept.send(senders.mail("Xin chào"))
    await kept.work()
    customer = await kept.customer("email:lan.nguyen@example.com")
    async with kept.runtime.database.engine.begin() as connection:
        await connection.exec_driver_sql("UPDATE timeline_entry SET type = 'kept.moon.rose.v7'")
    assert {(e["title"], e["text"]) for e in await kept.timeline(customer)} == {("kept.moon.rose.v7", None)}
