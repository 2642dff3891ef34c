"""Limits on bodies as they come in: how large, how slow, and how many bytes of all of them at once.

Whoever sends a body is a stranger until it has been read. So what is read counts against one budget of the process,
a body has a deadline that moves with what has come, and what a header says too large is refused before it is read.
"""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from functools import cache

from starlette.exceptions import HTTPException
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from shared.memory import trim

GRACE = 20.0
"""Seconds a body has before it must have come at LEAST_RATE, and that may pass without anything of it."""
MOST_SECONDS = 600.0
"""For a whole body."""
LEAST_RATE = 16 * 1024
"""Bytes a second, over all the time since it began: a photo by a poor mobile network is faster."""
SMALL = 64 * 1024
"""A body up to so many bytes may use the whole budget, a larger one three quarters: large ones leave room."""
AGAIN_AFTER = 5
"""Seconds after which whoever found no room may come again."""


class BodyTooLarge(HTTPException):
    def __init__(self, limit: int) -> None:
        super().__init__(413, f"the body is over {limit} bytes")


class BodyTooSlow(HTTPException):
    def __init__(self) -> None:
        super().__init__(408, "the body took too long to come")


class NoRoom(HTTPException):
    def __init__(self) -> None:
        super().__init__(503, "too much is coming in at once; send it again", headers={"Retry-After": str(AGAIN_AFTER)})


TRIM_SECONDS = 1.0
"""After a large body is gone the process returns free memory to the system: at most once in so many seconds."""


class Budget:
    """The budget of bytes of bodies that a process holds at once. Each taker gives back what it took.

    A large body comes in pieces that lie between other things in the heap: what many of them took would stay there,
    some more after each flood.
    """

    def __init__(self, most: int) -> None:
        self.most, self.taken = most, 0
        self._trimming: asyncio.TimerHandle | None = None

    def take(self, size: int, *, of: int) -> None:
        """Takes bytes from the budget. `of` is how much the same body has taken by then. Raises NoRoom."""
        if self.taken + size > (self.most if of <= SMALL else self.most * 3 // 4):
            raise NoRoom
        self.taken += size

    def give_back(self, size: int) -> None:
        self.taken -= size
        if size > SMALL and self._trimming is None:
            self._trimming = asyncio.get_running_loop().call_later(TRIM_SECONDS, self._trim)

    def _trim(self) -> None:
        self._trimming = None
        trim()


@cache
def budget_of(most: int) -> Budget:
    """The budget that all services in this process share."""
    return Budget(most)


class Bodies:
    """Middleware in front of every route that reads a body.

    `limit` is in bytes, `limits` has those of paths that take another; under `except_under` the route knows its own.
    What goes wrong is raised where the route reads, as BodyTooLarge, BodyTooSlow or NoRoom.
    """

    def __init__(
        self, app: ASGIApp, *, limit: int, except_under: str, limits: Mapping[str, int], budget: Budget
    ) -> None:
        self.app, self.limit, self.except_under = app, limit, except_under
        self.limits, self.budget = limits, budget

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        body = _Body(receive, self._limit(scope["path"]), claimed_size(scope), self.budget)
        try:
            await self.app(scope, body.receive, send)
        finally:
            self.budget.give_back(body.taken)

    def _limit(self, path: str) -> int | None:
        if path.startswith(self.except_under):
            return None
        return next((most for prefix, most in self.limits.items() if path.startswith(prefix)), self.limit)


class _Body:
    __slots__ = ("_began", "_budget", "_claimed", "_ended", "_limit", "_receive", "taken")

    def __init__(self, receive: Receive, limit: int | None, claimed: int, budget: Budget) -> None:
        self._receive, self._limit, self._claimed, self._budget = receive, limit, claimed, budget
        self._began: float | None = None
        self._ended = False
        self.taken = 0

    async def receive(self) -> Message:
        if self._ended:
            return await self._receive()  # it waits for the caller to go away, as long as that takes
        if self._limit is not None and self._claimed > self._limit:
            raise BodyTooLarge(self._limit)
        message = await self._in_time()
        if size := len(message.get("body", b"")):
            try:
                self._take(size)
            except HTTPException:
                message.clear()  # the error keeps this frame, and must not keep what came with it
                raise
        self._ended = not message.get("more_body", False)
        return message

    def _take(self, size: int) -> None:
        if self._limit is not None and self.taken + size > self._limit:
            raise BodyTooLarge(self._limit)
        self._budget.take(size, of=self.taken + size)
        self.taken += size

    async def _in_time(self) -> Message:
        now = asyncio.get_running_loop().time()
        if self._began is None:
            self._began = now
        enough = min(self._began + MOST_SECONDS, self._began + GRACE + self.taken / LEAST_RATE, now + GRACE)
        try:
            async with asyncio.timeout_at(enough):
                return await self._receive()
        except TimeoutError:
            raise BodyTooSlow from None


def claimed_size(scope: Scope) -> int:
    """The size of the body as the sender claims it, 0 where that is unusable; what comes is counted all the same."""
    claimed = next((value for name, value in scope["headers"] if name == b"content-length"), b"")
    return int(claimed) if claimed.isdigit() and len(claimed) < 20 else 0
