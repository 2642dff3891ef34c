"""`kept up`: the whole house on one machine, with the links a person wants."""

from __future__ import annotations

import asyncio
import os
import signal
import sys
from collections.abc import AsyncIterator, Iterator
from contextlib import AsyncExitStack, asynccontextmanager, contextmanager
from datetime import timedelta
from pathlib import Path
from typing import NamedTuple, TextIO

import uvicorn

from services.host.everyday import writable
from services.host.house import House, open_house
from services.host.serve import SERVER, Server, bound
from services.intake.staff import people
from shared.clock import SystemClock
from shared.security import Links, Tokens
from shared.security.customer_links import SESSION_PATH
from shared.security.sessions import LINK_LIFETIME
from shared.telemetry import configure_logging

TOKEN = timedelta(days=30)
MADE_BY = "make up"
"""Who made the admin of the first run."""


@asynccontextmanager
async def running(
    directory: Path, *, host: str = "127.0.0.1", port: int = 8080, smtp_url: str | None = None
) -> AsyncIterator[House]:
    """The house, answering at http://host:port. Raises Everyday where it cannot live or listen there."""
    url = f"http://{host}:{port}"
    async with AsyncExitStack() as stack:
        writable(directory)
        listening = stack.enter_context(bound(host, port))
        house = await stack.enter_async_context(open_house(directory, SystemClock(), public_url=url, smtp_url=smtp_url))
        config = uvicorn.Config(house.gateway, host=host, port=port, lifespan="off", **SERVER)
        server = Server(config, house.close_streams)
        serving = asyncio.create_task(server.serve([listening]))
        while not server.started:
            if serving.done():
                raise RuntimeError(f"{url} is not served")
            await asyncio.sleep(0.02)
        house.remember_url(url)
        try:
            yield house
        finally:
            server.should_exit = True
            await serving


def access_token(house: House) -> str:
    """A token with every scope, for the person who started the house."""
    made = house.runtimes["intake"]
    return Tokens(made.settings, made.clock).issue("owner", frozenset({"*"}), lifetime=TOKEN)


class WayIn(NamedTuple):
    """The way of a person into a house: a one-time link of the admin of its first run, who may be just made.

    `link` is None where the admins are others by now.
    """

    link: str | None
    is_new: bool


async def way_in(house: House) -> WayIn:
    """Makes the link, and the admin where the house has none."""
    made = house.runtimes["intake"]
    async with made.database.write(actor=MADE_BY) as session:
        admin, is_new = await people.first_admin(session, by=MADE_BY)
    links: Links = made.service.state.person_links
    return WayIn(links.url(SESSION_PATH, admin.id, lifetime=LINK_LIFETIME) if admin else None, is_new)


def banner(house: House, way: WayIn, url: str, directory: Path, out: TextIO) -> str:
    """What is printed elsewhere than on a terminal others read later: link and token stand in a private file then."""
    token, link = access_token(house), way.link or "kept staff invite EMAIL makes a link"
    if not out.isatty():
        access = f"  Open as admin    {link}\n  Access token     {token}\n"
        link = token = f"see {keep_private(directory / 'access.txt', access)}"
    lines = [
        "",
        f"  Kept is up at    {url}",
        *(
            ["  First run        made one admin, `admin`; others: kept staff invite EMAIL --role agent"]
            if way.is_new
            else []
        ),
        f"  Open as admin    {link}",
        f"  Promise board    {url}/commitments/board",
        *([f"  Caught mail      {url}/mailbox"] if house.has_mailbox else []),
        f"  Data             {directory}",
        f"  Access token     {token}",
        "",
        "  Ctrl-C stops it; the data stays.",
        "",
    ]
    return "\n".join(lines)


def keep_private(path: Path, content: str) -> Path:
    """Written anew, and readable to its owner only from the first byte on."""
    half = path.with_suffix(".new")
    half.unlink(missing_ok=True)
    with os.fdopen(os.open(half, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w") as file:
        file.write(content)
    return half.replace(path)


async def up(directory: Path, *, host: str, port: int, smtp_url: str | None) -> None:
    """Runs until SIGINT or SIGTERM."""
    configure_logging(json=False, level="WARNING")
    with ended_by_signals() as stop:
        async with running(directory, host=host, port=port, smtp_url=smtp_url) as house:
            sys.stdout.write(banner(house, await way_in(house), f"http://{host}:{port}", directory, sys.stdout))
            sys.stdout.flush()
            await stay(house, stop)
            sys.stdout.write("\n  Stopping ...\n")


class Stop:
    """What a signal does: it ends what is begun, and lets what stays finish in order."""

    def __init__(self) -> None:
        self.event = asyncio.Event()
        self.task = asyncio.current_task()
        self.is_up = False

    def tell(self) -> None:
        if not self.event.is_set() and not self.is_up and self.task is not None:
            self.task.cancel()
        self.event.set()


@contextmanager
def ended_by_signals() -> Iterator[Stop]:
    """Turns SIGINT and SIGTERM into an orderly end, also while a house is being started."""
    stop, loop = Stop(), asyncio.get_running_loop()
    for name in (signal.SIGINT, signal.SIGTERM):
        loop.add_signal_handler(name, stop.tell)
    try:
        yield stop
    except asyncio.CancelledError:
        if not stop.event.is_set() or stop.is_up:
            raise
        sys.stdout.write("\n  Stopped before it was up.\n")
        raise SystemExit(130) from None


async def stay(house: House, stop: Stop) -> None:
    """Until told to stop."""
    stop.is_up = True
    await house.keep_database(stop.event)
