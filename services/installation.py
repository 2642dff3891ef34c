"""Which installation a command works on: the one of the environment, else the house on this machine."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Annotated, Any

import typer

from services import registry

Data = Annotated[Path, typer.Option("--data", help="Where the data lives.")]
DEFAULT_DATA = Path(os.environ.get("KEPT_DATA", ".kept"))


def settings(data: Path) -> Any:
    """Enough settings to sign and to make links: the environment's, or those of the house on this machine."""
    from shared.settings import ServiceSettings

    values: dict[str, Any] = {"database_url": "unused", "broker": "local"}
    if "KEPT_SECRET_KEY" not in os.environ:
        from services.house import last_public_url, secret_key

        values["secret_key"] = secret_key(data)
        if "KEPT_PUBLIC_URL" not in os.environ and (url := last_public_url(data)):
            values["public_url"] = url
    return ServiceSettings(**values)


def database(service: str, data: Path) -> str:
    """KEPT_DATABASE_URL, or the service's database in the house on this machine, which must be up."""
    from shared.embedded import EmbeddedPostgres

    if service not in registry.NAMES:
        raise typer.BadParameter(f"no such service: {service}")
    return os.environ.get("KEPT_DATABASE_URL") or EmbeddedPostgres(data.resolve() / "postgres").url(f"kept_{service}")
