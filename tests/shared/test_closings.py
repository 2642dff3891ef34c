"""A session that was closed opens nothing, in every process that reads the same file, within seconds."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from shared.clock import ManualClock
from shared.security import Sessions
from shared.security.closings import LARGEST, LOOK
from shared.security.sessions import LIFETIME, LINK_LIFETIME
from tests.support.scratch import NOON, toy_settings


@pytest.fixture
def clock() -> ManualClock:
    return ManualClock(NOON)


def sessions(clock: ManualClock, path: Path | None) -> Sessions:
    values: dict[str, Any] = {"sessions_file": path}
    return Sessions(toy_settings("postgresql+asyncpg://nowhere", **values), clock)


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "sessions.closed"


def test_who_logs_out_is_out_with_every_service_and_nobody_else_is(clock: ManualClock, path: Path) -> None:
    intake, commitments = sessions(clock, path), sessions(clock, path)
    mine, yours = intake.open("an", {"*"}), intake.open("binh", {"*"})
    session = intake.read(mine)
    assert session is not None
    assert commitments.read(mine) is not None
    intake.close(session)
    assert intake.read(mine) is None
    clock.advance(LOOK)
    assert commitments.read(mine) is None
    assert intake.read(mine) is None
    assert commitments.read(yours) is not None
    assert sessions(clock, path).read(mine) is None  # after a restart


def test_all_are_closed_and_later_ones_are_not(clock: ManualClock, path: Path) -> None:
    intake, feedback = sessions(clock, path), sessions(clock, path)
    cookies = [intake.open("an", {"*"}), intake.open("binh", {"*"})]
    assert feedback.read(cookies[0]) is not None
    link_ends = int((clock.now() + LINK_LIFETIME).timestamp())
    clock.advance(timedelta(seconds=5))
    sessions(clock, path).close_all()  # by command, in another process
    clock.advance(LOOK)
    for one in (intake, feedback):
        assert [one.read(cookie) for cookie in cookies] == [None, None]
        assert one.are_closed("an", link_ends)
        assert one.read(one.open("an", {"*"})) is not None
        assert not one.are_closed("an", int((clock.now() + LINK_LIFETIME).timestamp()))


def test_without_a_file_it_is_closed_where_it_was(clock: ManualClock) -> None:
    here = sessions(clock, None)
    session = here.read(cookie := here.open("an", {"*"}))
    assert session is not None
    here.close(session)
    assert here.read(cookie) is None


@pytest.mark.parametrize("content", ["all yesterday\n", "nonsense\n", "\0", "all 2026-03-02T05:00:00\nx y\n"])
def test_a_file_that_cannot_be_read_closes_all(clock: ManualClock, path: Path, content: str) -> None:
    cookie = sessions(clock, path).open("an", {"*"})
    path.write_text(content)
    assert sessions(clock, path).read(cookie) is None


def test_a_file_does_not_grow_for_ever(clock: ManualClock, path: Path) -> None:
    here = sessions(clock, path)
    here.close_all()
    clock.advance(timedelta(seconds=1))
    first = here.read(cookie := here.open("an", {"*"}))
    assert first is not None
    here.close(first)
    old = "x" * 36
    path.write_text(path.read_text() + f"{old} {int(clock.now().timestamp())}\n" * (LARGEST // 40))
    second = here.read(here.open("binh", {"*"}))
    assert second is not None
    here.close(second)
    kept = path.read_text().splitlines()
    assert [line.split()[0] for line in kept] == ["all", first.id, second.id]
    clock.advance(LOOK)
    assert here.read(cookie) is None
    assert int(kept[1].split()[1]) == int((NOON + timedelta(seconds=1) + LIFETIME).timestamp())
