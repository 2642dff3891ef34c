"""A service's HTTP application: its routes, one shape of error, health, metrics, and a limit on bodies."""

from __future__ import annotations

from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from typing import Any

import structlog
from fastapi import FastAPI, Request, Response
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse, RedirectResponse
from prometheus_client import CONTENT_TYPE_LATEST, generate_latest
from sqlalchemy.exc import DBAPIError
from sqlalchemy.exc import TimeoutError as PoolTimeout
from starlette.exceptions import HTTPException
from starlette.types import ASGIApp

from shared.bodies import AGAIN_AFTER, Bodies, BodyTooSlow, NoRoom, budget_of
from shared.health import public, readiness
from shared.hosts import KnownHosts
from shared.middleware import HeadAsGet, Observe, SafeHeaders
from shared.problems import Invalid, Problem, TooLarge, TooSlow, Unavailable
from shared.reference import add_reference
from shared.runtime import Runtime
from shared.security import Sessions, Tokens
from shared.security.access import may_see_operations
from shared.transient import is_transient
from shared.translation import N_
from shared.web.pages import Pages
from shared.web.screen import answer_problem

log = structlog.get_logger()

API_BODY_LIMIT = 1024 * 1024


class _Application(FastAPI):
    """Every answer is a safe one: also that to a fault of ours, which Starlette makes outside of all middleware."""

    def build_middleware_stack(self) -> ASGIApp:
        runtime: Runtime = self.state.runtime
        return SafeHeaders(super().build_middleware_stack(), strict=runtime.settings.is_secure)


def create_app(runtime: Runtime, *, manage_runtime: bool = True) -> FastAPI:
    """Makes the application of a service. `manage_runtime` False: somebody else starts and stops the runtime."""
    name = runtime.service.name

    @asynccontextmanager
    async def lifespan(_: FastAPI) -> AsyncIterator[None]:
        await runtime.start()
        yield
        await runtime.stop()

    app = _Application(
        title=f"Kept {name}",
        lifespan=lifespan if manage_runtime else None,
        openapi_url=f"/{name}/openapi.json" if runtime.settings.docs else None,
        docs_url=None,
        redoc_url=None,
    )
    app.state.runtime = runtime
    app.state.tokens = Tokens(runtime.settings, runtime.clock)
    app.state.sessions = Sessions(runtime.settings, runtime.clock)
    app.state.service = runtime.service.state
    app.state.pages = Pages(runtime.service.home, prefix=f"/{name}")
    app.state.streams = {named: make(runtime) for named, make in runtime.service.streams.items()}
    for handler in (Problem, RequestValidationError, HTTPException, Exception):
        app.add_exception_handler(handler, _answer)
    for error in (DBAPIError, PoolTimeout, OSError, UnicodeError):
        app.add_exception_handler(error, _answer)
    _add_health(app, runtime)
    if runtime.settings.docs:
        add_reference(app, name)
    app.add_route(f"/{name}/", _begin(runtime.service.start), include_in_schema=False)
    if runtime.role != "worker":
        app.add_route(app.state.pages.assets.route, app.state.pages.assets.answer, include_in_schema=False)
        app.router.routes.extend(runtime.service.routes)
        for router in runtime.service.routers:
            app.router.routes.extend(router.routes)  # `include_router` would make each of them anew
    app.add_middleware(
        Bodies,
        limit=API_BODY_LIMIT,
        except_under=f"/{name}/webhooks/",
        limits=runtime.service.body_limits,
        budget=budget_of(runtime.settings.unverified_bytes),
    )
    app.add_middleware(HeadAsGet, except_under=(f"/{name}/webhooks/", f"/{name}/session/", f"/{name}/login"))
    app.add_middleware(
        KnownHosts,
        settings=runtime.settings,
        inside=(f"{name}-api", f"{name}-worker"),
        except_under=f"/{name}/webhooks/",
    )
    app.add_middleware(Observe, service=name)
    return app


def _begin(path: str) -> Callable[[Request], Awaitable[Response]]:
    async def begin(_: Request) -> Response:
        return RedirectResponse(path, status_code=303)

    return begin


def _add_health(app: FastAPI, runtime: Runtime) -> None:
    name = runtime.service.name

    @app.get(f"/{name}/health", tags=["operations"])
    async def health() -> dict[str, str]:
        """The process lives."""
        return {"service": name, "status": "alive"}

    @app.get(f"/{name}/ready", tags=["operations"])
    async def ready(request: Request) -> Response:
        """Readiness, or 503 and one word for why not. With a token for operations, all reasons."""
        is_ready, report = await readiness(runtime)
        shown = report if await may_see_operations(request) else public(report)
        return JSONResponse(shown, status_code=200 if is_ready else 503)

    @app.get(f"/{name}/metrics", include_in_schema=False)
    async def metrics() -> Response:
        await readiness(runtime)  # which sets its figures
        return Response(generate_latest(), media_type=CONTENT_TYPE_LATEST)


async def _answer(request: Request, error: Exception) -> Response:
    """Every error leaves as a problem document, or as a page where a person looks at it."""
    problem = as_problem(error)
    if problem.status >= 500 and not isinstance(problem, Unavailable):
        log.error("http.error", path=request.url.path, error=repr(error), exc_info=error)
    return answer_problem(request, problem)


def as_problem(error: Exception) -> Problem:
    """The problem that a caller is told for an error."""
    match error:
        case Problem():
            return error
        case RequestValidationError():
            return Invalid(N_("the request does not hold"), errors=_readable(error))
        case HTTPException(status_code=413):
            return TooLarge(str(error.detail))
        case BodyTooSlow():
            return TooSlow(str(error.detail))
        case NoRoom():
            return Unavailable(str(error.detail), retry_after=AGAIN_AFTER)
        case HTTPException():
            return _from_status(error)
        case UnicodeError():
            return Invalid(N_("the text holds characters that cannot be stored"))
        case DBAPIError() if str(getattr(error.orig, "sqlstate", "")).startswith("22"):
            return Invalid(N_("the text or a number holds what cannot be stored"))
        case _ if is_transient(error):
            return Unavailable(N_("we cannot store or read anything at present; nothing was changed"))
        case _:
            return Problem(N_("something went wrong on our side; it has been recorded"))


def _from_status(error: HTTPException) -> Problem:
    problem = Problem(str(error.detail), headers=dict(error.headers or {}))
    problem.status = error.status_code  # type: ignore[misc]
    problem.code = "http"  # type: ignore[misc]
    return problem


def _readable(error: RequestValidationError) -> list[dict[str, Any]]:
    """The errors of a request that is not valid: where and what, without echoing what was sent."""
    return [{"at": "/".join(str(p) for p in e["loc"]), "says": e["msg"]} for e in error.errors()]
