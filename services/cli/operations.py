"""`kept migrate`, `kept events`, `kept replay`, `kept parked`: what ops do with a service's database."""

from __future__ import annotations

import asyncio
import contextlib
import os
from datetime import UTC, datetime
from typing import Annotated

import typer

from services.host import installation, operations, registry
from services.host.everyday import Everyday
from services.host.installation import DEFAULT_DATA, HouseData

parked = typer.Typer(no_args_is_help=True, help="Events that could not be handled, by customer.")
events = typer.Typer(no_args_is_help=True, help="What a service has told.")


def _service(value: str) -> str:
    if value not in registry.NAMES:
        raise typer.BadParameter(f"there is no service {value!r}; there are {', '.join(registry.NAMES)}")
    return value


ServiceName = Annotated[str, typer.Argument(callback=_service, help=f"One of {', '.join(registry.NAMES)}.")]


def migrate(
    service: ServiceName,
    create: Annotated[bool, typer.Option(help="Make the database first where it is missing.")] = False,
) -> None:
    """Brings a service's database (KEPT_DATABASE_URL) to the newest revision."""
    asyncio.run(_migrate(service, create=create))


async def _migrate(service: str, *, create: bool) -> None:
    from shared.migrations import upgrade
    from shared.migrations.run import create_database

    url = os.environ.get("KEPT_DATABASE_URL")
    if url is None:
        raise Everyday("KEPT_DATABASE_URL names no database. A house on this machine migrates its own when it starts")
    if create:
        with installation.answering():
            await create_database(url)
    found = await installation.owner(url)
    if found is not None:
        installation.refuse_another(service, found)
    await upgrade(url, registry.migrations(service))


@events.command()
def tail(
    service: ServiceName,
    lines: Annotated[int, typer.Option("-n", "--lines", min=1, max=10_000, help="How many to begin with.")] = 20,
    follow: Annotated[bool, typer.Option("-f", "--follow", help="And whatever comes.")] = False,
    data: HouseData = DEFAULT_DATA,
) -> None:
    """The newest events of a service's log, one JSON object a line."""

    async def run() -> None:
        url = await installation.database(service, data)
        await operations.tail(url, lines=lines, follow=follow, write=print)

    with contextlib.suppress(KeyboardInterrupt):
        asyncio.run(run())


def replay(
    service: ServiceName,
    since: Annotated[datetime, typer.Option(help="Events told at or after this instant (UTC).")],
    key: Annotated[str | None, typer.Option(help="One customer's alone.")] = None,
    data: HouseData = DEFAULT_DATA,
) -> None:
    """Publishes a service's events again, in their order, for consumers that lost some. Ours know what they have."""

    async def run() -> int:
        url = await installation.database(service, data)
        return await operations.replay(url, since.replace(tzinfo=UTC), key)

    print(f"{asyncio.run(run())} to publish")


@parked.command("list")
def parked_list(service: ServiceName, data: HouseData = DEFAULT_DATA) -> None:
    """What a service has put aside, with the reason."""

    async def run() -> list[str]:
        return await operations.parked(await installation.database(service, data))

    for row in asyncio.run(run()):
        print(row)


@parked.command()
def redrive(
    service: ServiceName,
    key: Annotated[str | None, typer.Argument(help="The customer's id.")] = None,
    all_: Annotated[bool, typer.Option("--all", help="Of every customer.")] = False,
    data: HouseData = DEFAULT_DATA,
) -> None:
    """Hands parked events to the service again, each customer's in their order. Exit 1 where some stay parked."""
    if (key is None) is not all_:
        raise typer.BadParameter("name one customer's id, or --all")

    async def run() -> tuple[int, int]:
        url = await installation.database(service, data)
        return await operations.redrive(service, url, key, installation.settings(data))

    handled, left = asyncio.run(run())
    print(f"{handled} handled, {left} still parked")
    raise typer.Exit(1 if left else 0)
