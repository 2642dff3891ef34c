"""The promise board as staff load it, a million commitments open: the whole page, one reader after the other."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from datetime import timedelta
from time import perf_counter

import httpx

from shared.security import Tokens
from tests.load.promises import many_open
from tests.load.sender import quantile
from tests.load.servers import Servers
from tests.load.table import Goal, Measured

GOALS = {"board.page": Goal("value", "<=", 50, "ms")}
WARM, PAGES = 20, 300


async def measure(servers: Servers, wanted: Collection[str]) -> Mapping[str, Measured]:
    async with many_open(servers) as (database, runtime), servers.serving("commitments", database) as process:
        token = Tokens(runtime.settings, runtime.clock).issue(
            "bench", frozenset({"commitments:read"}), lifetime=timedelta(hours=1)
        )
        client = httpx.AsyncClient(base_url=process.url, headers={"Authorization": f"Bearer {token}"}, trust_env=False)
        async with client:
            times = [await _page(client) for _ in range(WARM + PAGES)][WARM:]
    ordered = sorted(times)
    said = f"{PAGES} pages: p50 {quantile(ordered, 0.5) * 1000:.1f} ms, worst {ordered[-1] * 1000:.0f} ms"
    return {"board.page": Measured(quantile(ordered, 0.99) * 1000, "ms", said)}


async def _page(client: httpx.AsyncClient) -> float:
    start = perf_counter()
    answer = await client.get("/commitments/board")
    seconds = perf_counter() - start
    answer.raise_for_status()
    return seconds
