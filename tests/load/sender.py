"""The sender: a process of its own that posts signed webhooks over kept-alive connections, and reports as JSON.

Without a rate each connection sends its next request when the last one was answered (closed loop: the peak).
With a rate request n belongs to the instant n / rate, waits for a free connection if it must, and its latency
counts from that instant: a server that stalls cannot hide it by being asked less (open loop, no coordinated
omission). Requests are made and signed before the clock starts.
"""

from __future__ import annotations

import asyncio
import gc
import json
import sys
from collections import Counter, deque
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass, field
from itertools import islice
from math import ceil
from time import perf_counter, time
from typing import cast
from urllib.parse import urlsplit

import uvloop

from tests.load.mix import PREFIX, SECRETS, Mix

DRAIN = 10.0
"""Seconds after the last request in which answers may still come."""
TICK = 0.001


@dataclass(frozen=True, slots=True)
class Plan:
    """Sends `count` requests at most, for `seconds` at most. `rate` is requests per second, None as many as can be."""

    url: str
    origin: str
    count: int
    seconds: float
    rate: float | None = None
    connections: int = 64
    prefix: str = PREFIX
    customers: int = 10_000
    first: int = 0
    providers: Sequence[str] = tuple(SECRETS)


@dataclass
class Report:
    """`seconds` from the first request to the last answer; latencies in seconds, of the answered ones."""

    answered: int
    seconds: float
    began_at: float
    statuses: dict[str, int] = field(default_factory=dict)
    p50: float = 0.0
    p99: float = 0.0
    worst: float = 0.0
    unanswered: int = 0

    @property
    def rate(self) -> float:
        return self.answered / self.seconds if self.seconds else 0.0

    @property
    def clean(self) -> bool:
        return self.unanswered == 0 and set(self.statuses) == {"200"}


def quantile(ordered: Sequence[float], q: float) -> float:
    """The smallest value that at least a part `q` of them does not exceed."""
    if not ordered:
        return 0.0
    return ordered[max(0, ceil(len(ordered) * q) - 1)]


class _Line(asyncio.Protocol):
    """One connection, one request at a time."""

    transport: asyncio.Transport

    def __init__(self, load: Load) -> None:
        self._load = load
        self._received = b""
        self._due = 0.0

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self.transport = cast("asyncio.Transport", transport)

    def send(self, request: bytes, due: float) -> None:
        self._due = due
        self.transport.write(request)

    def data_received(self, data: bytes) -> None:
        received = self._received = self._received + data if self._received else data
        end = received.find(b"\r\n\r\n")
        if end < 0 or len(received) < end + 4 + _body_length(received[:end].lower()):
            return
        self._received = b""
        self._load.answered(self, received[9:12].decode(), self._due)

    def connection_lost(self, error: Exception | None) -> None:
        self._load.lost()


def _body_length(head: bytes) -> int:
    at = head.find(b"content-length: ")
    return int(head[at + 16 :].split(b"\r\n", 1)[0]) if at >= 0 else 0


class Load:
    def __init__(self, plan: Plan) -> None:
        self.plan = plan
        address = urlsplit(plan.url)
        self.host, self.port = address.hostname or "127.0.0.1", address.port or 80
        mix = Mix(plan.origin, plan.customers, plan.first, plan.providers)
        self._requests = deque(islice(mix.requests(address.netloc, plan.prefix), plan.count))
        self._latencies: list[float] = []
        self._statuses: Counter[str] = Counter()
        self._free: deque[_Line] = deque()
        self._due: deque[float] = deque()
        self._sent = 0
        self._last = 0.0
        self._ends = float("inf")
        self._closing = False

    async def run(self) -> Report:
        loop = asyncio.get_running_loop()
        lines = [
            (await loop.create_connection(lambda: _Line(self), self.host, self.port))[1]
            for _ in range(self.plan.connections)
        ]
        gc.collect()
        gc.freeze()
        gc.disable()
        began_at, start = time(), perf_counter()
        self._ends = start + self.plan.seconds
        if self.plan.rate is None:
            for line in lines:
                self._next(line, start)
            await self._until(lambda: not self._requests, self._ends)
        else:
            self._free.extend(lines)
            await self._keep_time(start, 1 / self.plan.rate)
        await self._until(lambda: len(self._latencies) == self._sent, perf_counter() + DRAIN)
        self._closing = True
        for line in lines:
            line.transport.close()
        return self._report(began_at, start)

    async def _until(self, true: Callable[[], bool], deadline: float) -> None:
        while not true() and perf_counter() < deadline:
            await asyncio.sleep(0.01)

    async def _keep_time(self, start: float, interval: float) -> None:
        index = 0
        while self._requests or self._due:
            now = perf_counter()
            while (due := start + index * interval) <= min(now, self._ends) and len(self._due) < len(self._requests):
                self._due.append(due)
                index += 1
            while self._due and self._free:
                self._next(self._free.popleft(), self._due.popleft())
            if not self._due and (now > self._ends or not self._requests):
                return
            if now > self._ends + DRAIN:
                return
            await asyncio.sleep(TICK)

    def _next(self, line: _Line, due: float) -> None:
        if self._requests and perf_counter() < self._ends + (DRAIN if self.plan.rate else 0):
            self._sent += 1
            line.send(self._requests.popleft(), due)

    def answered(self, line: _Line, status: str, due: float) -> None:
        self._last = perf_counter()
        self._latencies.append(self._last - due)
        self._statuses[status] += 1
        if self.plan.rate is None:
            self._next(line, self._last)
        elif self._due:
            self._next(line, self._due.popleft())
        else:
            self._free.append(line)

    def lost(self) -> None:
        if not self._closing:
            self._statuses["connection lost"] += 1

    def _report(self, began_at: float, start: float) -> Report:
        ordered = sorted(self._latencies)
        return Report(
            answered=len(ordered),
            seconds=self._last - start,
            began_at=began_at,
            statuses=dict(self._statuses),
            p50=quantile(ordered, 0.5),
            p99=quantile(ordered, 0.99),
            worst=ordered[-1] if ordered else 0.0,
            unanswered=self._sent - len(ordered) + len(self._due),
        )


async def send(plan: Plan) -> Report:
    """Runs the sender as a process of its own. Raises RuntimeError where it fails."""
    child = await asyncio.create_subprocess_exec(
        sys.executable, "-m", __name__, stdin=asyncio.subprocess.PIPE, stdout=asyncio.subprocess.PIPE
    )
    try:
        output, _ = await child.communicate(json.dumps(asdict(plan)).encode())
    finally:
        if child.returncode is None:
            child.kill()
    if child.returncode:
        raise RuntimeError(f"the sender ended with {child.returncode}")
    return Report(**json.loads(output))


if __name__ == "__main__":
    plan = Plan(**json.load(sys.stdin))
    print(json.dumps(asdict(uvloop.run(Load(plan).run()))))
