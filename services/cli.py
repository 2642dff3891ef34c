"""The command `kept`."""

from __future__ import annotations

import asyncio
import contextlib
import os
import sys
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Annotated

import typer

from services import installation, registry
from services.cli_channels import channel, doctor, quarantine
from services.installation import DEFAULT_DATA, Data
from shared.clock import SystemClock

app = typer.Typer(no_args_is_help=True, add_completion=False, help="Every contact on one timeline, every promise kept.")
parked = typer.Typer(no_args_is_help=True, help="Events that could not be handled, by customer.")
contracts = typer.Typer(no_args_is_help=True, help="The generated descriptions of every event.")
events = typer.Typer(no_args_is_help=True, help="What a service has told.")
app.add_typer(channel, name="channel")
app.add_typer(doctor, name="doctor")
app.add_typer(quarantine, name="quarantine")
app.add_typer(events, name="events")
app.add_typer(parked, name="parked")
app.add_typer(contracts, name="contracts")

Port = Annotated[int, typer.Option(help="The port on 127.0.0.1.")]
ServiceName = Annotated[str, typer.Argument(help=f"One of {', '.join(registry.NAMES)}.")]


@app.command()
def up(data: Data = DEFAULT_DATA, port: Port = 8080) -> None:
    """Everything on this machine: embedded database and broker, four services, one address."""
    from services.up import up as run

    asyncio.run(run(data.resolve(), host="127.0.0.1", port=port, smtp_url=os.environ.get("KEPT_SMTP_URL")))


@app.command()
def demo(
    check: Annotated[bool, typer.Option("--check", help="Play, verify over HTTP, stop, exit 0 or 1.")] = False,
    url: Annotated[str | None, typer.Option(help="A running installation instead of one of our own.")] = None,
    token: Annotated[str | None, typer.Option(help="An access token for --url.")] = None,
    data: Data = DEFAULT_DATA,
    port: Port = 8080,
) -> None:
    """Plays a day of contacts, from webhook to confirmed satisfaction."""
    from services.demo import command

    sys.exit(asyncio.run(command.run(check=check, url=url, token=token, data=data.resolve(), port=port)))


@app.command()
def serve(
    service: ServiceName,
    role: Annotated[str, typer.Option(help="all, api or worker.")] = "all",
    host: Annotated[str, typer.Option()] = "127.0.0.1",
    port: Annotated[int, typer.Option()] = 8000,
) -> None:
    """One service in this process, with the settings of the environment."""
    from services.serve import serve as run

    if service not in registry.NAMES or role not in {"all", "api", "worker"}:
        raise typer.BadParameter("no such service or role")
    run(service, role=role, host=host, port=port)  # type: ignore[arg-type]


@app.command()
def front(
    at: Annotated[str, typer.Option(help="Where each process of each service is found.")],
    mailbox: Annotated[bool, typer.Option(help="Link to the mailbox.")] = True,
    host: Annotated[str, typer.Option()] = "127.0.0.1",
    port: Annotated[int, typer.Option()] = 8000,
) -> None:
    """The first page and the readiness of all, behind a gateway that serves the services."""
    from services.serve import serve_front

    serve_front(at, mailbox=mailbox, host=host, port=port)


@app.command()
def migrate(
    service: ServiceName,
    create: Annotated[bool, typer.Option(help="Make the database first where it is missing.")] = False,
) -> None:
    """Brings a service's database (KEPT_DATABASE_URL) to the newest revision."""
    from shared.migrations import upgrade
    from shared.migrations.run import create_database

    url = os.environ["KEPT_DATABASE_URL"]
    if create:
        asyncio.run(create_database(url))
    asyncio.run(upgrade(url, registry.migrations(service)))


@app.command()
def token(
    scope: Annotated[list[str] | None, typer.Option(help="E.g. intake:read; may be repeated.")] = None,
    subject: Annotated[str, typer.Option(help="Who the token speaks for.")] = "owner",
    days: Annotated[int, typer.Option(min=1, max=3650)] = 30,
    browser: Annotated[bool, typer.Option("--browser", help="A one-time link that opens a session.")] = False,
    data: Data = DEFAULT_DATA,
) -> None:
    """An access token for a program, or a one-time link for a person."""
    from shared.ids import new_id
    from shared.security import Links, Tokens

    settings = installation.settings(data)
    if browser:
        print(
            Links(settings, SystemClock(), "browser").url("/intake/session/", new_id(), lifetime=timedelta(minutes=30))
        )
        return
    tokens = Tokens(settings, SystemClock())
    print(tokens.issue(subject, frozenset(scope or ["*"]), lifetime=timedelta(days=days)))


@events.command()
def tail(
    service: ServiceName,
    lines: Annotated[int, typer.Option("-n", "--lines", min=1, max=10_000, help="How many to begin with.")] = 20,
    follow: Annotated[bool, typer.Option("-f", "--follow", help="And whatever comes.")] = False,
    data: Data = DEFAULT_DATA,
) -> None:
    """The newest events of a service's log, one JSON object a line."""
    from services import operations

    with contextlib.suppress(KeyboardInterrupt):
        asyncio.run(operations.tail(installation.database(service, data), lines=lines, follow=follow, write=print))


@app.command()
def replay(
    service: ServiceName,
    since: Annotated[datetime, typer.Option(help="Events told at or after this instant (UTC).")],
    key: Annotated[str | None, typer.Option(help="One customer's alone.")] = None,
    data: Data = DEFAULT_DATA,
) -> None:
    """Publishes a service's events again, in their order, for consumers that lost some. Ours know what they have."""
    from services import operations

    url = installation.database(service, data)
    print(f"{asyncio.run(operations.replay(url, since.replace(tzinfo=UTC), key))} to publish")


@parked.command("list")
def parked_list(service: ServiceName, data: Data = DEFAULT_DATA) -> None:
    """What a service has put aside, with the reason."""
    from services import operations

    for row in asyncio.run(operations.parked(installation.database(service, data))):
        print(row)


@parked.command()
def redrive(
    service: ServiceName, key: Annotated[str, typer.Argument(help="The customer's id.")], data: Data = DEFAULT_DATA
) -> None:
    """Hands the parked events of one customer to the service again, in their order."""
    from services import operations

    url, signing = installation.database(service, data), installation.settings(data)
    print(f"{asyncio.run(operations.redrive(service, url, key, signing))} handled")


@contracts.command()
def export(
    directory: Annotated[Path, typer.Argument()] = Path("docs/events"),
    check: Annotated[bool, typer.Option("--check", help="Change nothing; exit 1 where they have drifted.")] = False,
) -> None:
    """Writes the JSON Schemas and the AsyncAPI document of every event."""
    from shared.contracts.export import drift
    from shared.contracts.export import export as write

    if not check:
        write(directory)
        return
    differences = drift(directory)
    for line in differences:
        print(line)
    sys.exit(1 if differences else 0)


@app.command()
def mailbox(
    directory: Annotated[Path, typer.Option()] = Path("mail"),
    host: Annotated[str, typer.Option()] = "127.0.0.1",
    smtp_port: Annotated[int, typer.Option()] = 1025,
    http_port: Annotated[int, typer.Option()] = 8025,
) -> None:
    """Catches mail instead of delivering it, and shows it. For trying things out."""
    from services.mailbox import serve as run

    public_url = os.environ.get("KEPT_PUBLIC_URL", "http://127.0.0.1:8080")
    asyncio.run(run(directory, host=host, smtp_port=smtp_port, http_port=http_port, public_url=public_url))


def main() -> None:
    app()
