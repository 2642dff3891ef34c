"""A day that is promised is over where the customer lives. Rows: C6, X4."""

from __future__ import annotations

from typing import Any
from uuid import UUID

import pytest

from shared.contracts import intake as heard
from shared.ids import new_id
from tests.commitments.conftest import Commitments

NEW_YORK = "America/New_York"


@pytest.fixture
async def nora(kept: Commitments) -> UUID:
    """A customer whose zone we know."""
    customer = new_id()
    await kept.deliver(heard.CustomerCreated(customer_id=customer, name="Nora", language="en", handles=[]))
    await kept.call("PUT", f"/customers/{customer}", json={"zone": NEW_YORK})
    return customer


async def test_a_day_is_the_customers_and_another_where_one_is_named(kept: Commitments, nora: UUID) -> None:
    day: dict[str, Any] = {"due_at": None, "due_on": "2026-12-24"}
    binds = (await kept.promise(nora, **day))["terms"][-1]
    assert (binds["due_at"], binds["zone"]) == ("2026-12-25T04:59:59.999000Z", NEW_YORK)
    binds = (await kept.promise(nora, **day, zone="Asia/Tokyo"))["terms"][-1]
    assert (binds["due_at"], binds["zone"]) == ("2026-12-24T14:59:59.999000Z", "Asia/Tokyo")
    binds = (await kept.promise(new_id(), **day))["terms"][-1]
    assert binds["zone"] == "Asia/Ho_Chi_Minh", "of whom we know nothing"


async def test_a_feature_for_a_day_is_each_customers_own_day_also_when_it_moves(kept: Commitments, nora: UUID) -> None:
    here = new_id()
    new = {"title": "The lamp", "words": "The lamp is in our shops that day.", "cost": "no charge"}
    made = await kept.call("POST", "/features", json={**new, "due_on": "2026-12-24", "window_days": 0}, expect=201)
    await kept.call("POST", f"/features/{made['id']}/subscribers", json={"customer_ids": [str(nora), str(here)]})
    hers, theirs = await kept.only(nora), await kept.only(here)
    assert (hers.binds.zone, hers.binds.due_at.isoformat()) == (NEW_YORK, "2026-12-25T04:59:59.999000+00:00")
    assert (theirs.binds.zone, str(theirs.binds.due_on)) == ("Asia/Ho_Chi_Minh", "2026-12-24")
    moved = {"due_on": "2026-12-26", "reason": "The ship is late."}
    await kept.call("POST", f"/features/{made['id']}/revise", json=moved, expect=202)
    await kept.fire()
    assert (await kept.only(nora)).terms[-1].due_at.isoformat() == "2026-12-27T04:59:59.999000+00:00"


async def test_an_estimate_is_said_in_the_zone_of_whom_it_is_for(kept: Commitments, nora: UUID) -> None:
    assert (await kept.call("GET", f"/estimates?customer_id={nora}"))["zone"] == NEW_YORK
    assert (await kept.call("GET", f"/estimates?customer_id={nora}&zone=Asia/Tokyo"))["zone"] == "Asia/Tokyo"
    assert (await kept.call("GET", "/estimates"))["zone"] == "Asia/Ho_Chi_Minh"
