"""The examination of an installation by its databases, broker and mail server: `kept doctor`."""

from __future__ import annotations

import asyncio
import os
from dataclasses import dataclass
from pathlib import Path

from services.host import installation, operations, registry
from services.host.everyday import Everyday
from services.intake import commands
from services.notifications.errors import Undelivered
from services.notifications.providers.smtp import SmtpProvider
from services.notifications.settings import NotificationsSettings
from shared import health
from shared.broker import BrokerLost, connect
from shared.settings import ServiceSettings

PATIENCE = 15.0
"""Seconds a broker has to answer."""
SMTP_REMEDY = "See that the mail server runs, and KEPT_SMTP_URL: its host, port, user and password."


@dataclass(frozen=True, slots=True)
class Finding:
    """`found` is "ok", or what is wrong; then `remedy` says what to do."""

    service: str
    check: str
    found: str
    remedy: str = ""

    @property
    def is_well(self) -> bool:
        return self.found == health.OK


async def examine(data: Path) -> list[Finding]:
    """Each service of the house on this machine; in a container the one whose database KEPT_DATABASE_URL names.

    Raises Everyday where there is nothing to examine: the house is not up, the database is nobody's.
    """
    places = await _places(data)
    signing = installation.settings(data)
    found = [await _broker(data)]
    for service, url in places.items():
        checks = await _service(service, url, signing)
        found += checks
        if service == "intake" and all(one.is_well for one in checks):
            found += await _channels(url, signing)
        if service == "notifications" and "KEPT_SMTP_URL" in os.environ:
            found.append(await _mail())
    return found


async def _places(data: Path) -> dict[str, str]:
    url = os.environ.get("KEPT_DATABASE_URL")
    if url is None:
        return {name: installation.house_database(name, data) for name in registry.NAMES}
    service = await installation.owner(url)
    if service is None:
        raise Everyday("the database of KEPT_DATABASE_URL has no tables of Kept: kept migrate SERVICE")
    return {service: url}


async def _service(service: str, url: str, signing: ServiceSettings) -> list[Finding]:
    made = operations.unstarted(service, url, signing)
    try:
        checks = await health.examine(made)
    finally:
        await made.stop()
    return [
        Finding(service, word, result, "" if result == health.OK else health.remedy(service, word, result))
        for word, result in checks.items()
    ]


async def _channels(url: str, signing: ServiceSettings) -> list[Finding]:
    """Each channel: whether the key opens its secrets, and what its own doctor says."""
    checkups = await commands.with_intake(url, signing, commands.examine_all)
    return [
        Finding("intake", f"channel {one.channel}", health.OK if one.is_well else one.verdict, " ".join(one.advice))
        for one in checkups
    ]


async def _broker(data: Path) -> Finding:
    named = os.environ.get("KEPT_BROKER")
    local = None if named else installation.house_database("broker", data)
    broker = connect(named or "local", client="kept-doctor", local_database=local)
    try:
        async with asyncio.timeout(PATIENCE):
            await broker.start()
            await broker.answers()
    except (BrokerLost, TimeoutError) as error:
        result = f"does not answer: {str(error) or type(error).__name__}"
        return Finding("broker", "broker", result, health.remedy("broker", "broker", result))
    finally:
        await broker.stop()
    return Finding("broker", "broker", health.OK)


async def _mail() -> Finding:
    settings = NotificationsSettings(database_url="unused", broker="local", smtp_timeout=PATIENCE)
    try:
        await SmtpProvider(settings).answers()
    except Undelivered as error:
        return Finding("notifications", "mail", str(error), SMTP_REMEDY)
    return Finding("notifications", "mail", health.OK)
