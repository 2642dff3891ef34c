"""`kept up`: the whole house on one machine, with the links a person wants."""

from __future__ import annotations

import asyncio
import signal
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import timedelta
from pathlib import Path

import uvicorn

from services.house import House, open_house
from services.serve import SERVER, Server
from shared.clock import SystemClock
from shared.ids import new_id
from shared.security import Links, Tokens
from shared.telemetry import configure_logging

BROWSER_LINK = timedelta(minutes=30)
TOKEN = timedelta(days=30)


@asynccontextmanager
async def running(
    directory: Path, *, host: str = "127.0.0.1", port: int = 8080, smtp_url: str | None = None
) -> AsyncIterator[House]:
    """The house, answering at http://host:port."""
    url = f"http://{host}:{port}"
    async with open_house(directory, SystemClock(), public_url=url, smtp_url=smtp_url) as house:
        config = uvicorn.Config(house.gateway, host=host, port=port, lifespan="off", **SERVER)
        server = Server(config, house.close_streams)
        serving = asyncio.create_task(server.serve())
        while not server.started:
            if serving.done():
                raise RuntimeError(f"cannot listen on {url}: is something else there?")
            await asyncio.sleep(0.02)
        try:
            yield house
        finally:
            server.should_exit = True
            await serving


def access_token(house: House) -> str:
    """A token with every scope, for the person who started the house."""
    made = house.runtimes["intake"]
    return Tokens(made.settings, made.clock).issue("owner", frozenset({"*"}), lifetime=TOKEN)


def browser_link(house: House) -> str:
    """Opens a session in a browser, once."""
    made = house.runtimes["intake"]
    return Links(made.settings, made.clock, "browser").url("/intake/session/", new_id(), lifetime=BROWSER_LINK)


def banner(house: House, url: str, directory: Path) -> str:
    lines = [
        "",
        f"  Kept is up at    {url}",
        f"  Open as staff    {browser_link(house)}",
        f"  Promise board    {url}/commitments/board",
        *([f"  Caught mail      {url}/mailbox"] if house.has_mailbox else []),
        f"  Data             {directory}",
        f"  Access token     {access_token(house)}",
        "",
        "  Ctrl-C stops it; the data stays.",
        "",
    ]
    return "\n".join(lines)


async def up(directory: Path, *, host: str, port: int, smtp_url: str | None) -> None:
    """Runs until SIGINT or SIGTERM."""
    configure_logging(json=False, level="WARNING")
    stop = asyncio.Event()
    loop = asyncio.get_running_loop()
    for name in (signal.SIGINT, signal.SIGTERM):
        loop.add_signal_handler(name, stop.set)
    async with running(directory, host=host, port=port, smtp_url=smtp_url) as house:
        sys.stdout.write(banner(house, f"http://{host}:{port}", directory))
        sys.stdout.flush()
        await stop.wait()
        sys.stdout.write("\n  Stopping ...\n")
