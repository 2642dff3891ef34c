"""A service's HTTP application: its routes, one shape of error, health, metrics, and a limit on bodies."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import structlog
from fastapi import FastAPI, Request, Response
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse
from prometheus_client import CONTENT_TYPE_LATEST, generate_latest
from sqlalchemy.exc import DBAPIError
from sqlalchemy.exc import TimeoutError as PoolTimeout
from starlette.exceptions import HTTPException

from shared.health import readiness
from shared.middleware import BodyLimit, Observe
from shared.problems import Invalid, Problem, TooLarge, Unavailable
from shared.runtime import Runtime
from shared.security import Sessions, Tokens
from shared.transient import is_transient
from shared.web import problem_page

log = structlog.get_logger()

API_BODY_LIMIT = 1024 * 1024


def create_app(runtime: Runtime, *, manage_runtime: bool = True) -> FastAPI:
    """`manage_runtime` False: somebody else starts and stops it (the one-process runner)."""
    name = runtime.service.name

    @asynccontextmanager
    async def lifespan(_: FastAPI) -> AsyncIterator[None]:
        await runtime.start()
        yield
        await runtime.stop()

    app = FastAPI(
        title=f"Kept {name}",
        lifespan=lifespan if manage_runtime else None,
        openapi_url=f"/{name}/openapi.json",
        docs_url=f"/{name}/docs",
        redoc_url=None,
    )
    app.state.runtime = runtime
    app.state.tokens = Tokens(runtime.settings, runtime.clock)
    app.state.sessions = Sessions(runtime.settings, runtime.clock)
    app.state.service = runtime.service.state
    for handler in (Problem, RequestValidationError, HTTPException, Exception):
        app.add_exception_handler(handler, _answer)
    for error in (DBAPIError, PoolTimeout, OSError, UnicodeError):
        app.add_exception_handler(error, _answer)
    _add_health(app, runtime)
    if runtime.role != "worker":
        app.router.routes.extend(runtime.service.routes)
        for router in runtime.service.routers:
            app.include_router(router)
    limits = runtime.service.body_limits
    app.add_middleware(BodyLimit, limit=API_BODY_LIMIT, except_under=f"/{name}/webhooks/", limits=limits)
    app.add_middleware(Observe, service=name)
    return app


def _add_health(app: FastAPI, runtime: Runtime) -> None:
    name = runtime.service.name

    @app.get(f"/{name}/health", tags=["operations"])
    async def health() -> dict[str, str]:
        """The process lives."""
        return {"service": name, "status": "alive"}

    @app.get(f"/{name}/ready", tags=["operations"])
    async def ready() -> Response:
        """Whether it can work; 503 with the reasons where it cannot."""
        is_ready, report = await readiness(runtime)
        return JSONResponse(report, status_code=200 if is_ready else 503)

    @app.get(f"/{name}/metrics", include_in_schema=False)
    async def metrics() -> Response:
        return Response(generate_latest(), media_type=CONTENT_TYPE_LATEST)


async def _answer(request: Request, error: Exception) -> Response:
    """Every error leaves as a problem document, or as a page where a person looks at it."""
    problem = _as_problem(error)
    if problem.status >= 500 and not isinstance(problem, Unavailable):
        log.error("http.error", path=request.url.path, error=repr(error), exc_info=error)
    if "text/html" in request.headers.get("accept", ""):
        return problem_page(request, problem)
    return JSONResponse(
        problem.document(),
        status_code=problem.status,
        headers=problem.headers,
        media_type="application/problem+json",
    )


def _as_problem(error: Exception) -> Problem:
    match error:
        case Problem():
            return error
        case RequestValidationError():
            return Invalid("the request does not hold", errors=_readable(error))
        case HTTPException(status_code=413):
            return TooLarge(str(error.detail))
        case HTTPException():
            return _from_status(error)
        case UnicodeError():
            return Invalid("the text holds characters that cannot be stored")
        case DBAPIError() if str(getattr(error.orig, "sqlstate", "")).startswith("22"):
            return Invalid("the text or a number holds what cannot be stored")
        case _ if is_transient(error):
            return Unavailable("we cannot store or read anything at present; nothing was changed")
        case _:
            return Problem("something went wrong on our side; it has been recorded")


def _from_status(error: HTTPException) -> Problem:
    problem = Problem(str(error.detail), headers=dict(error.headers or {}))
    problem.status = error.status_code  # type: ignore[misc]
    problem.code = "http"  # type: ignore[misc]
    return problem


def _readable(error: RequestValidationError) -> list[dict[str, Any]]:
    """Where and what, without echoing what was sent."""
    return [{"at": "/".join(str(p) for p in e["loc"]), "says": e["msg"]} for e in error.errors()]
