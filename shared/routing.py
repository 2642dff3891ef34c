"""The session rule for HTTP: GET reads, everything else writes, and the commit comes before the answer.

FastAPI runs what follows a dependency's `yield` after the response has left, so a commit there could fail
when the client already believes. Here the route itself opens the session, calls the endpoint, commits, and
only then lets the response go. Every event of it says who asked.

Who asks is known before that: whoever may not come in takes no connection from those who may, and is told so
also where the database is away.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Annotated, Any, cast

from fastapi import APIRouter, Depends, Request, Response
from fastapi.routing import APIRoute

from shared import idempotency
from shared.crash import crash_point
from shared.database import Database, ReadSession, WriteSession
from shared.security.access import Principal, checks_of


class SessionRoute(APIRoute):
    def get_route_handler(self) -> Callable[[Request], Awaitable[Response]]:  # type: ignore[override]
        endpoint, checks = super().get_route_handler(), checks_of(self.dependant)

        async def handle(request: Request) -> Response:
            for check in checks:
                await check(request)
            database: Database = request.app.state.runtime.database
            if request.method in {"GET", "HEAD"}:
                async with database.read() as session:
                    request.state.session = session
                    return await endpoint(request)
            who: Principal | None = getattr(request.state, "principal", None)
            async with database.write(actor=who.subject if who else None) as session:
                request.state.session = session
                repeated = await idempotency.begin(session, request)
                if repeated is not None:
                    return repeated
                response = await endpoint(request)
                await idempotency.finish(session, request, response)
            crash_point("before_answer")
            return response

        return handle


def router(prefix: str, **options: Any) -> APIRouter:
    """A router whose routes follow the session rule. `prefix` starts with the service's name."""
    return APIRouter(prefix=prefix, route_class=SessionRoute, **options)


def _read(request: Request) -> ReadSession:
    return cast("ReadSession", request.state.session)


def _write(request: Request) -> WriteSession:
    session = request.state.session
    if not isinstance(session, WriteSession):
        raise TypeError("a GET route asked for a session that writes")
    return session


Reading = Annotated[ReadSession, Depends(_read)]
Writing = Annotated[WriteSession, Depends(_write)]
