"""Commands on intake for ops. Each takes a Place: the database, and what its routes work with."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence
from typing import Any, NamedTuple, TypeVar

from sqlmodel import col, select

from services.intake.arrivals import quarantine as held
from services.intake.arrivals import requestlog
from services.intake.channels.registry import providers
from services.intake.channels.setup import doctor
from services.intake.channels.setup import settings as setup
from services.intake.channels.setup.doctor import Checkup, Counted
from services.intake.errors import NoSuchChannel
from services.intake.settings import IntakeSettings
from services.intake.state import Intake
from services.intake.tables import Channel, Quarantined
from shared.clock import SystemClock
from shared.database import Database, ReadSession
from shared.security import Sessions
from shared.settings import ServiceSettings

T = TypeVar("T")

BY = "command"
"""Who changes a channel by command: whoever may run one on this machine."""


class Place(NamedTuple):
    database: Database
    intake: Intake

    @property
    def sessions(self) -> Sessions:
        return Sessions(self.intake.settings, self.intake.clock)


async def with_intake(url: str, signing: ServiceSettings, act: Callable[[Place], Awaitable[T]]) -> T:
    values = signing.model_dump(include={"secret_key", "secret_keys", "public_url", "sessions_file"})
    settings, clock = IntakeSettings(database_url=url, broker="local", **values), SystemClock()
    database = Database(url, source="/intake", clock=clock, pool_size=2)
    try:
        return await act(Place(database, Intake.of(settings, clock)))
    finally:
        await database.close()


async def add(
    here: Place,
    name: str,
    provider: str,
    secrets: Sequence[str],
    account: str,
    access_token: str | None,
    *,
    reply_to_is_writer: bool = False,
) -> dict[str, Any]:
    """Raises Invalid, ChannelExists."""
    order = setup.ChannelOrder(
        name=name,
        provider=provider,
        secrets=list(secrets),
        account=account,
        access_token=access_token,
        reply_to_is_writer=reply_to_is_writer,
    )
    async with here.database.write() as session:
        row = await setup.make(session, here.intake, order, by=BY)
    wants_token = providers()[row.provider].wants_verify_token
    return {
        "webhook_url": here.intake.public(f"/intake/webhooks/{name}"),
        "verify_token": here.intake.verify_token(name) if wants_token else None,
    }


async def channels(here: Place) -> list[dict[str, Any]]:
    async with here.database.read() as session:
        rows = await setup.all_of(session)
    return [
        {
            **row.model_dump(include={"name", "provider", "kind", "account", "enabled", "created_at"}),
            "webhook_url": here.intake.public(f"/intake/webhooks/{row.name}"),
        }
        for row in rows
    ]


async def switch(here: Place, name: str, enabled: bool) -> None:
    """Raises NoSuchChannel."""
    async with here.database.write() as session:
        await setup.change(session, here.intake, name, by=BY, enabled=enabled)


async def examine(here: Place, name: str) -> Checkup:
    """Raises NoSuchChannel."""
    async with here.database.read() as session:
        return await doctor.examine(session, here.intake, name)


async def examine_all(here: Place) -> list[Checkup]:
    async with here.database.read() as session:
        return [await doctor.examine(session, here.intake, row.name) for row in await setup.all_of(session)]


async def requests(here: Place, name: str, limit: int) -> list[dict[str, Any]]:
    """Raises NoSuchChannel."""
    async with here.database.read() as session:
        return [one.model_dump(mode="json") for one in await requestlog.last_of(session, name, limit)]


async def read_again(here: Place, name: str, id: int) -> None:  # noqa: A002
    """Raises NoSuchChannel, NoSuchRequest."""
    async with here.database.write() as session:
        await requestlog.read_again(session, name, id, by=BY)


async def quarantined(here: Place, channel: str | None) -> list[dict[str, Any]]:
    """Raises NoSuchChannel."""
    query = select(Quarantined).where(col(Quarantined.replayed_at).is_(None))
    if channel is not None:
        query = query.where(Quarantined.channel == channel)
    async with here.database.read() as session:
        await _must_exist(session, channel)
        rows = (await session.exec(query.order_by(col(Quarantined.at), col(Quarantined.id)).limit(1000))).all()
    return [row.model_dump(exclude={"replayed_at"}) for row in rows]


async def release(here: Place, channel: str | None) -> int:
    """Raises NoSuchChannel."""
    async with here.database.write() as session:
        await _must_exist(session, channel)
        return await held.release(session, channel, by=BY)


async def _must_exist(session: ReadSession, channel: str | None) -> None:
    if channel is not None and await session.get(Channel, channel) is None:
        raise NoSuchChannel(f"there is no channel {channel!r}")


def told(found: Checkup) -> str:
    """A check-up for a terminal."""
    counts = ("requests", "contacts", "facts", "copies", "shared_ids", "waiting")
    so_far = ", ".join(f"{getattr(found, name)} {name}" for name in counts)
    lines = [
        f"{found.channel} ({found.provider}): {found.verdict}",
        *(f"  -> {advice}" for advice in found.advice),
        *(f"  note: {note}" for note in found.notes),
        f"  webhook       {found.webhook_url}",
        f"  last request  {_when(found.last_received_at)}",
        f"  last contact  {_when(found.last_contact_at)}",
        f"  so far        {so_far}",
    ]
    for title, counted in (
        ("refused", found.refusals),
        ("quarantined", found.quarantined),
        ("attachments", found.attachments),
        ("not fetched", found.not_fetched),
        ("confirmation", found.confirmations),
    ):
        lines += _block(title, counted)
    return "\n".join(lines)


def _block(title: str, counted: Sequence[Counted]) -> list[str]:
    return [f"  {title:<13} {one.count} x {one.reason or '-'}, last {_when(one.last_at)}" for one in counted]


def _when(at: Any) -> str:
    return at.isoformat(sep=" ", timespec="seconds") if at else "never"
