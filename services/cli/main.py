"""The command `kept`."""

from __future__ import annotations

import asyncio
import os
import sys
from datetime import timedelta
from pathlib import Path
from typing import Annotated

import typer

from services import VERSION
from services.cli.channels import channel, quarantine
from services.cli.doctor import doctor
from services.cli.handles import handles
from services.cli.operations import ServiceName, events, migrate, parked, replay
from services.cli.staff import staff
from services.cli.translations import translations
from services.host import everyday, installation, registry
from services.host.installation import DEFAULT_DATA, Data, KeyData
from shared.clock import SystemClock

app = typer.Typer(
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    help="Every contact on one timeline, every promise kept.",
)
contracts = typer.Typer(no_args_is_help=True, help="The generated descriptions of every event.")
sessions = typer.Typer(no_args_is_help=True, help="Who is logged in with a browser.")
app.add_typer(channel, name="channel")
app.add_typer(sessions, name="sessions")
app.add_typer(staff, name="staff")
app.add_typer(handles, name="handles")
app.add_typer(doctor, name="doctor")
app.add_typer(quarantine, name="quarantine")
app.add_typer(events, name="events")
app.add_typer(parked, name="parked")
app.add_typer(contracts, name="contracts")
app.command()(migrate)
app.command()(replay)
app.command()(translations)

Port = Annotated[int, typer.Option(min=1, max=65535, help="The port on 127.0.0.1.")]
Listen = Annotated[int, typer.Option(min=1, max=65535)]
INTAKE = "http://127.0.0.1:8000"


def _version(wanted: bool) -> None:
    if wanted:
        print(f"kept {VERSION}")
        raise typer.Exit


@app.callback()
def kept(
    version: Annotated[
        bool, typer.Option("--version", callback=_version, is_eager=True, help="Which version this is.")
    ] = False,
) -> None:
    """Every contact on one timeline, every promise kept."""


def _has_no_effect(context: typer.Context, why: str, *options: str) -> None:
    """Exit 2 where one of them was given: an option has an effect or is refused."""
    for option in options:
        if installation.is_given(context, option):
            raise typer.BadParameter(f"has no effect {why}", param_hint=f"--{option}")


@app.command()
def up(data: Data = DEFAULT_DATA, port: Port = 8080) -> None:
    """Everything on this machine: embedded database and broker, four services, one address."""
    from services.host.up import up as run

    asyncio.run(run(data.resolve(), host="127.0.0.1", port=port, smtp_url=os.environ.get("KEPT_SMTP_URL")))


@app.command()
def demo(
    context: typer.Context,
    check: Annotated[bool, typer.Option("--check", help="Play, verify over HTTP, stop, exit 0 or 1.")] = False,
    url: Annotated[str | None, typer.Option(help="A running installation instead of one of our own.")] = None,
    token: Annotated[str | None, typer.Option(help="An access token for --url.")] = None,
    data: Data = DEFAULT_DATA,
    port: Port = 8080,
) -> None:
    """Plays a day of contacts, from webhook to confirmed satisfaction."""
    from services.demo import command

    if url is not None:
        _has_no_effect(context, "with --url: that installation has its own", "data", "port")
        if not token:
            raise typer.BadParameter("is needed with --url: `kept token` makes one there", param_hint="--token")
    else:
        _has_no_effect(context, "without --url", "token")
    if check:
        _has_no_effect(context, "with --check: the day is played on scratch data, at a free port", "data", "port")
    sys.exit(asyncio.run(command.run(check=check, url=url, token=token, data=data.resolve(), port=port)))


@app.command()
def serve(
    service: ServiceName,
    role: Annotated[str, typer.Option(help="all, api or worker.")] = "all",
    host: Annotated[str, typer.Option()] = "127.0.0.1",
    port: Listen = 8000,
) -> None:
    """One service in this process, with the settings of the environment."""
    from services.host.serve import serve as run

    if service not in registry.NAMES or role not in {"all", "api", "worker"}:
        raise typer.BadParameter("no such service or role")
    run(service, role=role, host=host, port=port)  # type: ignore[arg-type]


@app.command()
def front(
    at: Annotated[str, typer.Option(help="Where each process of each service is found.")],
    mailbox: Annotated[bool, typer.Option(help="Link to the mailbox.")] = True,
    host: Annotated[str, typer.Option()] = "127.0.0.1",
    port: Listen = 8000,
) -> None:
    """The first page and the readiness of all, behind a gateway that serves the services."""
    from services.host.serve import serve_front

    serve_front(at, mailbox=mailbox, host=host, port=port)


@app.command()
def token(
    scope: Annotated[list[str] | None, typer.Option(help="intake:read, :write, :admin ...; may be repeated.")] = None,
    subject: Annotated[str, typer.Option(help="Who the token speaks for.")] = "owner",
    days: Annotated[int, typer.Option(min=1, max=3650)] = 30,
    data: KeyData = DEFAULT_DATA,
) -> None:
    """An access token for a program. A person signs in by a link: kept staff invite EMAIL."""
    from shared.security import Tokens

    if unknown := set(scope or ()) - set(registry.SCOPES):
        raise typer.BadParameter(f"no such scope: {', '.join(sorted(unknown))}. There are {', '.join(registry.SCOPES)}")
    tokens = Tokens(installation.settings(data), SystemClock())
    print(tokens.issue(subject, frozenset(scope or ["*"]), lifetime=timedelta(days=days)))


@sessions.command()
def close(data: KeyData = DEFAULT_DATA) -> None:
    """Ends every session of a person in a browser, and every unused link that would open one, within seconds."""
    from shared.security import Sessions

    settings = installation.settings(data)
    if settings.sessions_file is None:
        raise typer.BadParameter("KEPT_SESSIONS_FILE is not set: services that run elsewhere would not hear of it")
    Sessions(settings, SystemClock()).close_all()
    print("all sessions are closed; `kept staff invite EMAIL` makes a link that opens a new one")


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
    smtp_port: Listen = 1025,
    http_port: Listen = 8025,
    intake: Annotated[str, typer.Option(help="Where intake answers, which knows who may read.")] = INTAKE,
) -> None:
    """Catches mail instead of delivering it, and shows it to staff. For trying things out."""
    from services.host.mailbox import serve as run

    bound = os.environ.get("KEPT_BIND") or "127.0.0.1"
    if bound not in {"127.0.0.1", "::1", "localhost"} and not os.environ.get("MAIL_LEAVES"):
        print(f"NO MAIL LEAVES: KEPT_SMTP_URL is not set while Kept answers at {bound}.", file=sys.stderr, flush=True)
    asyncio.run(run(directory, host=host, smtp_port=smtp_port, http_port=http_port, intake=intake))


def main() -> None:
    """Exit 0 where it is done, 1 where it failed, 2 for what was asked wrongly, 130 for Ctrl-C."""
    try:
        app(prog_name="kept")
    except Exception as error:
        told = everyday.sentence(error)
        if told is None:
            raise
        print(f"kept: {told}", file=sys.stderr)
        sys.exit(1)
