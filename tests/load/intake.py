"""Intake, made ready for load: its channel, and raw requests that wait for the worker."""

from __future__ import annotations

import asyncio
import json
from itertools import islice
from typing import cast

from services.intake.raw import Raw
from services.intake.state import Intake
from services.intake.tables import Channel
from shared.runtime import Runtime
from shared.telemetry import fresh_traceparent
from tests.load.servers import PUBLIC_URL
from tests.load.sms import CHANNEL, PATH, TOKEN, Texts

TOGETHER = 200


def intake_of(runtime: Runtime) -> Intake:
    return cast("Intake", runtime.service.state)


async def open_channel(runtime: Runtime) -> None:
    """The Twilio channel that `sms` writes to."""
    intake = intake_of(runtime)
    async with runtime.database.write() as session:
        session.add(
            Channel(
                name=CHANNEL,
                provider="twilio",
                kind="sms",
                account="",
                sealed_secrets=[intake.vault.seal(TOKEN)],
                enabled=True,
                created_at=session.now,
                updated_at=session.now,
            )
        )


async def store_raws(runtime: Runtime, count: int, *, customers: int) -> None:
    """As the webhook stores them, with the headers it keeps."""
    intake, texts = intake_of(runtime), Texts(PUBLIC_URL, customers=customers).form()
    for _ in range(0, count, TOGETHER):
        raws = [
            Raw(CHANNEL, runtime.clock.now(), "POST", PATH, _headers(signature), body, fresh_traceparent())
            for body, signature in islice(texts, TOGETHER)
        ]
        await asyncio.gather(*(intake.raws.put(runtime.database.alone, raw) for raw in raws))


def _headers(signature: str) -> str:
    return json.dumps({"content-type": "application/x-www-form-urlencoded", "x-twilio-signature": signature})
