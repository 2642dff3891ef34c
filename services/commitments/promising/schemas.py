"""The requests about promises."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime
from typing import Any, Literal
from uuid import UUID

from pydantic import Field

from services.commitments.authority.money import NewMoney
from services.commitments.fields import Name, Reason, Strict, Words
from services.commitments.promise.core import check_due
from services.commitments.promising.terms import NewConcession, NewEstimate, Options, TermsIn, _options, option_texts
from shared.contracts.terms import (
    Concession,
    Estimated,
    Progress,
    Terms,
)
from shared.instants import Instant


class NewPromise(TermsIn):
    """A new promise. The customer may be one we have not heard of yet: intake's news of them can be on its way.

    `parent_id` makes it a part of another promise, which is at risk when this one is late. `category`, `team` and
    `partner` are for the scorecard. A `goal` is confirmed by both sides.
    """

    customer_id: UUID
    kind: Literal["promise", "goal"] = "promise"
    case_id: UUID | None = None
    parent_id: UUID | None = None
    owner: Name | None = None
    team: Name | None = None
    partner: Name | None = None
    category: Name | None = None
    tell: bool = False


class Agree(Strict):
    revision: int = Field(ge=1)


class Decline(Strict):
    """A "no" of the customer. `proposed_due_at`: the time that would suit them."""

    revision: int = Field(ge=1)
    reason: Reason
    proposed_due_at: Instant | None = None


class NewProgress(Strict):
    """The progress: what we do now, what stands in the way and is done about it, what is next, when we speak again."""

    now_doing: Words
    problems: Words | None = None
    solution: Words | None = None
    next_step: Words
    next_contact_at: Instant
    steps_done: int = Field(0, ge=0, le=50)

    def at(self, now: datetime) -> Progress:
        """Checks the time at which we speak again, a promise too. Raises DueInThePast or DueTooFar."""
        check_due(self.next_contact_at, now, what="an update needs a next contact")
        return Progress(at=now, **self.model_dump())


class Warn(Strict):
    reason: Reason


class Wait(Strict):
    reason: Reason


class Revise(NewEstimate):
    """A change of terms. Where `revision`, which the author looked at, has been replaced meanwhile, it is refused.

    What is left out stays as it is; null takes a `charge` or `concession` away, as a new `cost` does with the charge
    of the old one; `options` replace those there were.
    """

    revision: int | None = Field(None, ge=1)
    due_at: Instant
    reason: Reason
    words: Words | None = None
    cost: Words | None = None
    charge: NewMoney | None = None
    concession: NewConcession | None = None
    options: Options | None = None

    def texts(self) -> Iterator[tuple[str, str | None]]:
        """The texts that the customer reads, each with its field."""
        yield from (("words", self.words), ("reason", self.reason), ("cost", self.cost))
        yield from option_texts(self.options or ())

    @property
    def without(self) -> set[str]:
        """The fields that the change takes away."""
        named = self.model_fields_set | ({"charge"} if self.cost else set())
        return {name for name in ("charge", "concession") if name in named and getattr(self, name) is None}

    def on(self, old: Terms, own: Estimated | None = None) -> dict[str, Any]:
        """The fields of the old terms that change, beside due and reason. `own` as in the terms of a new promise."""
        estimate, before = self.estimated(), own or old.estimate
        if estimate is None and before is not None and self.due_at != old.due_at:
            estimate = before.model_copy(update={"override_reason": self.override_reason})
        changes: dict[str, Any] = {"estimate": estimate, "words": self.words, "cost": self.cost}
        if self.charge is not None:
            changes["charge"] = self.charge.money()
        if self.concession is not None:
            changes["concession"] = Concession(**self.concession.model_dump())
        if self.options is not None:
            changes["options"] = _options(self.options)
        return changes


class Withdraw(Strict):
    reason: Reason
