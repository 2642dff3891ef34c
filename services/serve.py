"""One service in one process: its API, its worker, or both, until it is told to stop. Or the front alone."""

from __future__ import annotations

from typing import Any

import uvicorn

from services.front import Front
from services.registry import runtime
from services.remote import Remote
from shared.clock import SystemClock
from shared.http import create_app
from shared.runtime import Role, Runtime
from shared.telemetry import configure_logging, configure_tracing


def serve(name: str, *, role: Role, host: str, port: int) -> None:
    """Answers on host:port (a worker answers health, readiness and metrics there) and stops gracefully on SIGTERM."""
    made = runtime(name, SystemClock(), role=role)
    configure(made)
    uvicorn.run(create_app(made), host=host, port=port, **SERVER)


def serve_front(at: str, *, mailbox: bool, host: str, port: int) -> None:
    """`at` is a pattern of URLs, e.g. `http://{service}-{role}:8000`."""
    configure_logging(json=True)
    uvicorn.run(Front(Remote(at).ask, mailbox=mailbox), host=host, port=port, lifespan="off", **SERVER)


def configure(made: Runtime) -> None:
    configure_logging(json=made.settings.log_json, level=made.settings.log_level)
    configure_tracing(made.service.name, made.settings.otlp_endpoint)


SERVER: dict[str, Any] = {
    "log_config": None,
    "access_log": False,
    "server_header": False,
    "timeout_graceful_shutdown": 15,
    "proxy_headers": True,
    "loop": "uvloop",
    "http": "httptools",
}
