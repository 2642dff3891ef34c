"""The lock of landed migrations: `python -m tests.migrations.landed` adds those that are new."""

from __future__ import annotations

import json
import sys
from collections.abc import Mapping
from hashlib import sha256
from pathlib import Path

from services.host import registry

ROOT = Path(__file__).parents[2]
LOCK = Path(__file__).parent / "landed.json"
FROZEN = (
    "shared/migrations/backbone.py",
    "shared/migrations/mending.py",
    "shared/migrations/positions.py",
    "shared/migrations/subject.py",
    "shared/migrations/actor.py",
    "services/notifications/migrations/keeping.py",
)
"""What revisions call: a change to one of these changes them all."""


class Changed(ValueError):
    """A migration that may have made somebody's database is not what it was, or not where it was."""


def read() -> dict[str, str]:
    """Name: SHA-256."""
    found: dict[str, str] = json.loads(LOCK.read_text())
    return found


def found() -> dict[str, str]:
    """The files as they are, each service's in the order of their names."""
    files = [ROOT / name for name in FROZEN]
    for service in registry.NAMES:
        files += sorted((registry.migrations(service) / "versions").glob("[0-9]*.py"))
    return {str(file.relative_to(ROOT)): sha256(file.read_bytes()).hexdigest() for file in files}


def grown(before: Mapping[str, str], after: Mapping[str, str]) -> Mapping[str, str]:
    """`after`, where each folder's list is what it was and perhaps more behind it. Raises Changed."""
    for name, digest in before.items():
        if after.get(name) != digest:
            raise Changed(f"{name} has landed and is not to be changed: a new migration follows it")
    for folder in {str(Path(name).parent) for name in before}:
        old = [name for name in before if str(Path(name).parent) == folder]
        new = [name for name in after if str(Path(name).parent) == folder]
        if new[: len(old)] != old:
            raise Changed(f"in {folder} a new migration stands before one that has landed")
    return after


if __name__ == "__main__":
    try:
        LOCK.write_text(json.dumps(grown(read() if LOCK.exists() else {}, found()), indent=1) + "\n")
    except Changed as error:
        sys.exit(str(error))
