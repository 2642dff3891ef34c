"""The configured channels, as the hot path sees them: all of them in memory, a few seconds old at most."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from dataclasses import dataclass
from time import monotonic

import structlog
from sqlalchemy import ColumnElement, Text, literal_column
from sqlmodel import select

from services.intake.arrivals.arrival import Source
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
"""Seconds for which what was seen serves those that it lets in: what it turns away is looked at again."""


_VERSION: ColumnElement[str] = literal_column("CAST(channel.xmin AS text)", Text)
"""PostgreSQL's own mark of who wrote a row last: no writer can forget to set it."""


@dataclass(frozen=True, slots=True)
class Line:
    """A channel with its provider. `secrets` None: they cannot be opened with the present key.

    `access_token` opens the provider's own API, where somebody gave us one. `version` is another after each change.
    `reply_to_is_writer`: see tables.Channel.
    """

    source: Source
    provider: Provider
    secrets: tuple[str, ...] | None
    access_token: str | None = None
    is_enabled: bool = True
    version: str | None = None
    reply_to_is_writer: bool = False

    @property
    def name(self) -> str:
        return self.source.channel

    def usable_secrets(self) -> tuple[str, ...]:
        """Raises ChannelLocked."""
        if self.secrets is None:
            raise ChannelLocked("this channel cannot check its secrets at present")
        return self.secrets


class Directory:
    """Every look at the database counts from when it began: what was committed before that is in it."""

    def __init__(self, vault: Vault) -> None:
        self._vault = vault
        self._lines: Mapping[str, Line] = {}
        self._began = self._forgotten = float("-inf")
        self._loading = asyncio.Lock()

    def forget(self) -> None:
        """A channel was changed here: look again before the next answer."""
        self._forgotten = monotonic()

    async def find(self, database: Database, name: str) -> Line:
        """Raises NoSuchChannel; Unavailable where it is not known and the database does not answer."""
        if name in self._lines and self._is_old():
            await self._load(database, monotonic(), known=True)
        return self._lines.get(name) or await self.latest(database, name)

    async def latest(self, database: Database, name: str) -> Line:
        """As it is now, whoever changed it in whichever process: before somebody is turned away.

        Raises NoSuchChannel; Unavailable where the database does not answer. Those who ask at once share one look.
        """
        await self._load(database, monotonic(), known=False)
        line = self._lines.get(name)
        if line is None:
            raise NoSuchChannel(f"there is no channel {name!r}")
        return line

    async def lines(self, database: Database) -> Mapping[str, Line]:
        if self._is_old():
            await self._load(database, monotonic(), known=False)
        return self._lines

    def _is_old(self) -> bool:
        return self._began <= self._forgotten or monotonic() - self._began > FRESH

    async def _load(self, database: Database, asked: float, *, known: bool) -> None:
        """A look that began no earlier than `asked`, one after the other."""
        async with self._loading:
            if self._began >= asked:
                return
            began = monotonic()
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
            self._began = began

    async def read(self, session: ReadSession) -> Mapping[str, Line]:
        """The channels as they are now."""
        rows = (await session.exec(select(Channel, _VERSION))).all()
        return {row.name: line for row, version in rows if (line := self._line(row, version))}

    def _line(self, row: Channel, version: str) -> Line | None:
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
            return Line(source, provider, None, None, row.enabled, version, row.reply_to_is_writer)
        return Line(source, provider, secrets, access_token, row.enabled, version, row.reply_to_is_writer)
