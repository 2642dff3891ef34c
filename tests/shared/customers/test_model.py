"""Customers folded from intake's events, and who is the same person as whom."""

from __future__ import annotations

from uuid import UUID

from hypothesis import given
from hypothesis import strategies as st

from shared.contracts.intake import CustomerCreated, CustomerMerged, CustomerUnmerged, CustomerUpdated
from shared.customers import CUSTOMER_EVENTS, Changes, CustomerEvent, Families
from shared.ids import new_id

AN, BINH, CHI, DUNG = (new_id() for _ in range(4))
PEOPLE = [UUID(int=n) for n in range(1, 7)]
LINKS = st.dictionaries(st.sampled_from(PEOPLE), st.sampled_from([None, *PEOPLE]))


def test_the_last_word_on_each_customer_counts() -> None:
    first = CustomerCreated(customer_id=AN, name=None, language="vi", handles=[])
    then = CustomerUpdated(customer_id=AN, name="An", language="en", handles=[])
    changes = Changes()
    told: list[CustomerEvent] = [
        first,
        CustomerMerged(customer_id=AN, into=BINH, reason="same", by="lan"),
        then,
        CustomerUnmerged(customer_id=AN, from_customer=BINH, reason="two", by="lan"),
        CustomerMerged(customer_id=CHI, into=BINH, reason="same", by="lan"),
    ]
    assert {type(one) for one in told} == set(CUSTOMER_EVENTS)
    for one in told:
        changes.hear(one)
    assert changes.facts == {AN: then}
    assert changes.links == {AN: None, CHI: BINH}


def test_a_person_is_whom_they_are_merged_into_then_everybody_else_by_id() -> None:
    """An is merged into Binh, Binh into Chi, and Dung into An."""
    families = Families({AN: BINH, BINH: CHI, CHI: None, DUNG: AN})
    assert families.above(AN) == [AN, BINH, CHI]
    assert families.members(AN) == [AN, BINH, CHI, DUNG]
    assert families.members(CHI) == [CHI, *sorted([AN, BINH, DUNG])]
    families.link(BINH, None)
    assert families.members(AN) == [AN, BINH, DUNG]
    assert families.members(CHI) == [CHI]


def test_those_who_are_merged_into_somebody_unknown_are_one_person() -> None:
    assert Families({AN: CHI, BINH: CHI}).members(AN) == [AN, CHI, BINH]


def test_what_is_not_told_of_a_customer_is_that_of_the_nearest_above() -> None:
    families = Families({AN: BINH, BINH: CHI, CHI: None, DUNG: CHI})
    told = {BINH: "nearest", CHI: "farthest", DUNG: "beside"}
    assert [families.nearest(one, told.get) for one in (AN, BINH, CHI)] == ["nearest", "nearest", "farthest"]
    assert Families({AN: BINH}).nearest(AN, {CHI: "no kin"}.get) is None


@given(LINKS)
def test_families_part_the_customers_even_where_links_run_in_circles(links: dict[UUID, UUID | None]) -> None:
    families = Families(links)
    for one in PEOPLE:
        members = families.members(one)
        assert members[0] == one
        assert len(set(members)) == len(members)
        assert all(set(families.members(other)) == set(members) for other in members)
        joined = {other for pair in links.items() if one in pair for other in pair if other is not None}
        assert joined <= set(members)
