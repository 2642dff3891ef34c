"""`kept channel`, `kept doctor`, `kept quarantine`: the ways in, from the command line."""

from __future__ import annotations

import asyncio
import json
import sys
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Annotated, Any, TypeVar

import typer

from services import installation
from services.installation import DEFAULT_DATA, Data

channel = typer.Typer(no_args_is_help=True, help="Ways in: make, list, switch on and off.")
doctor = typer.Typer(help="Whether everything works.", invoke_without_command=True)
quarantine = typer.Typer(no_args_is_help=True, help="Requests that could not be read.")

Name = Annotated[str, typer.Argument(help="The channel's name, as in its webhook's URL.")]
T = TypeVar("T")


@channel.command("add")
def add(
    name: Name,
    provider: Annotated[str, typer.Argument(help="E.g. twilio; docs/channels lists them.")],
    account: Annotated[str, typer.Option(help="The provider's account, where one name means several.")] = "",
    access_token: Annotated[bool, typer.Option("--access-token", help="Ask for the provider's access token.")] = False,
    data: Data = DEFAULT_DATA,
) -> None:
    """Makes a channel. Its secret is asked for, or read from standard input: a line each, an access token last."""
    asked = ["Secret"] + (["Access token"] if access_token else [])
    if sys.stdin.isatty():
        lines = [typer.prompt(what, hide_input=True) for what in asked]
    else:
        lines = [line.strip() for line in sys.stdin if line.strip()]
    token = lines.pop() if access_token and len(lines) > 1 else None
    from services.intake import commands

    made = _run(data, lambda here: commands.add(here, name, provider, lines, account, token))
    print(f"Set the webhook at the provider to  {made['webhook_url']}")
    if made["verify_token"]:
        print(f"and its verify token to             {made['verify_token']}")
    print(f"See whether it works with           kept doctor channel {name}")


@channel.command("list")
def list_(data: Data = DEFAULT_DATA) -> None:
    """Every channel, one JSON object a line."""
    from services.intake import commands

    for row in _run(data, commands.channels):
        print(json.dumps(row, default=str, ensure_ascii=False))


@channel.command("on")
def on(name: Name, data: Data = DEFAULT_DATA) -> None:
    """Listens again."""
    _switch(name, True, data)


@channel.command("off")
def off(name: Name, data: Data = DEFAULT_DATA) -> None:
    """Tells the provider, in its own way, not to come again."""
    _switch(name, False, data)


def _switch(name: str, enabled: bool, data: Path) -> None:
    from services.intake import commands

    _run(data, lambda here: commands.switch(here, name, enabled))
    print(f"{name} is {'on' if enabled else 'off'}")


@doctor.callback()
def all_(context: typer.Context, data: Data = DEFAULT_DATA) -> None:
    """Every channel in one line; exit 1 where one does not work."""
    if context.invoked_subcommand:
        return
    from services.intake import commands

    checkups = _run(data, commands.examine_all)
    for one in checkups:
        print(f"{one.channel:<24} {one.provider:<12} {one.verdict}")
    if not checkups:
        print("There is no channel yet: kept channel add NAME PROVIDER")
    sys.exit(0 if all(one.is_well for one in checkups) else 1)


@doctor.command("channel")
def doctor_channel(name: Name, data: Data = DEFAULT_DATA) -> None:
    """What arrived last, what was refused and why, and what to do about it; exit 1 where it does not work."""
    from services.intake import commands

    checkup = _run(data, lambda here: commands.examine(here, name))
    print(commands.told(checkup))
    sys.exit(0 if checkup.is_well else 1)


@quarantine.command("list")
def quarantine_list(
    channel_: Annotated[str | None, typer.Option("--channel", help="Of one channel alone.")] = None,
    data: Data = DEFAULT_DATA,
) -> None:
    """What could not be read, with the reason, the oldest first; one JSON object a line."""
    from services.intake import commands

    for row in _run(data, lambda here: commands.quarantined(here, channel_)):
        print(json.dumps(row, default=str, ensure_ascii=False))


@quarantine.command("replay")
def quarantine_replay(
    channel_: Annotated[str | None, typer.Option("--channel", help="Of one channel alone.")] = None,
    data: Data = DEFAULT_DATA,
) -> None:
    """After a fix: reads all of them again. What of them was filed already stays as it is."""
    from services.intake import commands

    print(f"{_run(data, lambda here: commands.release(here, channel_))} requests are read again")


def _run(data: Path, act: Callable[[Any], Awaitable[T]]) -> T:
    """Runs it on the installation's intake. A problem is a sentence and exit 1, not a traceback."""
    from services.intake import commands
    from shared.problems import Problem

    url = installation.database("intake", data)
    try:
        return asyncio.run(commands.with_intake(url, installation.settings(data), act))
    except Problem as problem:
        print(problem.detail, file=sys.stderr)
        raise typer.Exit(1) from None
