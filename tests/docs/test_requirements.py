"""Every requirement that code or tests name by its code can be looked up in docs/requirements.md."""

from __future__ import annotations

import re
from pathlib import Path

ROOT = Path(__file__).parents[2]
NAMED = re.compile(r"\b([INCFX]\d{1,2})\b|\btest_([incfx]\d{1,2})_")
ROW = re.compile(r"^\| ([INCFX]\d{1,2}) \| \S.*\.", re.MULTILINE)


def test_every_code_that_is_named_is_explained_once() -> None:
    explained = ROW.findall((ROOT / "docs" / "requirements.md").read_text("utf-8"))
    assert len(explained) == len(set(explained)), "a code stands there twice"
    unknown = {
        f"{code} in {path.relative_to(ROOT)}"
        for folder in ("services", "shared", "tests")
        for path in (ROOT / folder).rglob("*.py")
        for found in NAMED.finditer(path.read_text("utf-8"))
        if (code := (found[1] or found[2]).upper()) not in explained
    }
    assert not unknown
