"""`kept handles`: addresses of customers, from the command line."""

from __future__ import annotations

import typer

from services.cli.channels import run_on_intake
from services.host.installation import DEFAULT_DATA, HouseData

handles = typer.Typer(no_args_is_help=True, help="Addresses of customers: which are not to be written to.")


@handles.callback()
def group() -> None:
    """A group of commands, so that there can be others beside the first."""


@handles.command()
def retell(data: HouseData = DEFAULT_DATA) -> None:
    """Tells again of every address that is not to be written to, for services that have missed it."""
    from services.intake.customers import unreachable

    print(f"{run_on_intake(data, lambda here: unreachable.tell_all(here.database))} told again")
