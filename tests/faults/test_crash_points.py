"""Each place at which dying could hurt is hit on purpose: the process ends there, comes back, and nothing shows."""

from __future__ import annotations

import asyncio
import re

import pytest

from shared import crash
from tests.faults.scene import Scene
from tests.faults.stand import Stand

pytestmark = [pytest.mark.asyncio(loop_scope="session"), pytest.mark.slow, pytest.mark.timeout(240)]

Deaths = dict[tuple[str, str], str]

ROUNDS: tuple[Deaths, ...] = (
    {
        ("intake", "api"): "after_raw",
        ("intake", "worker"): "after_parse",
        ("commitments", "worker"): "after_effect",
        ("notifications", "worker"): "before_send",
    },
    {
        ("commitments", "api"): "before_answer",
        ("intake", "worker"): "before_publish",
        ("commitments", "worker"): "after_fire",
        ("notifications", "worker"): "after_send",
    },
    {
        ("intake", "worker"): "after_effect",
        ("commitments", "worker"): "after_publish",
        ("notifications", "worker"): "before_publish",
        ("feedback", "worker"): "after_effect",
    },
)
"""The same few contacts pass all of these places; processes apart die in one round."""


@pytest.mark.parametrize("deaths", ROUNDS, ids=lambda deaths: " ".join(deaths.values()))
async def test_dying_there_loses_and_doubles_nothing(scene: Scene, deaths: Deaths) -> None:
    """Between store and answer, store and publish, publish and mark, effect and offset, before and after a send."""
    for service, role in deaths:
        await asyncio.to_thread(scene.stand.process(service, role).stop)
        scene.stand.process(service, role).start(KEPT_CRASH_AT=deaths[service, role])
    async with asyncio.TaskGroup() as together:
        dying = [together.create_task(die_and_come_back(scene.stand, *who)) for who in deaths]
        together.create_task(act(scene))
    assert [task.result() for task in dying] == [137] * len(deaths)
    facts = await scene.holds()
    if "after_publish" in deaths.values():
        assert len(facts.published) > len({p.event_id for p in facts.published}), "published again, handled once"
    if "after_send" in deaths.values():
        # The policy of mail: again, under the same Message-ID, unless what it says is no longer true by then.
        assert any(row["attempts"] > (row["state"] == "sent") for row in facts.notifications)


async def die_and_come_back(stand: Stand, service: str, role: str) -> int:
    process = stand.process(service, role)
    code = await asyncio.to_thread(process.ended, within=90)
    process.start()
    return code


async def act(scene: Scene) -> None:
    """A contact of everybody's, an answer, a promise that is kept and one that breaks."""
    await scene.contacts(2)
    customer = await scene.customer()
    await scene.crowd.answer(customer)
    kept = await scene.crowd.promise(customer, 60)
    assert kept
    assert await scene.world.ask(f"/commitments/{kept}/fulfil") is not None
    scene.ledger.fulfilled.add(kept)
    assert await scene.crowd.promise(customer, 5)


async def test_every_crash_point_is_hit() -> None:
    listed = set(re.findall(r"^    (\w+) ", crash.__doc__ or "", re.MULTILINE))
    assert listed == {point for deaths in ROUNDS for point in deaths.values()}
