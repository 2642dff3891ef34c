"""`kept doctor`: whether the installation works, and whether one channel does."""

from __future__ import annotations

import asyncio
import json
from dataclasses import asdict
from typing import Annotated

import typer

from services.cli.channels import Name, run_on_intake
from services.host.installation import DEFAULT_DATA, HouseData, is_given

doctor = typer.Typer(help="Whether everything works, and what to do where it does not.", invoke_without_command=True)

Json = Annotated[bool, typer.Option("--json", help="For programs.")]


@doctor.callback()
def all_(context: typer.Context, as_json: Json = False, data: HouseData = DEFAULT_DATA) -> None:
    """Each service with each check, the broker, the mail server and every channel; exit 1 where there is to do."""
    if context.invoked_subcommand:
        if any(is_given(context, name) for name in ("as_json", "data")):
            raise typer.BadParameter("options stand after the subcommand: kept doctor channel NAME --json")
        return
    from services.host.examination import examine

    found = asyncio.run(examine(data))
    if as_json:
        print(json.dumps([asdict(one) for one in found], ensure_ascii=False, indent=2))
    else:
        for one in found:
            print(f"{'  ok  ' if one.is_well else '  LOOK'}  {one.service:<14} {one.check:<20} {one.found}")
            if not one.is_well:
                print(f"        -> {one.remedy}")
        print("  All is well." if all(one.is_well for one in found) else "  There is something to do.")
    raise typer.Exit(0 if all(one.is_well for one in found) else 1)


@doctor.command("channel")
def doctor_channel(name: Name, as_json: Json = False, data: HouseData = DEFAULT_DATA) -> None:
    """What arrived last, what was refused and why, and what to do about it; exit 1 where it does not work."""
    from services.intake import commands

    checkup = run_on_intake(data, lambda here: commands.examine(here, name))
    print(checkup.model_dump_json(indent=2) if as_json else commands.told(checkup))
    raise typer.Exit(0 if checkup.is_well else 1)
