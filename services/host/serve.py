"""The process of one service: its API, its worker, or both, until it is told to stop. Or the front alone."""

from __future__ import annotations

import asyncio
import errno
import gc
import signal
import socket
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import uvicorn
from starlette.types import ASGIApp

from services.host.everyday import Everyday
from services.host.front import Front
from services.host.protocol import LimitedHttp
from services.host.registry import runtime
from services.host.remote import Remote
from shared.clock import SystemClock
from shared.hosts import guarded
from shared.http import create_app
from shared.memory import give_large_blocks_back
from shared.runtime import Role, Runtime
from shared.settings import PublicSettings
from shared.telemetry import configure_logging, configure_tracing

YOUNG_OBJECTS = 20_000
"""So many new objects, less those that are gone, before Python looks for garbage among them."""


def serve(name: str, *, role: Role, host: str, port: int) -> None:
    """Answers on host:port (a worker answers health, readiness and metrics there) and stops gracefully on SIGTERM."""
    made = runtime(name, SystemClock(), role=role)
    configure(made)
    run(create_app(made), host, port, at_end=made.closing.set)


def serve_front(at: str, *, mailbox: bool, host: str, port: int) -> None:
    """`at` is a pattern of URLs, e.g. `http://{service}-{role}:8000`."""
    configure_logging(json=True)
    settings = PublicSettings()
    front = Front(Remote(at).ask, settings, mailbox=mailbox)
    run(guarded(front, settings, inside=("front",)), host, port, lifespan="off")


def run(app: ASGIApp, host: str, port: int, *, at_end: Callable[[], None] | None = None, **options: Any) -> None:
    """Until SIGTERM or SIGINT; having stopped as it was told is a success. (uvicorn.run ends by the signal.)"""
    config = uvicorn.Config(app, host=host, port=port, **SERVER, **options)
    with bound(host, port) as listening, asyncio.Runner(loop_factory=config.get_loop_factory()) as runner:
        runner.run(_serve(Server(config, at_end), listening))


def bound(host: str, port: int) -> socket.socket:
    """A socket bound to it, before anything else is started: a port that is taken costs nothing. Raises Everyday."""
    made = socket.socket(socket.AF_INET6 if ":" in host else socket.AF_INET)
    try:
        made.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        made.bind((host, port))
        return made
    except OSError as error:
        made.close()
        why = "is taken" if error.errno == errno.EADDRINUSE else f"cannot be opened: {error.strerror or error}"
        raise Everyday(f"port {port} of {host} {why}. --port names another") from error


def settle_memory() -> None:
    """For a process that has started and now serves.

    What is there by now stays: looked through at each full collection it would hold a page up by 100 ms. And a batch
    of a thousand makes tens of thousands of objects that it needs to its end: looking for garbage among them after
    every 700, as Python does, costs a tenth of the work.
    """
    gc.collect()
    gc.freeze()
    gc.set_threshold(YOUNG_OBJECTS)
    give_large_blocks_back()


class Server(uvicorn.Server):
    """Leaves signals to whoever runs it. `at_end` ends the answers that stay open, before they are waited for."""

    def __init__(self, config: uvicorn.Config, at_end: Callable[[], None] | None = None) -> None:
        super().__init__(config)
        self._at_end = at_end

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        await super().startup(sockets)
        settle_memory()

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        if self._at_end is not None:
            self._at_end()
        await super().shutdown(sockets)

    @contextmanager
    def capture_signals(self) -> Iterator[None]:
        yield


async def _serve(server: Server, listening: socket.socket) -> None:
    for number in (signal.SIGINT, signal.SIGTERM):
        asyncio.get_running_loop().add_signal_handler(number, server.handle_exit, number, None)
    await server.serve([listening])
    if not server.started:
        raise SystemExit(3)


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
    "http": LimitedHttp,
    "limit_concurrency": 2000,
    "ws": "none",
}
