"""A small gateway for tests: what Caddy does in Compose, in this process, for a handful of requests at a time."""

import asyncio
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager

import httpx
import uvicorn
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route
from starlette.types import ASGIApp

METHODS = ["GET", "POST", "PUT", "PATCH", "DELETE"]
HOP_BY_HOP = frozenset({"connection", "content-length", "transfer-encoding", "keep-alive", "content-encoding"})


@asynccontextmanager
async def serve_gateway(port: int, addresses: Mapping[str, str], mailbox: ASGIApp) -> AsyncIterator[None]:
    """Serves 127.0.0.1:port: each path goes to the address of the service it begins with, or to the mailbox."""
    async with httpx.AsyncClient(trust_env=False, timeout=30) as client:

        async def forward(request: Request) -> Response:
            address = addresses.get(request.path_params["service"])
            if address is None:
                return JSONResponse({"detail": "nothing here"}, status_code=404)
            url = f"{address}{request.url.path}" + (f"?{request.url.query}" if request.url.query else "")
            try:
                answer = await client.request(
                    request.method, url, content=await request.body(), headers=request.headers.raw
                )
            except httpx.TransportError:
                return JSONResponse({"detail": "away"}, status_code=502)
            headers = {n: v for n, v in answer.headers.items() if n not in HOP_BY_HOP}
            return Response(answer.content, answer.status_code, headers)

        async def ready(_: Request) -> Response:
            answers = [await client.get(f"{url}/{name}/ready") for name, url in addresses.items()]
            is_ready = all(answer.status_code == 200 for answer in answers)
            return JSONResponse({"ready": is_ready}, status_code=200 if is_ready else 503)

        app = Starlette(
            routes=[
                Route("/ready", ready),
                Route("/mailbox", mailbox),
                Route("/mailbox/{rest:path}", mailbox),
                Route("/{service}", forward, methods=METHODS),
                Route("/{service}/{rest:path}", forward, methods=METHODS),
            ]
        )
        server = uvicorn.Server(uvicorn.Config(app, host="127.0.0.1", port=port, log_config=None, lifespan="off"))
        serving = asyncio.create_task(server.serve())
        while not server.started:
            await asyncio.sleep(0.01)
        try:
            yield
        finally:
            server.should_exit = True
            await serving
