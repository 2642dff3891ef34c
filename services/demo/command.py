"""`kept demo`: the house with a day in it, or the day played against another installation."""

from __future__ import annotations

import socket
import sys
import tempfile
from pathlib import Path
from time import monotonic

from services.demo.checks import examine, report
from services.demo.day import Day
from services.demo.interface import Interface, NotInTime
from services.host.up import Stop, access_token, banner, ended_by_signals, running, stay, way_in
from shared.telemetry import configure_logging


async def run(*, check: bool, url: str | None, token: str | None, data: Path, port: int) -> int:
    """Returns the exit code: 0 where all holds."""
    if url is not None:
        return await _play(url, token or "", check=check)
    configure_logging(json=False, level="WARNING")
    with ended_by_signals() as stop:
        if check:
            with tempfile.TemporaryDirectory(prefix="kept-") as scratch:
                return await _at_home(Path(scratch), free_port(), stop, check=True)
        return await _at_home(data, port, stop, check=False)


async def _at_home(data: Path, port: int, stop: Stop, *, check: bool) -> int:
    url = f"http://127.0.0.1:{port}"
    async with running(data, port=port) as house:
        failed = await _play(url, access_token(house), check=check)
        if check:
            return failed
        sys.stdout.write(banner(house, await way_in(house), url, data, sys.stdout))
        sys.stdout.flush()
        await stay(house, stop)
        return failed


async def _play(url: str, token: str, *, check: bool) -> int:
    started = monotonic()
    api = Interface(url, token)
    sys.stdout.write(
        f"\n  Playing a day of contacts at {url} ...\n"
        "  One of its requests is forged: that it is refused (webhook.refused) is part of the play.\n\n"
    )
    sys.stdout.flush()
    try:
        played = await Day(api, url).play()
        holds = report(await examine(api, played), sys.stdout.write) if check else True
    except NotInTime as error:
        sys.stdout.write(f"  DIFFERS  {error}\n")
        return 1
    finally:
        await api.close()
    sys.stdout.write(
        f"  played in {monotonic() - started:.1f} s; the customer: {url}/intake/console/customers/{played.heroine}\n"
    )
    return 0 if holds else 1


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port
