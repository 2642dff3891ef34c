"""An IMAP server of the tests on 127.0.0.1 (pymap): a real one, whose mailboxes live in memory."""

from __future__ import annotations

import asyncio
from argparse import Namespace
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager

from imap_tools import MailBoxUnencrypted
from proxyprotocol.sock import SocketInfoLocal
from pymap.backend.dict import Config, DictBackend
from pymap.imap import IMAPServer

USER, PASSWORD = "lan@example.com", "p@ss/word"
_ARGUMENTS = Namespace(
    host="127.0.0.1",
    port=0,
    debug=False,
    cert=None,
    key=None,
    tls=False,
    passlib_cfg=None,
    proxy_protocol=None,
    demo_data=False,
    demo_user=USER,
    demo_password=PASSWORD,
)


class ImapServer:
    """`url` opens it. It can go away, with all who are connected, and come back with what it held."""

    def __init__(self, backend: DictBackend, config: Config) -> None:
        self._config = config
        self._meet = IMAPServer(backend.login, config)
        self._server: asyncio.Server | None = None
        self._writers: set[asyncio.StreamWriter] = set()
        self.port = 0
        self.connections = 0

    @property
    def url(self) -> str:
        return f"imap://lan%40example.com:p%40ss%2Fword@127.0.0.1:{self.port}/INBOX"

    async def start(self) -> None:
        async def meet(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
            self.connections += 1
            self._writers.add(writer)
            try:
                await self._meet(reader, writer, SocketInfoLocal(writer))
            finally:
                self._writers.discard(writer)
                writer.close()

        self._server = await asyncio.start_server(meet, "127.0.0.1", self.port)
        self.port = self._server.sockets[0].getsockname()[1]

    async def go_away(self) -> None:
        if self._server:
            self._server.close()
            for writer in list(self._writers):
                writer.transport.abort()
            await self._server.wait_closed()
            while self._writers:
                await asyncio.sleep(0.01)

    def forget(self) -> None:
        """All mailboxes are empty, and number their mails anew."""
        self._config.set_cache.clear()

    async def deliver(self, *mails: bytes) -> None:
        await asyncio.to_thread(self.append, *mails)

    def append(self, *mails: bytes) -> None:
        """As `deliver`, for a thread that is not the server's own."""
        with MailBoxUnencrypted("127.0.0.1", self.port, 10).login(USER, PASSWORD) as box:
            for mail in mails:
                box.append(mail, "INBOX")

    async def flags(self) -> Sequence[tuple[str, ...]]:
        """Of each mail in the folder, without the one that this look itself takes away."""

        def look() -> list[tuple[str, ...]]:
            with MailBoxUnencrypted("127.0.0.1", self.port, 10).login(USER, PASSWORD, None) as box:
                box.folder.set("INBOX", readonly=True)
                return [tuple(f for f in mail.flags if f != "\\Recent") for mail in box.fetch(mark_seen=False)]

        return await asyncio.to_thread(look)


@asynccontextmanager
async def slow_line(port: int, pause: float) -> AsyncIterator[int]:
    """Another port of the same server, from where all that it says comes in two halves."""
    tasks: set[asyncio.Task[None]] = set()

    async def carry(source: asyncio.StreamReader, target: asyncio.StreamWriter, pause: float) -> None:
        try:
            while data := await source.read(65536):
                for part in (data[: len(data) // 2], data[len(data) // 2 :]):
                    target.write(part)
                    await asyncio.sleep(pause)
        finally:
            target.transport.abort()

    async def meet(asked: asyncio.StreamReader, heard: asyncio.StreamWriter) -> None:
        said, server = await asyncio.open_connection("127.0.0.1", port)
        for way in (carry(said, heard, pause), carry(asked, server, 0)):
            tasks.add(asyncio.create_task(way))

    line = await asyncio.start_server(meet, "127.0.0.1", 0)
    try:
        yield line.sockets[0].getsockname()[1]
    finally:
        line.close()
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)


@asynccontextmanager
async def imap_server(*, idle: bool = True) -> AsyncIterator[ImapServer]:
    backend, config = await DictBackend.init(_ARGUMENTS, disable_idle=not idle, invalid_user_sleep=0.0)
    config.apply_context()
    server = ImapServer(backend, config)
    await server.start()
    try:
        yield server
    finally:
        await server.go_away()
