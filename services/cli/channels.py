"""`kept channel`, `kept quarantine`: the ways in, from the command line."""

from __future__ import annotations

import asyncio
import json
import sys
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Annotated, Any, TypeVar

import typer

from services.host import installation
from services.host.installation import DEFAULT_DATA, HouseData

channel = typer.Typer(no_args_is_help=True, help="Ways in: make, list, switch on and off.")
quarantine = typer.Typer(no_args_is_help=True, help="Requests that could not be read.")

Name = Annotated[str, typer.Argument(help="The channel's name, as in its webhook's URL.")]
T = TypeVar("T")


@channel.command("add")
def add(
    name: Name,
    provider: Annotated[str, typer.Argument(help="E.g. twilio; docs/channels lists them.")],
    account: Annotated[str, typer.Option(help="The provider's account, where one name means several.")] = "",
    access_token: Annotated[bool, typer.Option("--access-token", help="Ask for the provider's access token.")] = False,
    reply_to: Annotated[
        bool,
        typer.Option("--reply-to-is-writer", help="A mail's Reply-To says who wrote it, as where a form sends all."),
    ] = False,
    data: HouseData = DEFAULT_DATA,
) -> None:
    """Makes a channel. Its secret is asked for, or read from standard input: a line each, an access token last."""
    asked = ["Secret"] + (["Access token"] if access_token else [])
    if sys.stdin.isatty():
        lines = [typer.prompt(what, hide_input=True) for what in asked]
    else:
        lines = [line.strip() for line in sys.stdin if line.strip()]
    if len(lines) <= access_token:
        raise typer.BadParameter(f"standard input has no {' and '.join(what.lower() for what in asked)}: a line each")
    token = lines.pop() if access_token else None
    from services.intake import commands

    made = run_on_intake(
        data, lambda here: commands.add(here, name, provider, lines, account, token, reply_to_is_writer=reply_to)
    )
    print(f"Set the webhook at the provider to  {made['webhook_url']}")
    if made["verify_token"]:
        print(f"and its verify token to             {made['verify_token']}")
    print(f"See whether it works with           kept doctor channel {name}")


@channel.command("list")
def list_(data: HouseData = DEFAULT_DATA) -> None:
    """Every channel, one JSON object a line."""
    from services.intake import commands

    for row in run_on_intake(data, commands.channels):
        print(json.dumps(row, default=str, ensure_ascii=False))


@channel.command("on")
def on(name: Name, data: HouseData = DEFAULT_DATA) -> None:
    """Listens again."""
    _switch(name, True, data)


@channel.command("off")
def off(name: Name, data: HouseData = DEFAULT_DATA) -> None:
    """Tells the provider, in its own way, not to come again."""
    _switch(name, False, data)


@channel.command("requests")
def requests(
    name: Name,
    lines: Annotated[int, typer.Option("-n", "--lines", min=1, max=200, help="How many.")] = 20,
    data: HouseData = DEFAULT_DATA,
) -> None:
    """The last requests: time, verdict, size and id, the newest first; refused ones by reason. A JSON object a line."""
    from services.intake import commands

    for row in run_on_intake(data, lambda here: commands.requests(here, name, lines)):
        print(json.dumps(row, ensure_ascii=False))


@channel.command("replay")
def replay(
    name: Name,
    id_: Annotated[int, typer.Argument(metavar="ID", min=1, help="As `kept channel requests` shows it.")],
    data: HouseData = DEFAULT_DATA,
) -> None:
    """Reads an accepted request again. What of it was filed already stays as it is."""
    from services.intake import commands

    run_on_intake(data, lambda here: commands.read_again(here, name, id_))
    print(f"request {id_} is read again")


def _switch(name: str, enabled: bool, data: Path) -> None:
    from services.intake import commands

    run_on_intake(data, lambda here: commands.switch(here, name, enabled))
    print(f"{name} is {'on' if enabled else 'off'}")


@quarantine.command("list")
def quarantine_list(
    channel_: Annotated[str | None, typer.Option("--channel", help="Of one channel alone.")] = None,
    data: HouseData = DEFAULT_DATA,
) -> None:
    """What could not be read, with the reason, the oldest first; one JSON object a line."""
    from services.intake import commands

    for row in run_on_intake(data, lambda here: commands.quarantined(here, channel_)):
        print(json.dumps(row, default=str, ensure_ascii=False))


@quarantine.command("replay")
def quarantine_replay(
    channel_: Annotated[str | None, typer.Option("--channel", help="Of one channel alone.")] = None,
    data: HouseData = DEFAULT_DATA,
) -> None:
    """After a fix: reads all of them again. What of them was filed already stays as it is."""
    from services.intake import commands

    print(f"{run_on_intake(data, lambda here: commands.release(here, channel_))} requests are read again")


def run_on_intake(data: Path, act: Callable[[Any], Awaitable[T]]) -> T:
    """Runs it on the installation's intake."""
    from services.intake import commands

    async def run() -> T:
        url = await installation.database("intake", data)
        return await commands.with_intake(url, installation.settings(data), act)

    return asyncio.run(run())
