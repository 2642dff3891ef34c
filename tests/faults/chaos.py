"""Carries out a plan: kills, freezes and restarts while the crowd goes on."""

from __future__ import annotations

import asyncio
import signal
import sys
from collections import Counter, defaultdict
from collections.abc import Sequence
from time import monotonic

from tests.faults.plan import Fault
from tests.faults.stand import Stand
from tests.support.installation import ServiceProcess


class Chaos:
    """`done` counts what was done, as (how, target). What cannot be broken is left alone."""

    def __init__(self, stand: Stand) -> None:
        self.stand = stand
        self.done: Counter[tuple[str, str]] = Counter()
        self.fell: list[str] = []
        """Processes that ended without our doing."""
        self._one_at_a_time: dict[str, asyncio.Lock] = defaultdict(asyncio.Lock)

    @property
    def kills(self) -> int:
        return sum(count for (how, _), count in self.done.items() if how == "kill")

    async def carry_out(self, faults: Sequence[Fault]) -> None:
        """Returns when everything is running again, if not yet ready."""
        began = monotonic()
        async with asyncio.TaskGroup() as under_way:
            for fault in faults:
                await asyncio.sleep(max(0.0, fault.at - (monotonic() - began)))
                under_way.create_task(self._do(fault))

    async def _do(self, fault: Fault) -> None:
        async with self._one_at_a_time[fault.target]:
            match fault.target:
                case "postgres":
                    await self._postgres(fault)
                case "kafka":
                    await self._kafka(fault)
                case _:
                    service, _, role = fault.target.partition(" ")
                    await self._process(self.stand.process(service, role), fault)

    async def _process(self, process: ServiceProcess, fault: Fault) -> None:
        if not process.alive:
            self.fell.append(f"{fault.target}: {process.said()[-500:]}")
        elif fault.how == "freeze":
            process.send(signal.SIGSTOP)
            await asyncio.sleep(fault.seconds)
            process.send(signal.SIGCONT)
            self.done["freeze", fault.target] += 1
            return
        else:
            await asyncio.to_thread(process.kill)
            self.done["kill", fault.target] += 1
        await asyncio.sleep(fault.seconds)
        process.start()

    async def _postgres(self, fault: Fault) -> None:
        server = self.stand.postgres.embedded
        if server is None:
            return
        if fault.how == "kill":
            await asyncio.to_thread(server.kill)
        else:
            await asyncio.to_thread(server.stop)
        await asyncio.sleep(fault.seconds)
        await asyncio.to_thread(server.start)
        self.done[fault.how, "postgres"] += 1

    async def _kafka(self, fault: Fault) -> None:
        server = self.stand.kafka
        if not server.can_break:
            return
        await asyncio.to_thread(server.kill if fault.how == "kill" else server.stop)
        await asyncio.sleep(fault.seconds)
        await asyncio.to_thread(server.start)
        self.done[fault.how, "kafka"] += 1

    def look_for_the_fallen(self) -> None:
        """Whatever is not running now, when nobody kills, fell by itself."""
        for (service, role), process in self.stand.made.processes.items():
            if not process.alive:
                self.fell.append(f"{service} {role}: {process.said()[-500:]}")
                process.start()


def tell(text: str) -> None:
    sys.stdout.write(f"{text}\n")
    sys.stdout.flush()
