"""The page of a service's API: Swagger UI from our own origin, so that it works without the internet."""

from __future__ import annotations

from functools import cache
from importlib.util import find_spec
from pathlib import Path

from fastapi import FastAPI
from starlette.requests import Request
from starlette.responses import HTMLResponse

from shared.web.assets import Assets
from shared.web.pages import Pages


@cache
def assets() -> dict[str, Path]:
    """The files of the page, by their names. The package is not imported: only its files are wanted."""
    package = find_spec("fastapi_offline")
    if package is None or not package.submodule_search_locations:
        raise RuntimeError("the package fastapi-offline is not installed")
    static = Path(package.submodule_search_locations[0]) / "static"
    files = {name: static / name for name in ("swagger-ui-bundle.js", "swagger-ui.css")}
    return {**files, "reference.js": Path(__file__).parent / "web" / "reference.js"}


def add_reference(app: FastAPI, name: str) -> None:
    """`/NAME/docs`: public, as the description that it shows."""
    files = Assets(f"/{name}/docs", assets().values())

    async def docs(request: Request) -> HTMLResponse:
        pages: Pages = request.app.state.pages
        return pages.render("reference.html", language="en", name=name, file=files.address)

    app.add_route(f"/{name}/docs", docs, include_in_schema=False)
    app.add_route(files.route, files.answer, include_in_schema=False)
