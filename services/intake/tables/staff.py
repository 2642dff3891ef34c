"""The tables of sign-in."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import (
    LargeBinary,
)

from services.intake.tables.base import INSTANT, Table, column


class UsedLink(Table, table=True):
    """One-time links that were opened; the digest of the token, never the token."""

    __tablename__ = "used_link"
    digest: bytes = column(LargeBinary, key=True)
    used_at: datetime = column(INSTANT)
