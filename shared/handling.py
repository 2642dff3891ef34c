"""Reactions of a service to events: each gathers what a batch needs, decides in order, and writes once.

A batch costs as many statements as its reactions have, however many events are in it.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Collection, Sequence
from contextlib import AbstractContextManager
from datetime import datetime
from typing import TYPE_CHECKING, Any, Generic, NamedTuple, Protocol, TypeVar
from uuid import UUID

from shared.contracts import Event, Payload, newest_class, parse
from shared.telemetry import span

if TYPE_CHECKING:
    from shared.database import WriteSession
    from shared.timers import Timer

BatchHandler = Callable[["WriteSession", Sequence[Event]], Awaitable[None]]
"""Writes the effects of events, given in order, each for the first time. Never talks to the outside."""


def every_type(_: str) -> bool:
    """Wants events of every type."""
    return True


P = TypeVar("P")
"""The picture that a reaction decides over: what it loaded, as the decisions so far have left it."""
F = TypeVar("F", bound=Payload)


class Fact(NamedTuple):
    """An event with its payload, of the newest version there is."""

    event: Event
    payload: Any


class Work(Protocol):
    """The side of a unit of work that decisions use: nothing here reaches the database before the end."""

    @property
    def now(self) -> datetime: ...

    @property
    def is_again(self) -> bool: ...

    def make_id(self, what: str) -> UUID: ...

    def emit(self, payload: Payload) -> object: ...

    def schedule(self, timer: Timer) -> None: ...

    def cancel(self, kind: str, subject: str) -> None: ...

    def because_of(self, subject: object) -> AbstractContextManager[None]: ...


Decide = Callable[[P, Work, Event, F], None]
"""Changes the picture as one event demands, without I/O: called with picture, work, event and payload."""


class Reaction(Generic[P]):
    """The reaction of one room of a service to the events it wants, a batch at a time.

    `gather` loads the picture for these facts, in a number of statements that does not grow with them, and locks in
    one order what `write` will change. Each fact's decision sees what those before it decided. `write` stores what
    the decisions have changed, again in a fixed number of statements.
    """

    def __init__(
        self,
        gather: Callable[[WriteSession, Sequence[Fact]], Awaitable[P]],
        write: Callable[[WriteSession, P], Awaitable[None]],
    ) -> None:
        self.gather, self.write = gather, write
        self._decide: dict[type[Payload], Callable[[P, Work, Event, Any], None]] = {}

    @property
    def wants(self) -> Collection[type[Payload]]:
        return self._decide.keys()

    def on(self, *payloads: type[Payload]) -> Callable[[Decide[P, F]], Decide[P, F]]:
        """Registers the decision for events with one of these payloads. Raises TypeError where one has its decision."""

        def register(decide: Decide[P, F]) -> Decide[P, F]:
            for payload in payloads:
                if payload in self._decide:
                    raise TypeError(f"{payload.type} is handled already")
                self._decide[payload] = decide
            return decide

        return register

    async def react(self, session: WriteSession, facts: Sequence[Fact]) -> None:
        """Reacts to these facts, all of which are wanted."""
        picture = await self.gather(session, facts)
        for fact in facts:
            event = fact.event
            with span(f"handle {event.type}", event.traceparent), session.because(str(event.id), event.time):
                self._decide[type(fact.payload)](picture, session, event, fact.payload)
        await self.write(session, picture)


class Reactions:
    """A service's handler of batches: its reactions, one after the other."""

    def __init__(self, *reactions: Reaction[Any]) -> None:
        self._reactions = reactions
        self._wanted = {payload for reaction in reactions for payload in reaction.wants}

    def wants(self, event_type: str) -> bool:
        """Tells whether a reaction wants events of this type. Raises UnknownEvent for one not in the contracts."""
        return newest_class(event_type) in self._wanted

    async def __call__(self, session: WriteSession, events: Sequence[Event]) -> None:
        """Handles events; each is parsed once, and only where it is wanted. Raises UnknownEvent."""
        facts = [Fact(event, parse(event)) for event in events if self.wants(event.type)]
        for reaction in self._reactions:
            theirs = [fact for fact in facts if type(fact.payload) in reaction.wants]
            if theirs:
                await reaction.react(session, theirs)
