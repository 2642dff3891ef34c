"""A flood of large webhooks that nobody signed: a real server stays within its budget, and answers others meanwhile."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from time import monotonic
from urllib.parse import urlsplit

import httpx
import pytest

from tests.faults.test_webhook_storm import answers, intake
from tests.intake.signing import SECRETS
from tests.support.postgres import ScratchPostgres, scratch_postgres
from tests.support.scratch import until

CONNECTIONS, EACH, SECONDS = 200, 40_000_000, 20
BUDGET, SLACK = 128, 64
"""Megabytes: the setting's default, and what may come on top."""
PIECE = b"x" * 65_536

pytestmark = pytest.mark.slow


@pytest.fixture
def own_server() -> Iterator[ScratchPostgres]:
    with scratch_postgres({}) as server:
        yield server


def resident(pid: int) -> float:
    """Megabytes."""
    line = next(one for one in Path(f"/proc/{pid}/status").read_text().splitlines() if one.startswith("VmRSS"))
    return int(line.split()[1]) / 1024


async def send_much(host: str, port: int, length: bytes) -> bytes:
    """Goes on for as long as the server lets it. What it answered first."""
    reader, writer = await asyncio.open_connection(host, port)
    head = b"POST /intake/webhooks/mg HTTP/1.1\r\nhost: a\r\ncontent-type: multipart/form-data; boundary=x\r\n" + length
    answer = b""
    with suppress(ConnectionError, TimeoutError):
        async with asyncio.timeout(SECONDS):
            writer.write(head + b"\r\n")
            for _ in range(EACH // len(PIECE)):
                writer.write(PIECE)
                await writer.drain()
                if reader._buffer:  # type: ignore[attr-defined]
                    break
            answer = await reader.readline()  # and says nothing more
    writer.close()
    with suppress(ConnectionError):
        await writer.wait_closed()
    return answer


async def flood(url: str, pid: int) -> tuple[float, list[bytes], float]:
    """(the peak in megabytes, the first line of each answer, the longest that somebody else waited)"""
    at = urlsplit(url)
    assert at.hostname is not None
    assert at.port is not None
    length = b"content-length: 49000000\r\n"
    flooding = asyncio.gather(*(send_much(at.hostname, at.port, length) for _ in range(CONNECTIONS)))
    peak = longest = 0.0
    async with httpx.AsyncClient(base_url=url, trust_env=False, timeout=30) as client:
        while not flooding.done():
            started = monotonic()
            assert (await client.get("/intake/health")).status_code == 200
            longest = max(longest, monotonic() - started)
            peak = max(peak, resident(pid))
            await asyncio.sleep(0.05)
    return peak, await flooding, longest


async def test_a_flood_of_unsigned_bodies_stays_within_the_budget(own_server: ScratchPostgres, tmp_path: Path) -> None:
    async with intake(own_server, tmp_path) as (url, token, _):
        client = httpx.AsyncClient(base_url=url, trust_env=False, timeout=30)
        async with client:
            await until(lambda: answers(client), within=60)
            body = {"name": "mg", "provider": "mailgun", "secrets": [SECRETS["mailgun"]]}
            made = await client.post("/intake/channels", json=body, headers={"Authorization": f"Bearer {token}"})
            assert made.status_code == 201, made.text
            pid = await process_of(url)
            before = resident(pid)
            peaks, left = [], []
            for _ in range(3):
                peak, heard, longest = await flood(url, pid)
                peaks.append(peak)
                left.append(await settled(pid))
            found = {line.split()[1] for line in heard if line}
            sizes = f"{before:.0f} MB, at most {[round(n) for n in peaks]}, left {[round(n) for n in left]}"
            saw = f"{sizes}; others waited {longest:.2f} s; heard {found}"
            assert b"503" in found, saw
            assert found <= {b"503", b"401", b"408"}
            assert max(peaks) <= before + BUDGET + SLACK, saw
            assert max(left) <= before + SLACK / 2, f"a flood leaves nothing: {saw}"
            assert longest < 5, saw
            print(saw)
            assert (await client.get("/intake/health")).status_code == 200


async def settled(pid: int) -> float:
    """What the process keeps when the flood is over."""
    await asyncio.sleep(3)
    return resident(pid)


async def process_of(url: str) -> int:
    """The process that listens at this address."""
    port = f":{urlsplit(url).port:04X} "
    lines = Path("/proc/net/tcp").read_text().splitlines()[1:]
    inode = next(line.split()[9] for line in lines if port in line and line.split()[3] == "0A")
    for at in Path("/proc").glob("[0-9]*/fd/*"):
        with suppress(OSError):
            if at.readlink().name == f"socket:[{inode}]":
                return int(at.parts[2])
    raise AssertionError("nobody listens")
