"""`kept staff`: our own people, from the command line."""

from __future__ import annotations

import json
from typing import Annotated

import typer

from services.cli.channels import run_on_intake
from services.host import installation
from services.host.installation import DEFAULT_DATA, HouseData

staff = typer.Typer(no_args_is_help=True, help="Our own people: invite, list, deactivate.")

Who = Annotated[str, typer.Argument(metavar="EMAIL", help="The email of a person, or the subject.")]


@staff.command()
def invite(
    who: Who,
    role: Annotated[
        list[str] | None, typer.Option(help="agent, lead, manager, admin, auditor, partner; repeatable.")
    ] = None,
    name: Annotated[str | None, typer.Option(help="As colleagues call them.")] = None,
    team: Annotated[str | None, typer.Option(help="Whose budget of goodwill is theirs.")] = None,
    language: Annotated[str | None, typer.Option(help="vi or en.")] = None,
    zone: Annotated[str | None, typer.Option(help="Their time zone, e.g. Asia/Ho_Chi_Minh.")] = None,
    partner: Annotated[str | None, typer.Option(help="The firm they work for, where that is not yours.")] = None,
    subject: Annotated[
        str | None, typer.Option(help="Of a new person: who they are wherever it is said who did something.")
    ] = None,
    data: HouseData = DEFAULT_DATA,
) -> None:
    """A one-time link by which a person signs in. Whoever is new is added; what is given of anybody becomes so."""
    from services.intake.staff import commands

    facts = {"name": name, "team": team, "language": language, "zone": zone, "partner": partner, "subject": subject}
    made = run_on_intake(data, lambda here: commands.invite(here, who, role or [], **facts))
    print(f"{made.person.name} ({made.person.subject}; {', '.join(made.person.roles)}) signs in once, until", end=" ")
    print(f"{made.ends.isoformat(sep=' ', timespec='minutes')}, at")
    print(made.link)


@staff.command("list")
def list_(data: HouseData = DEFAULT_DATA) -> None:
    """Everybody, one JSON object a line."""
    from services.intake.staff import commands

    for person in run_on_intake(data, commands.everybody):
        print(json.dumps(person, ensure_ascii=False))


@staff.command()
def deactivate(who: Who, data: HouseData = DEFAULT_DATA) -> None:
    """Signs a person out everywhere, within seconds, and lets them in no more."""
    from services.intake.staff import commands

    if installation.settings(data).sessions_file is None:
        raise typer.BadParameter("KEPT_SESSIONS_FILE is not set: services that run elsewhere would not hear of it")
    print(f"{run_on_intake(data, lambda here: commands.deactivate(here, who))} is signed out and cannot come in again")
