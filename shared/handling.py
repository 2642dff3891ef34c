"""What a service does when it hears an event: handlers by payload, called in order, for a batch."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence
from typing import TYPE_CHECKING, Any, TypeVar

from shared.contracts import Event, Payload, parse
from shared.telemetry import span

if TYPE_CHECKING:
    from shared.database import WriteSession

BatchHandler = Callable[["WriteSession", Sequence[Event]], Awaitable[None]]
"""Writes the effects of events, given in order, each for the first time. Never talks to the outside."""

P = TypeVar("P", bound=Payload)


def in_turn(*handlers: BatchHandler) -> BatchHandler:
    """One after the other, each with the whole batch."""

    async def handle(session: WriteSession, events: Sequence[Event]) -> None:
        for handler in handlers:
            await handler(session, events)

    return handle


class Handlers:
    """A service's handlers by payload. As a BatchHandler it calls them one event after the other."""

    def __init__(self) -> None:
        self._by_type: dict[str, Callable[[Any, Event, Any], Awaitable[None]]] = {}

    def on(
        self, payload: type[P]
    ) -> Callable[
        [Callable[[WriteSession, Event, P], Awaitable[None]]],
        Callable[[WriteSession, Event, P], Awaitable[None]],
    ]:
        def register(
            handler: Callable[[WriteSession, Event, P], Awaitable[None]],
        ) -> Callable[[WriteSession, Event, P], Awaitable[None]]:
            if payload.type in self._by_type:
                raise TypeError(f"{payload.type} is handled already")
            self._by_type[payload.type] = handler
            return handler

        return register

    async def __call__(self, session: WriteSession, events: Sequence[Event]) -> None:
        for event in events:
            payload = parse(event)
            handler = self._by_type.get(payload.type)  # of the newest version, whatever the event's
            if handler is not None:
                with span(f"handle {event.type}", event.traceparent):
                    await handler(session, event, payload)
