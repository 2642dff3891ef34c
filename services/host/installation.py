"""The installation that a command works on: that of the environment, else the house on this machine."""

from __future__ import annotations

import os
import shlex
import socket
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Annotated, Any

import typer
from sqlalchemy.pool import NullPool

from services.host import registry
from services.host.everyday import Everyday
from shared import schema
from shared.database import engine_of

DEFAULT_DATA = Path(os.environ.get("KEPT_DATA", ".kept"))


def is_given(context: typer.Context, option: str) -> bool:
    """Whether whoever runs the command wrote the option, where a default would do."""
    source = context.get_parameter_source(option)
    return source is not None and source.name == "COMMANDLINE"


def _only_without(*variables: str) -> Any:
    """A callback that refuses --data where the environment says already which installation it is."""

    def callback(context: typer.Context, parameter: typer.CallbackParam, value: Path) -> Path:
        named = [variable for variable in variables if variable in os.environ]
        if named and is_given(context, parameter.name or ""):
            raise typer.BadParameter(f"has no effect: {' and '.join(named)} in the environment names the installation")
        return value

    return callback


Data = Annotated[Path, typer.Option("--data", help="Where the data lives.")]
"""Of a command that runs a house itself."""
HouseData = Annotated[
    Path,
    typer.Option(
        "--data", help="Where the data of the house on this machine lives.", callback=_only_without("KEPT_DATABASE_URL")
    ),
]
"""Of a command that works on a database."""
KeyData = Annotated[
    Path,
    typer.Option(
        "--data",
        help="Where the data of the house on this machine lives.",
        callback=_only_without("KEPT_SECRET_KEY", "KEPT_SECRET_KEYS"),
    ),
]
"""Of a command that needs the installation's key alone."""


def settings(data: Path) -> Any:
    """Enough settings to sign and to make links: the environment's, or those of the house on this machine.

    Raises Everyday where there is neither. It makes nothing.
    """
    from services.host.house import KEY_FILE, SESSIONS, last_public_url, read_key
    from shared.settings import ServiceSettings

    values: dict[str, Any] = {"database_url": "unused", "broker": "local"}
    if not {"KEPT_SECRET_KEY", "KEPT_SECRET_KEYS"} & set(os.environ):
        path = data / KEY_FILE
        if not path.is_file():
            raise Everyday(f"there is no installation in {data}: `make up` makes one, --data names another")
        values["secret_key"] = read_key(path)
        values["sessions_file"] = data.resolve() / SESSIONS
        if "KEPT_PUBLIC_URL" not in os.environ and (url := last_public_url(data)):
            values["public_url"] = url
    return ServiceSettings(**values)


def house_database(name: str, data: Path) -> str:
    """A database of the house on this machine. Raises Everyday where it is not up."""
    from shared.embedded import EmbeddedPostgres

    postgres = EmbeddedPostgres(data.resolve() / "postgres")
    try:
        with socket.socket(socket.AF_UNIX) as probe:
            probe.connect(str(postgres.socket_path))
    except OSError:
        raise Everyday(f"Kept is not up in {data}: start it with `make up`, or name its place with --data") from None
    return postgres.url(f"kept_{name}")


async def database(service: str, data: Path) -> str:
    """The service's database: KEPT_DATABASE_URL's, or the one in the house on this machine.

    Raises Everyday where the house is not up, and where the database is another service's or has no tables.
    """
    url = os.environ.get("KEPT_DATABASE_URL")
    if url is None:
        return house_database(service, data)
    found = await owner(url)
    if found is None:
        raise Everyday(f"the database of KEPT_DATABASE_URL has no tables of Kept: kept migrate {service}")
    refuse_another(service, found)
    return url


def refuse_another(service: str, found: str) -> None:
    """Raises Everyday where the database is not this service's."""
    if found != service:
        again = shlex.join(["kept", *sys.argv[1:]])
        raise Everyday(
            f"KEPT_DATABASE_URL is the database of {found}, not of {service}. Run it where {service} runs:"
            f" docker compose exec {service}-worker {again}"
        )


@contextmanager
def answering() -> Iterator[None]:
    """Around what asks the database of the environment. Raises Everyday where nobody answers there."""
    try:
        yield
    except OSError as error:
        raise Everyday(f"the database of KEPT_DATABASE_URL does not answer: {error}") from error


async def owner(url: str) -> str | None:
    """Whose database it is, told by its tables; None where it has none of ours. Raises Everyday where it is away."""
    engine = engine_of(url, poolclass=NullPool)
    try:
        with answering():
            async with engine.connect() as connection:
                there = set((await schema.read(connection)).tables)
    finally:
        await engine.dispose()
    return schema.belongs_to(there, {name: registry.tables(name) for name in registry.NAMES})
