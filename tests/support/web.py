"""Servers of the tests on 127.0.0.1, that say what they are told to, byte by byte."""

from __future__ import annotations

import asyncio
import datetime
import ssl
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

Meet = Callable[[asyncio.StreamReader, asyncio.StreamWriter], Awaitable[None]]
"""What a server does with a connection."""


@dataclass
class Asked:
    """What a server was asked, and the way to answer it."""

    head: str
    writer: asyncio.StreamWriter

    @property
    def path(self) -> str:
        return self.head.split(" ")[1]

    def header(self, name: str) -> str | None:
        found = [
            line.partition(":")[2].strip() for line in self.head.splitlines() if line.lower().startswith(name + ":")
        ]
        return found[0] if found else None

    async def answer(self, status: int = 200, body: bytes = b"", **headers: str) -> None:
        """Header names are written with `_` for `-`."""
        lines = [f"HTTP/1.1 {status} X", f"Content-Length: {len(body)}", "Connection: close"]
        lines += [f"{name.replace('_', '-')}: {value}" for name, value in headers.items()]
        await self.say("\r\n".join(lines).encode() + b"\r\n\r\n" + body)

    async def say(self, what: bytes) -> None:
        self.writer.write(what)
        await self.writer.drain()


@dataclass
class Web:
    port: int = 0
    asked: list[Asked] = field(default_factory=list)
    hung_up: asyncio.Event = field(default_factory=asyncio.Event)
    """Set when somebody closed the connection while they were being answered."""

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"


@asynccontextmanager
async def serving(
    answer: Callable[[Asked], Awaitable[None]], *, tls: ssl.SSLContext | None = None
) -> AsyncIterator[Web]:
    web = Web()

    async def meet(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            head = (await reader.readuntil(b"\r\n\r\n")).decode("latin-1")
            web.asked.append(Asked(head, writer))
            await answer(web.asked[-1])
        except (OSError, asyncio.IncompleteReadError):
            web.hung_up.set()

    async with listening(meet, tls=tls) as web.port:
        yield web


@asynccontextmanager
async def listening(meet: Meet, *, tls: ssl.SSLContext | None = None) -> AsyncIterator[int]:
    """A server on this port, none of whose connections is left open at the end."""
    meeting: set[asyncio.Task[None]] = set()

    async def keep(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        assert task is not None
        meeting.add(task)
        try:
            await meet(reader, writer)
        finally:
            writer.close()
            with suppress(OSError):
                await writer.wait_closed()

    server = await asyncio.start_server(keep, "127.0.0.1", 0, ssl=tls)
    async with server:
        yield server.sockets[0].getsockname()[1]
    if meeting:
        _, late = await asyncio.wait(meeting, timeout=1)
        for task in late:
            task.cancel()
        await asyncio.gather(*late, return_exceptions=True)


def certificate(directory: Path, name: str) -> tuple[ssl.SSLContext, ssl.SSLContext]:
    """(what the server shows, what trusts it)."""
    key = ec.generate_private_key(ec.SECP256R1())
    subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])
    now = datetime.datetime.now(datetime.UTC)
    made = (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(subject)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - datetime.timedelta(days=1))
        .not_valid_after(now + datetime.timedelta(days=1))
        .add_extension(x509.SubjectAlternativeName([x509.DNSName(name)]), critical=False)
        .sign(key, hashes.SHA256())
    )
    pem = made.public_bytes(serialization.Encoding.PEM)
    private = key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
    (directory / "both.pem").write_bytes(private + pem)
    server = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    server.load_cert_chain(directory / "both.pem")
    return server, ssl.create_default_context(cadata=pem.decode())
