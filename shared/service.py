"""The parts of a service, which each service's `service.py` puts together from its settings."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Protocol

from fastapi import APIRouter
from sqlalchemy import MetaData, TextClause
from starlette.routing import BaseRoute

from shared.database import Database
from shared.handling import BatchHandler, every_type
from shared.positions import Restored
from shared.timer_worker import TimerHandler


class Workplace(Protocol):
    """The surroundings of a loop. `holder` is the name this process takes a lease under."""

    database: Database
    holder: str
    placed: asyncio.Event
    """Set when the consumer knows that the database was not set back, or what to do in one that was."""


class Streaming(Protocol):
    """The surroundings of a live stream. `closing` is set when the server ends, and every stream with it."""

    database: Database
    closing: asyncio.Event


Loop = Callable[[Workplace, asyncio.Event], Awaitable[None]]
"""Work a worker does until the event is set. A loop that fails is started again."""


@dataclass(frozen=True)
class Service:
    name: str
    migrations: Path
    tables: MetaData
    """The tables that its database must have, besides the backbone's."""
    routers: Sequence[APIRouter]
    topics: Sequence[str]
    """What it consumes, with the consumer group `kept.<name>`."""
    handle: BatchHandler
    wants: Callable[[str], bool] = every_type
    """Tells by an event's type whether it is handled; the others are passed over. Raises UnknownEvent."""
    timers: Mapping[str, TimerHandler] = field(default_factory=dict)
    loops: Mapping[str, Loop] = field(default_factory=dict)
    """Named work besides consumer, relay and timers."""
    waiting: Mapping[str, TextClause] = field(default_factory=dict)
    """By a word, a statement that gives the instant since when the work of a loop waits, or null."""
    restored: Restored | None = None
    """What it does in a database that was set back to an earlier state."""
    routes: Sequence[BaseRoute] = ()
    """Plain routes for the paths where FastAPI's own cost matters."""
    body_limits: Mapping[str, int] = field(default_factory=dict)
    """Bytes a body may have under a path, where that is more than a service's usual."""
    close: Callable[[Database], Awaitable[None]] | None = None
    """Writes what is still to be written at the end, and gives up what it holds open."""
    streams: Mapping[str, Callable[[Streaming], Any]] = field(default_factory=dict)
    """By a name, what makes a live stream of its pages; one of each for all who watch."""
    start: str = "/"
    """The page where a person begins who comes to the service's own path."""
    state: Any = None
    """What its routes need of its making: the providers, keys and links that its settings name."""

    @property
    def home(self) -> Path:
        """The directory of its package: beside the migrations stand its pages and its sentences."""
        return self.migrations.parent
