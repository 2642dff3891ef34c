"""The last requests of a channel, and an accepted one read again."""

from __future__ import annotations

from typing import Any

import pytest

from services.intake import commands
from services.intake.commands import Place
from services.intake.errors import NoSuchChannel, NoSuchRequest
from shared.contracts.intake import InteractionReceived
from tests.intake import senders
from tests.intake.conftest import Running

PATH = "/intake/channels/sms/requests"


@pytest.fixture
async def desk(kept: Running) -> Running:
    await kept.make_channel("sms", "twilio", senders.TWILIO_TOKEN)
    return kept


async def listed(desk: Running) -> list[dict[str, Any]]:
    await desk.intake.refusals.write(desk.runtime.database)
    answer = await desk.http.get(PATH, headers=desk.token("intake:read"))
    assert answer.status_code == 200, answer.text
    found: list[dict[str, Any]] = answer.json()
    return found


async def test_each_request_stands_with_what_became_of_it(desk: Running) -> None:
    await desk.make_channel("mail", "postmark", senders.MAIL_SECRET)
    await desk.send(senders.sms("hi", sid="1"))
    (one,) = await listed(desk)
    assert (one["verdict"], one["size"] > 0, one["id"] > 0) == ("waiting", True, True)
    await desk.work()
    await desk.send(senders.sms("hi", token="wrong"))
    verdicts = [(one["verdict"], one["count"]) for one in await listed(desk)]
    assert sorted(verdicts) == [("read", 1), ("refused", 1)]
    await desk.send(senders.signed_mail(b"{"))
    await desk.work()
    (row,) = await commands.requests(Place(desk.runtime.database, desk.intake), "mail", 10)
    assert row["verdict"] == "quarantined"
    assert row["reason"]


async def test_an_accepted_request_read_again_changes_nothing_twice(desk: Running) -> None:
    await desk.send(senders.sms("hi", sid="1"))
    await desk.work()
    before = await desk.facts(InteractionReceived)
    (one,) = await listed(desk)
    for _ in range(2):
        answer = await desk.http.post(f"{PATH}/{one['id']}/replay", headers=desk.token("intake:write"))
        assert (answer.status_code, answer.json()) == (202, {"id": one["id"], "verdict": "waiting"})
    assert (await listed(desk))[0]["verdict"] == "waiting"
    await desk.work()
    assert await desk.facts(InteractionReceived) == before
    assert (await listed(desk))[0]["verdict"] == "read"
    changes = await desk.http.get(PATH.replace("/requests", "/changes"), headers=desk.token("intake:read"))
    assert [(c["by"], c["what"]) for c in changes.json()[:2]] == [("lan", f"request {one['id']} read again")] * 2


async def test_what_is_not_there_is_not_read_again(desk: Running) -> None:
    await desk.make_channel("other", "twilio", senders.TWILIO_TOKEN)
    await desk.send(senders.sms("hi", sid="1"))
    (one,) = await listed(desk)
    place = Place(desk.runtime.database, desk.intake)
    with pytest.raises(NoSuchRequest):
        await commands.read_again(place, "other", one["id"])
    with pytest.raises(NoSuchChannel):
        await commands.read_again(place, "nobody", one["id"])
    headers = desk.token("intake:read")
    assert (await desk.http.post(f"{PATH}/{one['id']}/replay", headers=headers)).status_code == 403
    assert (await desk.http.get("/intake/channels/nobody/requests", headers=headers)).status_code == 404
    wrong = await desk.http.post(f"{PATH}/{2**63}/replay", headers=desk.token("intake:write"))
    assert wrong.status_code == 422
