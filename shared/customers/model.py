"""Customers as intake tells of them: what a batch of events changes, and who is the same person as whom. Pure."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Mapping
from typing import TypeVar
from uuid import UUID

from shared.contracts.intake import CustomerCreated, CustomerFacts, CustomerMerged, CustomerUnmerged, CustomerUpdated

CUSTOMER_EVENTS = (CustomerCreated, CustomerUpdated, CustomerMerged, CustomerUnmerged)
"""The events that `Changes` folds."""
CustomerEvent = CustomerFacts | CustomerMerged | CustomerUnmerged

T = TypeVar("T")


class Changes:
    """The changes of customers that events tell of: the last word on each counts.

    `facts` are by customer; `links` say whom a customer is merged into, None where a merge was taken back.
    """

    def __init__(self) -> None:
        self.facts: dict[UUID, CustomerFacts] = {}
        self.links: dict[UUID, UUID | None] = {}

    def hear(self, told: CustomerEvent) -> None:
        match told:
            case CustomerMerged():
                self.links[told.customer_id] = told.into
            case CustomerUnmerged():
                self.links[told.customer_id] = None
            case _:
                self.facts[told.customer_id] = told


class Families:
    """Families of customers who are one person, by the links of merges. A link may lead to somebody unknown."""

    def __init__(self, links: Mapping[UUID, UUID | None]) -> None:
        """`links` are whom each customer is merged into."""
        self._into: dict[UUID, UUID] = {}
        self._merged: dict[UUID, set[UUID]] = defaultdict(set)
        for id_, into in links.items():
            self.link(id_, into)

    def link(self, id_: UUID, into: UUID | None) -> None:
        """Sets whom a customer is merged into; None takes the merge back."""
        before = self._into.pop(id_, None)
        if before is not None:
            self._merged[before].discard(id_)
        if into is not None:
            self._into[id_] = into
            self._merged[into].add(id_)

    def above(self, id_: UUID) -> list[UUID]:
        """This customer and those whom they are merged into, the nearest first. A circle ends where it closes."""
        way = [id_]
        while (into := self._into.get(way[-1])) is not None and into not in way:
            way.append(into)
        return way

    def members(self, id_: UUID) -> list[UUID]:
        """Every customer who is this person: those of `above` in their order, then the others by id."""
        way = self.above(id_)
        found, look_at = set(way), list(way)
        while look_at:
            one = look_at.pop()
            beside = {*self._merged.get(one, ()), self._into.get(one, one)} - found
            found |= beside
            look_at += beside
        return [*way, *sorted(found - set(way))]

    def nearest(self, id_: UUID, told: Callable[[UUID], T | None]) -> T | None:
        """A fact of a customer; where it is not told of them, that of the nearest whom they are merged into."""
        return next((fact for one in self.above(id_) if (fact := told(one)) is not None), None)
