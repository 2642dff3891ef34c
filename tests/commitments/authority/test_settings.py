"""Everything that the tenant sets from an instant on: each begins now or later, by one check with one error (X3)."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from tests.commitments.conftest import START, Commitments

SETTINGS: list[tuple[str, dict[str, Any]]] = [
    ("/limits/agent", {"concession": None, "cost": None, "goodwill": None}),
    ("/goodwill/budgets", {"team": "shop", "amounts": {"VND": "100000"}}),
    ("/glossary", {"term": "SLA", "say_instead": "answer time"}),
    ("/policies", {"kind": "response", "within_minutes": 60}),
    ("/calendars", {"name": "office", "zone": "UTC", "week": {"mon": [{"opens": "08:00", "closes": "12:00"}]}}),
    ("/incidents/limits", {"class": "outage", "within_minutes": 5}),
    (
        "/standards",
        {"name": "fast", "words_vi": "Nhanh.", "words_en": "Fast.", "measure": "answered_in_time", "target": 0.9},
    ),
]


@pytest.mark.parametrize(("path", "body"), SETTINGS, ids=[path for path, _ in SETTINGS])
async def test_x3_no_setting_begins_in_the_past_or_more_than_ten_years_ahead(
    kept: Commitments, path: str, body: dict[str, Any]
) -> None:
    refused = [
        (START - timedelta(seconds=1), "begins-in-the-past"),
        (START + timedelta(days=3654), "begins-too-far"),
    ]
    for begins, code in refused:
        problem = await kept.call("PUT", path, json=body | {"valid_from": begins.isoformat()}, expect=422)
        assert problem["type"] == f"urn:kept:problem:{code}"
    for begins in (START, START + timedelta(days=3652)):
        made = await kept.call("PUT", path, json=body | {"valid_from": begins.isoformat()}, expect=201)
        assert made["valid_from"] == begins.isoformat().replace("+00:00", "Z")
