"""What a service is made of. Each service's `service.py` builds one of these from its settings."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Protocol

from fastapi import APIRouter
from starlette.routing import BaseRoute

from shared.database import Database
from shared.handling import BatchHandler
from shared.timer_worker import TimerHandler


class Workplace(Protocol):
    """What a loop works with. `holder` is the name this process takes a lease under."""

    database: Database
    holder: str


Loop = Callable[[Workplace, asyncio.Event], Awaitable[None]]
"""Work a worker does until the event is set. A loop that fails is started again."""


@dataclass(frozen=True)
class Service:
    name: str
    migrations: Path
    routers: Sequence[APIRouter]
    topics: Sequence[str]
    """What it consumes, with the consumer group `kept.<name>`."""
    handle: BatchHandler
    timers: Mapping[str, TimerHandler] = field(default_factory=dict)
    loops: Mapping[str, Loop] = field(default_factory=dict)
    """Named work besides consumer, relay and timers."""
    routes: Sequence[BaseRoute] = ()
    """Plain routes for the paths where FastAPI's own cost matters."""
    body_limits: Mapping[str, int] = field(default_factory=dict)
    """Bytes a body may have under a path, where that is more than a service's usual."""
    state: Any = None
    """What its routes need of its making: the providers, keys and links that its settings name."""
