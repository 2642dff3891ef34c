"""An act of a customer on a page of theirs, as evidence of who agreed, declined, chose, sent or answered."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from pydantic import BaseModel, ConfigDict


class CustomerAct(BaseModel):
    """An act of a customer: by which link (its target and end, which open nothing), when, and from where.

    `user_agent` is what their browser says it is, cut to 200 characters. `address` is a keyed hash of the network
    address, in hex: the same address gives the same one within an installation, and nobody gets back from it.
    """

    model_config = ConfigDict(frozen=True)

    page: str
    link_id: UUID
    link_ends_at: datetime
    at: datetime
    user_agent: str | None = None
    address: str | None = None
