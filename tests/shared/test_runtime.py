"""The loops of a worker, under supervision."""

import asyncio

from shared.clock import ManualClock
from shared.runtime import Runtime
from tests.shared.test_health import working
from tests.support.scratch import until


async def test_a_loop_whose_client_cancels_its_own_parts_starts_again(url: str, clock: ManualClock) -> None:
    """As aiokafka does that has lost its broker for long: nobody has told the loop to end."""
    runs = 0

    async def loop(_: Runtime, stop: asyncio.Event) -> None:
        nonlocal runs
        runs += 1
        if runs == 1:
            lost = asyncio.get_running_loop().create_future()
            lost.cancel()
            await lost
        await stop.wait()

    async with working(url, clock, loops={"own": loop}) as runtime:
        await until(lambda: runs == 2)
        assert "own" not in runtime.faults
