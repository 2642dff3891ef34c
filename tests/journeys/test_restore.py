"""The recipe of deploy/README: dumps that are put back bring every effect again, and send nothing again."""

from __future__ import annotations

import asyncio
import os
import subprocess
from collections import Counter
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from typing import Any

import pytest

from services.demo.command import free_port
from services.demo.interface import Interface
from services.demo.senders import Postmark
from services.host import registry
from services.host.up import access_token, running
from shared.embedded import EmbeddedPostgres
from shared.embedded.cluster import environment, program, psql
from tests.support.postgres import scratch_directory
from tests.support.scratch import until

DEPLOY = Path(__file__).parents[2] / "deploy"
SHOP = Postmark("shop-mail", "postmark:a password of the tests")


def recipe(script: str, postgres: EmbeddedPostgres, *words: str) -> None:
    """The script of deploy/ with this server in place of the container, and no containers to stop and start."""
    ours = environment()
    ours |= {"PGHOST": str(postgres._socket), "PATH": f"{program('pg_dump').parent}:{os.environ['PATH']}"}
    ours |= {"KEPT_IN_POSTGRES": "", "KEPT_COMPOSE": ":"}
    ran = subprocess.run([DEPLOY / script, *words], env=ours, capture_output=True, text=True, check=False)
    assert ran.returncode == 0, ran.stderr


class Shop:
    """A house with one channel, and what can be asked of it."""

    def __init__(self, api: Interface) -> None:
        self.api = api

    async def write(self, *people: str) -> None:
        for name in people:
            who, at = f"{name}@kunde.example", datetime.now(UTC)
            mail = SHOP.email(f"m-{name}", who, name.title(), "A question", f"It is {name}. When do you come?", at)
            assert await self.api.deliver(mail) == 200

    async def promises(self, name: str) -> list[dict[str, Any]]:
        found = (await self.api.get("/intake/customers", handle=f"email:{name}@kunde.example"))["items"]
        if not found:
            return []
        items: list[dict[str, Any]] = (await self.api.get("/commitments", customer_id=found[0]["id"]))["items"]
        return items

    async def mails(self) -> Counter[str]:
        """How many left, by who got them."""
        box = await self.api.get("/mailbox/messages.json")
        return Counter(str(mail["to"][0]).partition("@")[0] for mail in box)

    async def is_done(self, people: Sequence[str]) -> bool:
        mails = await self.mails()
        return all([await self.promises(name) for name in people]) and all(mails[name] for name in people)

    async def is_well(self) -> bool:
        return bool((await self.api.get("/ready"))["ready"])


@asynccontextmanager
async def shop(directory: Path) -> AsyncIterator[Shop]:
    port = free_port()
    async with running(directory, port=port) as house:
        api = Interface(f"http://127.0.0.1:{port}", access_token(house))
        yield Shop(api)
        await api.close()


@pytest.mark.slow
@pytest.mark.timeout(300)
@pytest.mark.parametrize("services", [["commitments"], ["notifications"], ["commitments", "notifications", "feedback"]])
async def test_a_dump_that_is_put_back_loses_no_effect_and_sends_nothing_twice(services: list[str]) -> None:
    before, after, last = ["an", "binh", "chi"], ["dung", "giang"], ["hoa"]
    with scratch_directory() as directory:
        data, dumps = directory / "data", directory / "dumps"
        async with shop(data) as desk:
            channel = {"name": SHOP.channel, "provider": "postmark", "secrets": [SHOP.credentials]}
            await desk.api.post("/intake/channels", channel)
            await desk.write(*before)
            await until(partial(desk.is_done, before), within=30)
            await asyncio.to_thread(recipe, "backup", EmbeddedPostgres(data / "postgres"), str(dumps))
            await desk.write(*after)
            await until(partial(desk.is_done, after), within=30)
            told = {name: [p["id"] for p in await desk.promises(name)] for name in (*before, *after)}
        with EmbeddedPostgres(data / "postgres") as postgres:
            for name in registry.NAMES:
                psql(postgres.dsn(), f"CREATE ROLE {name}")
            await asyncio.to_thread(recipe, "restore", postgres, str(dumps), *services)
        async with shop(data) as desk:
            await until(partial(desk.is_done, [*before, *after]), within=30)
            assert {name: [p["id"] for p in await desk.promises(name)] for name in told} == told
            await desk.write(*last)
            await until(partial(desk.is_done, last), within=30)
            await until(desk.is_well, within=30)
            assert await desk.mails() == Counter([*before, *after, *last]), "each was told once"
