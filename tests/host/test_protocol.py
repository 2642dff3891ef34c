"""What begins a request is neither long nor slow, and what nobody reads any more does not go on."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import asynccontextmanager, suppress

import pytest
import uvicorn
from starlette.requests import Request
from starlette.responses import PlainTextResponse
from starlette.types import Receive, Scope, Send

from services.host import protocol
from services.host.protocol import LINGER_BYTES, MOST_HEAD, MOST_HEADERS
from services.host.serve import SERVER, Server


async def app(scope: Scope, receive: Receive, send: Send) -> None:
    """Reads the body at `/read` alone."""
    said = await Request(scope, receive).body() if scope["path"] == "/read" else b"unread"
    await PlainTextResponse(said[:9])(scope, receive, send)


@asynccontextmanager
async def serving() -> AsyncIterator[int]:
    options = {**SERVER, "loop": "none", "lifespan": "off"}
    server = Server(uvicorn.Config(app, host="127.0.0.1", port=0, **options))
    task = asyncio.create_task(server.serve())
    while not server.started:
        await asyncio.sleep(0.01)
    try:
        yield server.servers[0].sockets[0].getsockname()[1]
    finally:
        server.should_exit = True
        await task


async def ask(port: int, pieces: Iterator[bytes] | list[bytes], *, pause: float = 0) -> bytes:
    """All that is answered until the connection ends. Raises TimeoutError where it does not end."""
    reader, writer = await asyncio.open_connection("127.0.0.1", port)

    async def write() -> None:
        with suppress(ConnectionError):
            for piece in pieces:
                writer.write(piece)
                await writer.drain()
                await asyncio.sleep(pause)

    writing = asyncio.create_task(write())
    answer = b""
    try:
        async with asyncio.timeout(20):
            with suppress(ConnectionError):
                while part := await reader.read(65536):
                    answer += part
    finally:
        writing.cancel()
        writer.close()
        with suppress(ConnectionError, asyncio.CancelledError):
            await writer.wait_closed()
    return answer


BEGIN = b"GET / HTTP/1.1\r\nhost: a\r\nconnection: close\r\n"
HEADS: dict[str, Callable[[], list[bytes]]] = {
    "5,000 headers": lambda: [BEGIN, *(b"x-%d: 1\r\n" % n for n in range(5000)), b"\r\n"],
    "one header of 300 KB": lambda: [BEGIN, b"x: ", b"y" * 300_000, b"\r\n\r\n"],
    "a name of 300 KB": lambda: [BEGIN, b"y" * 300_000, b": 1\r\n\r\n"],
    "a cookie of 100 KB": lambda: [BEGIN + b"cookie: a=" + b"y" * 100_000 + b"\r\n\r\n"],
    "an address of 200 KB": lambda: [b"GET /" + b"a" * 200_000 + b" HTTP/1.1\r\nhost: a\r\n\r\n"],
    "one too many": lambda: [BEGIN, b"x: 1\r\n" * (MOST_HEADERS - 1), b"\r\n"],
    "a header without end": lambda: [BEGIN + b"x: ", *(b"y" * 10_000 for _ in range(500))],
    "headers without end": lambda: [BEGIN, *(b"x: y\r\n" * 100 for _ in range(500))],
}


@pytest.mark.parametrize("pieces", HEADS.values(), ids=HEADS.keys())
async def test_a_head_that_is_too_large_is_refused(pieces: Callable[[], list[bytes]]) -> None:
    async with serving() as port:
        answer = await ask(port, pieces())
        assert answer.startswith(b"HTTP/1.1 431 "), answer[:100]
        assert (await ask(port, [BEGIN + b"\r\n"])).startswith(b"HTTP/1.1 200 ")


async def test_a_head_within_the_limits_is_answered() -> None:
    async with serving() as port:
        many = [BEGIN, b"x: 1\r\n" * (MOST_HEADERS - 2), b"\r\n"]
        large = [BEGIN + b"x: " + b"y" * (MOST_HEAD - 200) + b"\r\n\r\n"]
        for pieces in (many, large):
            assert (await ask(port, pieces)).startswith(b"HTTP/1.1 200 ")


async def test_requests_on_one_connection_are_each_counted_anew() -> None:
    one = b"POST /read HTTP/1.1\r\nhost: a\r\ncontent-length: 3\r\nx: " + b"y" * 40_000 + b"\r\n\r\nabc"
    async with serving() as port:
        answer = await ask(port, [one, one, one, BEGIN + b"\r\n"], pause=0.05)
    assert answer.count(b"HTTP/1.1 200 ") == 4
    assert answer.count(b"abc") == 3


@pytest.mark.parametrize("pieces", [[], [BEGIN], [b"GET"], [b"POST /read HTTP/1.1\r\nhost: a"]], ids=str)
async def test_a_head_that_does_not_come_ends(monkeypatch: pytest.MonkeyPatch, pieces: list[bytes]) -> None:
    monkeypatch.setattr(protocol, "HEAD_SECONDS", 0.2)
    async with serving() as port:
        assert b" 200 " not in await ask(port, pieces)


async def test_a_head_that_drips_ends(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(protocol, "HEAD_SECONDS", 0.3)
    async with serving() as port:
        assert await ask(port, [BEGIN, *(b"x: y\r\n" for _ in range(100))], pause=0.05) == b""


LARGE = b"POST / HTTP/1.1\r\nhost: a\r\ncontent-length: 1000000000\r\n\r\n"


async def test_a_body_that_nobody_reads_ends(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(protocol, "LINGER_SECONDS", 0.3)
    async with serving() as port:
        answer = await ask(port, [LARGE, *(b"x" for _ in range(200))], pause=0.05)
        assert answer.startswith(b"HTTP/1.1 200 ")


async def test_of_a_body_that_nobody_reads_only_a_little_is_taken() -> None:
    sent = 0

    def endless() -> Iterator[bytes]:
        nonlocal sent
        yield LARGE
        while sent < 100 * LINGER_BYTES:
            sent += 65536
            yield b"x" * 65536

    async with serving() as port:
        await ask(port, endless())
    assert sent < 20 * LINGER_BYTES, "but for what lies in buffers on the way"


async def test_a_request_that_came_with_the_one_before_is_read_whole() -> None:
    first = b"GET / HTTP/1.1\r\nhost: a\r\n\r\n"
    second = b"POST /read HTTP/1.1\r\nhost: a\r\ncontent-length: 9\r\nconnection: close\r\n\r\nabc"
    async with serving() as port:
        answer = await ask(port, [first + second, b"def", b"ghi"], pause=0.2)
    assert answer.count(b"HTTP/1.1 200 ") == 2
    assert answer.endswith(b"abcdefghi")


async def test_an_answer_before_the_body_leaves_the_connection_usable() -> None:
    """A sender that reads its answer when it has sent gets it, and may go on."""
    one = b"POST / HTTP/1.1\r\nhost: a\r\ncontent-length: 300000\r\n\r\n"
    async with serving() as port:
        answer = await ask(port, [one, b"x" * 150_000, b"x" * 150_000, BEGIN + b"\r\n"], pause=0.05)
    assert answer.count(b"HTTP/1.1 200 ") == 2
