"""Files of pages: kept for ever by their name, small on the wire, and the only style and scripts there are."""

from __future__ import annotations

import re
from pathlib import Path

import httpx
import pytest
from starlette.applications import Starlette
from starlette.routing import Route

from shared.middleware import SAFE
from shared.problems import NotFound
from shared.web.assets import Assets

ROOT = Path(__file__).parents[2]
TEMPLATES = sorted([*ROOT.glob("services/*/pages/*.html"), *(ROOT / "shared/web").glob("*.html")])


@pytest.fixture
def assets(tmp_path: Path) -> Assets:
    (tmp_path / "a.b.css").write_text("p { color: red; }\n" * 50)
    (tmp_path / "secret.html").write_text("not to be had")
    return Assets("/toy/assets", tmp_path.glob("*"))


def client(assets: Assets) -> httpx.AsyncClient:
    app = Starlette(routes=[Route(assets.route, assets.answer)])
    return httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://kept.example")


async def test_a_file_is_kept_for_ever_by_the_hash_in_its_name(assets: Assets) -> None:
    address = assets.address("a.b.css")
    assert re.fullmatch(r"/toy/assets/a\.b\.[0-9a-f]{12}\.css", address)
    async with client(assets) as http:
        answer = await http.get(address, headers={"Accept-Encoding": "identity"})
        packed = await http.get(address, headers={"Accept-Encoding": "gzip"})
    assert answer.headers["cache-control"] == "public, max-age=31536000, immutable"
    assert answer.headers["content-type"].startswith("text/css")
    assert (packed.headers["content-encoding"], packed.text) == ("gzip", answer.text)
    assert int(packed.headers["content-length"]) < len(answer.content) / 5


async def test_a_page_of_another_version_gets_the_file_and_keeps_it_not(assets: Assets) -> None:
    async with client(assets) as http:
        answer = await http.get("/toy/assets/a.b.0123456789ab.css")
    assert (answer.status_code, answer.headers["cache-control"]) == (200, "no-store")


@pytest.mark.parametrize("name", ["secret.0123456789ab.html", "nothing.0123456789ab.css", "a.css", "a.b.css"])
async def test_nothing_else_is_to_be_had(assets: Assets, name: str) -> None:
    async with client(assets) as http:
        with pytest.raises(NotFound):
            await http.get(f"/toy/assets/{name}")


def test_a_template_that_names_no_file_of_ours_fails(assets: Assets) -> None:
    with pytest.raises(KeyError):
        assets.address("nothing.css")


def test_pages_hold_neither_style_nor_script() -> None:
    policy = SAFE["content-security-policy"]
    assert "unsafe-inline" not in policy
    assert {"style-src 'self'", "script-src 'self'"} <= set(policy.split("; "))
    for template in TEMPLATES:
        source = template.read_text()
        assert not re.search(r"<style|\sstyle=|\son\w+=", source), template.name
        assert not re.search(r"<script(?! src=)", source), template.name


async def test_the_frame_is_small_on_the_wire() -> None:
    frame = Assets("/assets", (ROOT / "shared/web").glob("*"))
    async with client(frame) as http:
        sizes = [
            int((await http.get(frame.address(name))).headers["content-length"]) for name in ("style.css", "keys.js")
        ]
    assert sum(sizes) < 12_000
