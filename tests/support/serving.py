"""A service's application behind a real server in this process, stopped as `kept serve` stops it."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import uvicorn

from services.host.serve import SERVER, Server
from shared.http import create_app
from shared.runtime import Runtime


@asynccontextmanager
async def serving(runtime: Runtime) -> AsyncIterator[str]:
    """Its address. The runtime is somebody else's to start and stop."""
    app = create_app(runtime, manage_runtime=False)
    options = {**SERVER, "loop": "none", "lifespan": "off"}
    server = Server(uvicorn.Config(app, host="127.0.0.1", port=0, **options), runtime.closing.set)
    serving = asyncio.create_task(server.serve())
    while not server.started:
        await asyncio.sleep(0.01)
    port = server.servers[0].sockets[0].getsockname()[1]
    try:
        yield f"http://127.0.0.1:{port}"
    finally:
        server.should_exit = True
        await serving
