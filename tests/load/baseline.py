"""What a webhook endpoint commonly is, to be compared with: `python -m tests.load.baseline PORT`.

The same server, settings, loop and pool as ours, and the same requests; neither looks at the signature.
"""

from __future__ import annotations

import os
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime

import uvicorn
from fastapi import FastAPI, Request, Response
from sqlalchemy import BigInteger, Column, DateTime, LargeBinary, MetaData
from sqlalchemy.ext.asyncio import create_async_engine
from sqlmodel import Field, SQLModel
from sqlmodel.ext.asyncio.session import AsyncSession

from services.host.serve import SERVER
from shared.settings import ServiceSettings

REPLY = b'<?xml version="1.0" encoding="UTF-8"?><Response/>'


class Table(SQLModel):
    metadata = MetaData()


def _now() -> datetime:
    return datetime.now(UTC)


class Received(Table, table=True):
    """The request."""

    id: int | None = Field(default=None, sa_column=Column(BigInteger, primary_key=True))
    channel: str
    received_at: datetime = Field(default_factory=_now, sa_column=Column(DateTime(timezone=True), nullable=False))
    body: bytes = Field(sa_column=Column(LargeBinary, nullable=False))


class Job(Table, table=True):
    """That somebody has to look at it."""

    id: int | None = Field(default=None, sa_column=Column(BigInteger, primary_key=True))
    channel: str
    created_at: datetime = Field(default_factory=_now, sa_column=Column(DateTime(timezone=True), nullable=False))


def create_app() -> FastAPI:
    pool_size: int = ServiceSettings.model_fields["pool_size"].default
    engine = create_async_engine(os.environ["KEPT_DATABASE_URL"], pool_size=pool_size, max_overflow=0)

    @asynccontextmanager
    async def lifespan(_: FastAPI) -> AsyncIterator[None]:
        async with engine.begin() as connection:
            await connection.run_sync(Table.metadata.create_all)
        yield
        await engine.dispose()

    app = FastAPI(lifespan=lifespan)

    @app.post("/orm/{channel}")
    async def orm(channel: str, request: Request) -> Response:
        body = await request.body()
        async with AsyncSession(engine) as session:
            session.add(Received(channel=channel, body=body))
            session.add(Job(channel=channel))
            await session.commit()
        return Response(REPLY, media_type="text/xml")

    @app.post("/bare/{channel}")
    async def bare(channel: str, request: Request) -> Response:
        await request.body()
        return Response(REPLY, media_type="text/xml")

    @app.get("/ready")
    async def ready() -> str:
        return "ready"

    return app


if __name__ == "__main__":
    uvicorn.run(create_app(), host="127.0.0.1", port=int(sys.argv[1]), **SERVER)
