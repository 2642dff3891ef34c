"""Settings of the commitments service, beside those every service has."""

from __future__ import annotations

from pydantic import Field

from shared.settings import ServiceSettings


class CommitmentsSettings(ServiceSettings):
    scorecard_minimum: int = Field(10, ge=1, description="Fewest promises or cases that a verdict is given on.")
    scorecard_days: int = Field(90, ge=1, le=3650, description="Days the scorecard looks back where none are named.")
    recontact_days: int = Field(
        7, ge=1, le=365, description="Days without another contact after which the first one is held to have solved it."
    )
    estimate_days: int = Field(
        180,
        ge=1,
        le=3650,
        description="Days an estimate looks back on; up to 16 times as many where they hold too little.",
    )
