"""What `make up` prints: for a terminal all that a person wants, for a log nothing that opens a door."""

from __future__ import annotations

import io
import stat
from pathlib import Path
from typing import Any

import pytest

from services.host import registry
from services.host.gateway import Gateway
from services.host.house import House
from services.host.up import WayIn, banner, keep_private
from shared.clock import SystemClock
from shared.embedded import EmbeddedPostgres

URL = "http://127.0.0.1:8080"
WAY = WayIn(f"{URL}/intake/session/abc", is_new=True)


class Terminal(io.StringIO):
    def isatty(self) -> bool:
        return True


@pytest.fixture
def house(tmp_path_factory: pytest.TempPathFactory) -> House:
    values: dict[str, Any] = {
        "database_url": "postgresql+asyncpg://nowhere/kept",
        "broker": "local",
        "secret_key": "k" * 32,
    }
    values["local_broker_url"] = values["database_url"]
    made = registry.runtime("intake", SystemClock(), role="api", public_url=URL, **values)
    directory = tmp_path_factory.mktemp("house")
    return House(
        Gateway({}, None, made.settings), {"intake": made}, False, EmbeddedPostgres(directory / "postgres"), directory
    )


def test_a_terminal_shows_the_link_and_the_token(house: House, tmp_path: Path) -> None:
    said = banner(house, WAY, URL, tmp_path, Terminal())
    assert f"Open as admin    {URL}/intake/session/" in said
    assert "Access token     eyJ" in said
    assert list(tmp_path.iterdir()) == []


def test_the_first_run_says_that_it_made_an_admin_and_later_ones_do_not(house: House, tmp_path: Path) -> None:
    assert "made one admin" in banner(house, WAY, URL, tmp_path, Terminal())
    assert "made one admin" not in banner(house, WAY._replace(is_new=False), URL, tmp_path, Terminal())
    said = banner(house, WayIn(None, is_new=False), URL, tmp_path, Terminal())
    assert "Open as admin    kept staff invite EMAIL makes a link" in said


def test_a_log_shows_where_they_are(house: House, tmp_path: Path) -> None:
    said = banner(house, WAY, URL, tmp_path, io.StringIO())
    path = tmp_path / "access.txt"
    assert "/intake/session/" not in said
    assert "eyJ" not in said
    assert said.count(f"see {path}") == 2
    kept = path.read_text()
    assert f"Open as admin    {URL}/intake/session/" in kept
    assert "Access token     eyJ" in kept
    assert stat.S_IMODE(path.stat().st_mode) == 0o600


def test_what_stood_there_before_is_replaced_whoever_could_read_it(tmp_path: Path) -> None:
    path = tmp_path / "access.txt"
    for old in (path, path.with_suffix(".new")):
        old.write_text("old")
        old.chmod(0o644)
    assert keep_private(path, "new") == path
    assert (path.read_text(), stat.S_IMODE(path.stat().st_mode)) == ("new", 0o600)
