"""Intake, made ready for load: its channels, and raw requests that wait for the worker."""

from __future__ import annotations

import asyncio
import json
from itertools import islice
from typing import cast

from services.intake.arrivals.raw import Raw
from services.intake.channels.setup import settings as setup
from services.intake.channels.setup.settings import ChannelOrder
from services.intake.state import Intake
from shared.runtime import Runtime
from shared.telemetry import fresh_traceparent
from tests.load.mix import PREFIX, SECRETS, Mix
from tests.load.servers import PUBLIC_URL

TOGETHER = 200


def intake_of(runtime: Runtime) -> Intake:
    return cast("Intake", runtime.service.state)


async def open_channels(runtime: Runtime) -> None:
    """One channel for each provider of the mix, named as it is."""
    intake = intake_of(runtime)
    async with runtime.database.write() as session:
        for name, secret in SECRETS.items():
            await setup.make(session, intake, ChannelOrder(name, name, [secret]), by="bench")


async def store_raws(runtime: Runtime, count: int, *, customers: int) -> None:
    """As the webhook stores them, with the headers it keeps."""
    intake, contacts = intake_of(runtime), Mix(PUBLIC_URL, customers).contacts()
    for _ in range(0, count, TOGETHER):
        raws = [
            Raw(
                one.channel,
                runtime.clock.now(),
                "POST",
                PREFIX + one.channel,
                json.dumps({"content-type": one.headers["Content-Type"]}),
                one.body,
                fresh_traceparent(),
            )
            for one in islice(contacts, TOGETHER)
        ]
        await asyncio.gather(*(intake.raws.put(runtime.database, raw) for raw in raws))
