"""Figures computed twice elsewhere, which lie beside the project where it is worked on and nowhere else."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

VECTORS = Path(__file__).parents[3] / "shared/data/voc/vectors.json"


def vectors(prefix: str) -> list[dict[str, Any]]:
    """Those whose ids begin so; none where they are not at hand."""
    if not VECTORS.exists():
        return []
    return [v for v in json.loads(VECTORS.read_text())["vectors"] if v["id"].startswith(prefix)]
