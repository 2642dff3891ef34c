"""What is known of a customer who is merged into another."""

from __future__ import annotations

import pytest

from services.commitments import customers
from services.commitments.customers import Customer, Known, People
from shared.contracts.intake import CustomerMerged
from shared.ids import new_id
from tests.commitments.conftest import Commitments, known

STRANGER = Customer("Asia/Ho_Chi_Minh", "vi")
LAN, BINH, AN = new_id(), new_id(), new_id()


@pytest.mark.parametrize(
    ("own", "into", "above", "found"),
    [
        ("Europe/Berlin", "Asia/Tokyo", "America/Lima", "Europe/Berlin"),
        (None, "Asia/Tokyo", "America/Lima", "Asia/Tokyo"),
        (None, None, "America/Lima", "America/Lima"),
        (None, None, None, STRANGER.zone),
    ],
)
def test_a_merged_customer_lives_where_the_nearest_above_them_does(
    own: str | None, into: str | None, above: str | None, found: str
) -> None:
    """An is merged into Binh, and Binh into Lan."""
    known = {
        AN: Known("An", "en", zone=own, merged_into=BINH),
        BINH: Known("Binh", "vi", zone=into, merged_into=LAN),
        LAN: Known("Lan", "vi", zone=above),
    }
    assert People(known, STRANGER).find(AN).zone == found


async def test_a_date_for_many_ends_in_the_zone_of_whom_each_is_merged_into(kept: Commitments) -> None:
    lan, known_as = new_id(), new_id()
    merged = CustomerMerged(customer_id=lan, into=known_as, reason="the same phone", by="minh")
    await kept.deliver(known(lan), known(known_as), merged)
    await kept.call("PUT", f"/customers/{known_as}", json={"zone": "Europe/Berlin"})
    async with kept.runtime.database.read() as session:
        assert await customers.zones(session, [lan], default=STRANGER) == {lan: "Europe/Berlin"}
