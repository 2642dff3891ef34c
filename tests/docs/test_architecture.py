"""The map in docs/architecture.md names what there is, and every room of every service."""

from __future__ import annotations

import re
from pathlib import Path

ROOT = Path(__file__).parents[2]
MAP = (ROOT / "docs" / "architecture.md").read_text("utf-8")
PATHS = set(re.findall(r"\b(?:services|shared|tests|docs|deploy)/[\w./-]*\w", MAP))


def test_every_path_on_the_map_is_there() -> None:
    assert len(PATHS) > 50
    assert not {path for path in PATHS if not (ROOT / path).exists()}


def test_every_room_is_on_the_map() -> None:
    rooms = {
        str(package.parent.relative_to(ROOT))
        for service in ("intake", "commitments", "notifications", "feedback")
        for package in (ROOT / "services" / service).glob("*/__init__.py")
        if package.parent.name != "migrations"
    }
    assert rooms
    assert not rooms - PATHS
