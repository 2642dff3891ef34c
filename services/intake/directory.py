"""The configured channels, as the hot path sees them: all of them in memory, a few seconds old at most."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from dataclasses import dataclass
from time import monotonic

import structlog
from sqlmodel import select

from services.intake.arrival import Source
from services.intake.channels.provider import Provider
from services.intake.channels.registry import providers
from services.intake.errors import ChannelLocked, NoSuchChannel
from services.intake.tables import Channel
from shared.database import Database, ReadSession
from shared.problems import Unavailable
from shared.security import Vault
from shared.transient import is_transient

log = structlog.get_logger()

FRESH = 3.0
"""Seconds a look at the database serves."""
MISSING = 0.5
"""Seconds after which a name that was not there is looked for again."""


@dataclass(frozen=True, slots=True)
class Line:
    """A channel with its provider. `secrets` None: they cannot be opened with the present key.

    `access_token` opens the provider's own API, where somebody gave us one.
    """

    source: Source
    provider: Provider
    secrets: tuple[str, ...] | None
    access_token: str | None = None
    is_enabled: bool = True

    @property
    def name(self) -> str:
        return self.source.channel

    def usable_secrets(self) -> tuple[str, ...]:
        """Raises ChannelLocked."""
        if self.secrets is None:
            raise ChannelLocked("this channel cannot check its secrets at present")
        return self.secrets


class Directory:
    def __init__(self, vault: Vault) -> None:
        self._vault = vault
        self._lines: Mapping[str, Line] = {}
        self._seen = float("-inf")
        self._loading = asyncio.Lock()

    def forget(self) -> None:
        """A channel was changed here: look again before the next answer."""
        self._seen = float("-inf")

    async def find(self, database: Database, name: str) -> Line:
        """Raises NoSuchChannel; Unavailable where it is not known and the database does not answer."""
        line = self._lines.get(name)
        if monotonic() - self._seen > (FRESH if line else MISSING):
            await self._load(database, known=line is not None)
            line = self._lines.get(name)
        if line is None:
            raise NoSuchChannel(f"there is no channel {name!r}")
        return line

    async def lines(self, database: Database) -> Mapping[str, Line]:
        if monotonic() - self._seen > FRESH:
            await self._load(database, known=False)
        return self._lines

    async def _load(self, database: Database, *, known: bool) -> None:
        asked = monotonic()
        async with self._loading:
            if self._seen > asked:
                return
            try:
                async with database.read() as session:
                    lines = await self.read(session)
            except Exception as error:
                if not is_transient(error):
                    raise
                if known:  # what we know is better than nothing: the raw request still has to become durable
                    return
                raise Unavailable("we cannot look the channel up at present") from error
            self._lines = lines
            self._seen = monotonic()

    async def read(self, session: ReadSession) -> Mapping[str, Line]:
        """The channels as they are now."""
        rows = (await session.exec(select(Channel))).all()
        return {row.name: line for row in rows if (line := self._line(row))}

    def _line(self, row: Channel) -> Line | None:
        provider = providers().get(row.provider)
        if provider is None:
            log.error("channel.provider_unknown", channel=row.name, provider=row.provider)
            return None
        source = Source(row.name, provider.name, provider.kind, row.account)
        try:
            secrets = tuple(self._vault.open(sealed) for sealed in row.sealed_secrets)
            access_token = self._vault.open(row.sealed_access_token) if row.sealed_access_token else None
        except ValueError:
            log.error("channel.locked", channel=row.name)
            return Line(source, provider, None, is_enabled=row.enabled)
        return Line(source, provider, secrets, access_token, row.enabled)
