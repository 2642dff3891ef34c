"""Style, scripts and signs of pages as files that a browser keeps: their names hold a hash of their content."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from functools import cache
from gzip import compress
from hashlib import sha256
from pathlib import Path

from starlette.requests import Request
from starlette.responses import Response

from shared.problems import NotFound
from shared.translation import N_

TYPES = {".css": "text/css", ".js": "text/javascript", ".svg": "image/svg+xml"}
FOR_EVER = "public, max-age=31536000, immutable"


@dataclass(frozen=True, slots=True)
class Asset:
    """A file as it is served. `name` holds its hash."""

    name: str
    media_type: str
    content: bytes


class Assets:
    """The files of pages that stand under one path, by their names. Each is read when it is first named."""

    def __init__(self, under: str, files: Iterable[Path]) -> None:
        self._under = under
        self._paths = {path.name: path for path in files if path.suffix in TYPES}

    @property
    def route(self) -> str:
        """The path under which `answer` is to be found."""
        return f"{self._under}/{{file}}"

    def address(self, name: str) -> str:
        """The address of a file. Raises KeyError for a name that is none."""
        return f"{self._under}/{_read(self._paths[name]).name}"

    async def answer(self, request: Request) -> Response:
        """The file of an address. Raises NotFound.

        While one version follows another, a page of the one may ask the other for a file: it gets the file of that
        name, and does not keep it.
        """
        wanted = str(request.path_params.get("file") or request.url.path.rpartition("/")[2])
        hashed, _, kind = wanted.rpartition(".")
        path = self._paths.get(f"{hashed.rpartition('.')[0]}.{kind}")
        if path is None:
            raise NotFound(N_("there is nothing at this address"))
        asset = _read(path)
        packs = "gzip" in request.headers.get("accept-encoding", "")
        headers = {
            "Cache-Control": FOR_EVER if asset.name == wanted else "no-store",
            "Vary": "Accept-Encoding",
            **({"Content-Encoding": "gzip"} if packs else {}),
        }
        return Response(_packed(path) if packs else asset.content, media_type=asset.media_type, headers=headers)


@cache
def _read(path: Path) -> Asset:
    content = path.read_bytes()
    name = f"{path.stem}.{sha256(content).hexdigest()[:12]}{path.suffix}"
    return Asset(name, TYPES[path.suffix], content)


@cache
def _packed(path: Path) -> bytes:
    """The content by gzip."""
    return compress(_read(path).content, mtime=0)
