"""Settings of the commitments service, beside those every service has."""

from __future__ import annotations

from pydantic import Field

from shared.settings import ServiceSettings


class CommitmentsSettings(ServiceSettings):
    promise_link_days: int = Field(90, ge=1, description="Days for which a customer's link to a promise works.")
