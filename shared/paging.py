"""Lists page by cursor: an opaque text that says after which row to go on."""

from __future__ import annotations

import json
from datetime import datetime
from typing import Annotated, Generic, TypeVar
from uuid import UUID

from fastapi import Query
from pydantic import BaseModel

from shared.instants import EARLIEST, LATEST
from shared.problems import Malformed
from shared.security.spelling import read_urlsafe, urlsafe

T = TypeVar("T")

Limit = Annotated[int, Query(ge=1, le=200, description="How many rows at most.")]
Cursor = Annotated[str | None, Query(max_length=200, description="`next` of the page before.")]


class Page(BaseModel, Generic[T]):
    """A page of a list. `next` is null on the last one."""

    items: list[T]
    next: str | None = None


def encode(at: datetime, id: UUID) -> str:  # noqa: A002
    return urlsafe(json.dumps([at.isoformat(), str(id)]).encode())


def decode(cursor: str) -> tuple[datetime, UUID]:
    """Reads a cursor, which has one spelling. Raises Malformed."""
    try:
        at, id_ = json.loads(read_urlsafe(cursor))
        instant, id_ = datetime.fromisoformat(at), UUID(id_)
        if instant.tzinfo is None or not EARLIEST <= instant < LATEST or encode(instant, id_) != cursor:
            raise ValueError("not as we write it")
    except (ValueError, TypeError, AttributeError, RecursionError) as error:
        raise Malformed("the cursor is not one of ours") from error
    return instant, id_
