"""The objects that intake's routes and its worker share in one process."""

from __future__ import annotations

import hmac
from dataclasses import dataclass
from typing import Annotated, cast

from fastapi import Depends, Request

from services.intake.arrivals.raw import RawStore
from services.intake.channels.setup.certificates import Certificates
from services.intake.channels.setup.directory import Directory
from services.intake.channels.setup.refusals import Refusals
from services.intake.settings import IntakeSettings
from services.intake.staff.openid import OpenId
from shared.clock import Clock
from shared.database import Database
from shared.outbound import Outbound
from shared.security import Links, Marks, Vault


@dataclass(frozen=True)
class Intake:
    settings: IntakeSettings
    clock: Clock
    vault: Vault
    directory: Directory
    raws: RawStore
    person_links: Links
    marks: Marks
    verify_key: bytes
    refusals: Refusals
    outbound: Outbound
    certificates: Certificates
    openid: OpenId | None

    @classmethod
    def of(cls, settings: IntakeSettings, clock: Clock) -> Intake:
        vault = Vault(settings)
        outbound = Outbound(settings.outbound_networks)
        return cls(
            settings=settings,
            clock=clock,
            vault=vault,
            directory=Directory(vault),
            raws=RawStore(),
            person_links=Links(settings, clock, "person"),
            marks=Marks(settings),
            verify_key=settings.derive("verify-token"),
            refusals=Refusals(clock),
            outbound=outbound,
            certificates=Certificates(outbound.fetch),
            openid=OpenId(settings, clock) if settings.oidc_issuer else None,
        )

    async def close(self, database: Database) -> None:
        """Writes what was refused a moment ago, and gives up connections to others."""
        await self.refusals.close(database)
        await self.outbound.close()
        if self.openid is not None:
            await self.openid.close()

    def verify_token(self, channel: str) -> str:
        """What is pasted where a provider asks for a token of ours (Meta). It proves nothing but its own arrival."""
        return hmac.digest(self.verify_key, channel.encode(), "sha256").hex()[:32]

    def public(self, path: str) -> str:
        return self.settings.public_url.rstrip("/") + path


def _intake(request: Request) -> Intake:
    return cast("Intake", request.app.state.service)


Here = Annotated[Intake, Depends(_intake)]
