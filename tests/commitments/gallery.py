"""`python -m tests.commitments.gallery DIRECTORY [PART OF A NAME]`: pictures of every page of commitments.

Seeded through the interface on databases of their own, in both languages, at the widths of two phones, a tablet and a
screen, by day and by night. For looking at: no test compares them.
"""

from __future__ import annotations

import asyncio
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import cast

import httpx

from services.commitments import service
from services.commitments.promise.store import Promises
from services.intake.staff.roles import scopes_of
from shared.broker.local import LocalBroker
from shared.clock import ManualClock
from shared.http import create_app
from shared.runtime import Runtime
from shared.security import Sessions
from tests.commitments.conftest import PUBLIC_URL, START, Commitments, settings_for
from tests.commitments.seeds import crowd, late_states, states, task_states
from tests.commitments.seeds_of_figures import quarter, standards
from tests.support.chromium import Tab, browsing, find_chromium, running
from tests.support.postgres import ScratchPostgres, scratch_postgres
from tests.support.scratch import migrated_template
from tests.support.serving import serving

PHONE = 390
WIDTHS = (320, PHONE, 768, 1280)
LANGUAGES = ("vi", "en")


@asynccontextmanager
async def at_work(postgres: ScratchPostgres, template: str) -> AsyncIterator[Commitments]:
    name = postgres.make_database(template)
    settings, clock = settings_for(postgres.url(name)), ManualClock(START)
    made = service.build(settings, clock)
    runtime = Runtime(made, settings, clock=clock, role="api", broker=LocalBroker(postgres.url(name), topics=()))
    transport = httpx.ASGITransport(app=create_app(runtime, manage_runtime=False))
    async with httpx.AsyncClient(transport=transport, base_url=PUBLIC_URL) as http:
        yield Commitments(http, runtime, clock, cast("Promises", made.state))
    await runtime.stop()


async def sign_in(kept: Commitments, tab: Tab, url: str) -> None:
    sessions = Sessions(kept.runtime.settings, kept.clock)
    await tab.cookie(url, sessions.cookie.name, sessions.open("an", scopes_of(["admin"]), roles=["admin"]))


@dataclass
class Camera:
    """Takes a page in each language at each width, those named `only`, and says what scrolls sideways."""

    directory: Path
    tab: Tab
    only: str

    async def take(self, url: str, name: str) -> None:
        if self.only not in name:
            return
        for lang in LANGUAGES:
            await self.tab.scheme("light")
            for width in WIDTHS:
                await self.shoot(url, lang, width, f"{name}-{lang}-{width}")
            await self.tab.scheme("dark")
            await self.shoot(url, lang, PHONE, f"{name}-{lang}-{PHONE}-night")

    async def shoot(self, url: str, lang: str, width: int, name: str) -> None:
        await self.tab.size(width)
        await self.tab.goto(url + ("&" if "?" in url else "?") + f"lang={lang}")
        await self.tab.picture(self.directory / f"{name}.png", tallest=4000)
        if (wide := await self.tab.value("document.documentElement.scrollWidth")) > width:
            sys.stdout.write(f"{name}: scrolls sideways to {wide}\n")


async def promises(camera: Camera, kept: Commitments, url: str) -> None:
    await camera.take(f"{url}/commitments/board", "board-empty")
    for seed in (states, late_states):
        for name, token in (await seed(kept)).items():
            await camera.take(f"{url}/commitments/p/{token}", f"page-{name}")
    await camera.take(f"{url}/commitments/p/wrong", "page-wrong-link")


async def tasks(camera: Camera, kept: Commitments, url: str) -> None:
    for name, address in (await task_states(kept)).items():
        await camera.take(f"{url}{address}", name)


async def board(camera: Camera, kept: Commitments, url: str) -> None:
    await crowd(kept)
    await camera.take(f"{url}/commitments/board", "board-crowded")
    opened = next(p for p in await kept.all() if p.is_open and p.waiting_since is None and p.terms[0].steps == ())
    await camera.take(f"{url}/commitments/board?q=nothing-like-it", "board-nothing-fits")
    await camera.take(f"{url}/commitments/board?open={opened.id}", "board-open")


async def figures(camera: Camera, kept: Commitments, url: str) -> None:
    scorecard, public = f"{url}/commitments/scorecard/page", f"{url}/commitments/standards/page"
    await camera.take(scorecard, "scorecard-empty")
    await camera.take(public, "standards-empty")
    await quarter(kept)
    await standards(kept)
    await sign_in(kept, camera.tab, url)
    for by in ("owner", "kind", "category"):
        await camera.take(f"{scorecard}?by={by}", f"scorecard-{by}")
    await camera.take(public, "standards")


SCENES = (promises, tasks, board, figures)


async def main(directory: Path, only: str) -> None:
    directory.mkdir(parents=True, exist_ok=True)
    chromium = find_chromium()
    if chromium is None:
        raise SystemExit("no Chromium to look with")
    with scratch_postgres() as postgres:
        template = await asyncio.to_thread(migrated_template, postgres, Path(service.__file__).parent / "migrations")
        with running(chromium) as profile:
            async with browsing(profile) as tab:
                camera = Camera(directory, tab, only)
                for scene in SCENES:
                    async with at_work(postgres, template) as kept, serving(kept.runtime) as url:
                        await sign_in(kept, tab, url)
                        await scene(camera, kept, url)
                complaints = [error for error in tab.errors if "/p/wrong" not in error]
                sys.stdout.write(f"{complaints or 'no complaints'}\n")
    sys.stdout.write(f"{len(list(directory.glob('*.png')))} pictures in {directory}\n")


if __name__ == "__main__":
    asyncio.run(main(Path(sys.argv[1]), sys.argv[2] if len(sys.argv) > 2 else ""))
