"""`python -m tests.migrations.dump NAME`: this version's databases after the demo's day, as a folder of `dumps/`."""

from __future__ import annotations

import asyncio
import gzip
import subprocess
import sys
import tempfile
from pathlib import Path

from services.demo.command import free_port
from services.demo.day import Day
from services.demo.interface import Interface
from services.host import registry
from services.host.up import access_token, running
from shared.embedded import EmbeddedPostgres
from shared.embedded.cluster import program

DUMPS = Path(__file__).parent / "dumps"


def write(house: Path, into: Path) -> None:
    """The four databases of a house that is not up, and its key."""
    into.mkdir(parents=True, exist_ok=True)
    with EmbeddedPostgres(house / "postgres") as postgres:
        for service in registry.NAMES:
            command = [str(program("pg_dump")), "--no-owner", postgres.dsn(f"kept_{service}")]
            text = subprocess.run(command, capture_output=True, check=True).stdout
            (into / f"{service}.sql.gz").write_bytes(gzip.compress(text, mtime=0))
    (into / "secret.key").write_text((house / "secret.key").read_text())


async def _play(house: Path) -> None:
    port = free_port()
    async with running(house, port=port) as made:
        api = Interface(f"http://127.0.0.1:{port}", access_token(made))
        await Day(api, f"http://127.0.0.1:{port}").play()
        await api.close()


if __name__ == "__main__":
    with tempfile.TemporaryDirectory(prefix="kept-") as scratch:
        asyncio.run(_play(Path(scratch)))
        write(Path(scratch), DUMPS / sys.argv[1])
