"""A lease: one holder at a time, whoever hangs or dies."""

import asyncio

import pytest

from shared.database import Database
from shared.lease import Lease, lead
from tests.support.scratch import rows, until


async def term(database: Database) -> tuple[str, int]:
    ((holder, term),) = await rows(database, "SELECT holder, term FROM lease")
    return holder, term


async def test_one_holds_it_and_renews_it(database: Database) -> None:
    one, other = Lease(database, "relay", "one"), Lease(database, "relay", "other")
    assert await one.acquire()
    assert not await other.acquire()
    assert await one.acquire()
    assert (one.held, other.held) == (True, False)
    assert await term(database) == ("one", 1)


async def test_names_are_apart(database: Database) -> None:
    assert await Lease(database, "relay", "one").acquire()
    assert await Lease(database, "sweeper", "other").acquire()


async def test_only_one_of_many_wins(database: Database) -> None:
    leases = [Lease(database, "relay", f"holder-{n}") for n in range(8)]
    assert sum(await asyncio.gather(*(lease.acquire() for lease in leases))) == 1


async def test_who_gives_it_up_is_followed_at_once_and_terms_only_grow(database: Database) -> None:
    one, other = Lease(database, "relay", "one"), Lease(database, "relay", "other")
    await one.acquire()
    await one.release()
    assert not one.held
    assert await other.acquire()
    assert await term(database) == ("other", 2)
    await one.release()  # not ours: nothing happens
    assert await term(database) == ("other", 2)
    assert not await one.acquire()


async def test_the_holder_stops_trusting_before_another_can_have_it(database: Database) -> None:
    one, other = Lease(database, "relay", "one", seconds=0.6), Lease(database, "relay", "other", seconds=0.6)
    await one.acquire()
    while one.held:
        assert not await other.acquire()
        await asyncio.sleep(0.01)
    await until(other.acquire, within=2)
    assert not one.held


async def test_a_leader_that_is_told_to_stop_gives_way_at_once(database: Database) -> None:
    stop = asyncio.Event()
    leading = asyncio.create_task(lead(Lease(database, "relay", "one"), stop, _little))
    await until(lambda: rows(database, "SELECT * FROM lease"))
    stop.set()
    await asyncio.wait_for(leading, 1)
    assert await Lease(database, "relay", "other").acquire()


async def test_a_standby_that_is_told_to_stop_stops(database: Database) -> None:
    await Lease(database, "relay", "one", seconds=60).acquire()
    stop = asyncio.Event()
    standing_by = asyncio.create_task(lead(Lease(database, "relay", "other", seconds=60), stop, _little))
    await asyncio.sleep(0.1)
    stop.set()
    await asyncio.wait_for(standing_by, 1)


async def test_a_leader_whose_step_fails_gives_way(database: Database) -> None:
    async def fail() -> None:
        raise ConnectionError("the broker is away")

    with pytest.raises(ConnectionError):
        await lead(Lease(database, "relay", "one"), asyncio.Event(), fail)
    assert await Lease(database, "relay", "other").acquire()


async def _little() -> None:
    await asyncio.sleep(0.01)


async def test_an_answer_that_was_long_on_its_way_is_trusted_from_before_the_question(
    database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The clock stands still but for the ten seconds in which the database is asked."""
    lease, now = Lease(database, "relay", "one", seconds=30), [1000.0]
    connect = database.alone.connect

    def slowly() -> object:
        now[0] += 10
        return connect()

    monkeypatch.setattr("shared.lease.monotonic", lambda: now[0])
    monkeypatch.setattr(type(database.alone), "connect", lambda _: slowly())
    assert await lease.acquire()
    now[0] = 1000 + 20 - 0.1
    assert lease.held
    now[0] = 1000 + 20 + 0.1
    assert not lease.held
