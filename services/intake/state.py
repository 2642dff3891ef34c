"""What intake's routes and its worker share in one process."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, cast

from fastapi import Depends, Request

from services.intake.directory import Directory
from services.intake.raw import RawStore
from services.intake.settings import IntakeSettings
from shared.clock import Clock
from shared.security import Links, Vault
from shared.web import Pages


@dataclass(frozen=True)
class Intake:
    settings: IntakeSettings
    clock: Clock
    vault: Vault
    directory: Directory
    raws: RawStore
    pages: Pages
    browser_links: Links

    @classmethod
    def of(cls, settings: IntakeSettings, clock: Clock) -> Intake:
        vault = Vault(settings)
        return cls(
            settings=settings,
            clock=clock,
            vault=vault,
            directory=Directory(vault),
            raws=RawStore(),
            pages=Pages(Path(__file__).parent / "pages"),
            browser_links=Links(settings, clock, "browser"),
        )

    def public(self, path: str) -> str:
        return self.settings.public_url.rstrip("/") + path


def _intake(request: Request) -> Intake:
    return cast("Intake", request.app.state.service)


Here = Annotated[Intake, Depends(_intake)]
