"""The page of a service's API: Swagger UI from our own origin, so that it works without the internet."""

from __future__ import annotations

from functools import cache
from importlib.util import find_spec
from pathlib import Path

from fastapi import FastAPI
from starlette.requests import Request
from starlette.responses import FileResponse, HTMLResponse, Response

from shared.middleware import SAFE
from shared.problems import NotFound
from shared.web import Pages

POLICY = SAFE["content-security-policy"].replace("style-src", "style-src 'self'")
"""As for every page; and a style sheet of ours, which is too large to stand in the page."""
_pages = Pages()


@cache
def assets() -> dict[str, Path]:
    """The files of the page, by their names in an address. The package is not imported: only its files are wanted."""
    package = find_spec("fastapi_offline")
    if package is None or not package.submodule_search_locations:
        raise RuntimeError("the package fastapi-offline is not installed")
    static = Path(package.submodule_search_locations[0]) / "static"
    files = {name: static / name for name in ("swagger-ui-bundle.js", "swagger-ui.css")}
    return {**files, "start.js": Path(__file__).parent / "web" / "reference.js"}


def add_reference(app: FastAPI, name: str) -> None:
    """`/NAME/docs`: public, as the description that it shows."""

    async def docs(_: Request) -> HTMLResponse:
        page = _pages.render("reference.html", name=name)
        page.headers["Content-Security-Policy"] = POLICY
        return page

    async def asset(request: Request) -> Response:
        path = assets().get(request.path_params["file"])
        if path is None:
            raise NotFound("there is nothing at this address")
        return FileResponse(path, headers={"Cache-Control": "max-age=3600", "X-Content-Type-Options": "nosniff"})

    app.add_route(f"/{name}/docs", docs, include_in_schema=False)
    app.add_route(f"/{name}/docs/{{file}}", asset, include_in_schema=False)
