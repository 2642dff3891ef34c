"""The content of the customer's page: a promise's versions, what changed in each and why, and the answers. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Literal

from services.commitments.promise.core import Promise
from shared.contracts import Payload
from shared.contracts import commitments as told
from shared.contracts.commitments import Outcome
from shared.contracts.terms import Assumption, Step, Terms
from shared.translation import N_

ANOTHER_TIME = "another_time"
"""The reason of a "no" that names another time and says no more."""

OUTCOMES = {
    Outcome.KEPT: N_("We kept it, in time."),
    Outcome.KEPT_CHANGED: N_("We kept it, in time after the change you agreed to."),
    Outcome.BROKEN_WARNED: N_("We did not keep this in time. We had told you before."),
    Outcome.BROKEN_SILENT: N_("We did not keep this in time, and did not tell you before. We are sorry."),
}
"""Each in a sentence for the customer; what is withdrawn or void has a page of its own."""


@dataclass(frozen=True, slots=True)
class Change:
    """A difference between two versions. `before` and `after` are a time, a text, or several."""

    what: str
    kind: Literal["time", "text", "list"]
    before: datetime | str | Sequence[str] | None
    after: datetime | str | Sequence[str] | None


@dataclass(frozen=True, slots=True)
class Version:
    """One revision: when it was told, what the customer answered and when, and how it differs from the one before."""

    terms: Terms
    standing: str
    told_at: datetime | None = None
    agreed_at: datetime | None = None
    declined_at: datetime | None = None
    declined_with: str | None = None
    proposed_due_at: datetime | None = None
    changes: tuple[Change, ...] = ()


@dataclass(frozen=True, slots=True)
class Story:
    """A promise as its page shows it: versions, the newest first, and what was said with the last wait and warning."""

    versions: tuple[Version, ...]
    waits_for: str | None = None
    risk: str | None = None

    def version(self, revision: int) -> Version:
        return self.versions[len(self.versions) - revision]


def story(promise: Promise, facts: Iterable[tuple[datetime, Payload]]) -> Story:
    """Builds the page's content from the facts of this promise, the oldest first, each with its time."""
    versions = {t.revision: Version(t, standing(promise, t)) for t in promise.terms}
    for old, new in zip(promise.terms, promise.terms[1:], strict=False):
        versions[new.revision] = replace(versions[new.revision], changes=changes(old, new))
    waits_for = risk = None
    for at, fact in facts:
        match fact:
            case told.CommitmentWaiting():
                waits_for = fact.reason
            case told.CommitmentAtRisk():
                risk = fact.reason
            case told.Commitment() if fact.terms.revision in versions:
                versions[fact.terms.revision] = _with(versions[fact.terms.revision], at, fact)
            case _:
                continue
    return Story(
        versions=tuple(versions[t.revision] for t in reversed(promise.terms)),
        waits_for=waits_for if promise.waiting_since else None,
        risk=risk,
    )


def _with(version: Version, at: datetime, fact: Payload) -> Version:
    match fact:
        case told.CommitmentStated() | told.CommitmentRevised() | told.CommitmentResumed():
            return replace(version, told_at=at)
        case told.CommitmentAgreed():
            return replace(version, agreed_at=at)
        case told.CommitmentDeclined():
            said = None if fact.reason == ANOTHER_TIME else fact.reason
            return replace(version, declined_at=at, declined_with=said, proposed_due_at=fact.proposed_due_at)
        case _:
            return version


def standing(promise: Promise, terms: Terms) -> str:
    """The standing of a revision: agreed, told, refused, or replaced before it was answered."""
    if terms.revision == promise.binding:
        return "agreed" if promise.answered >= terms.revision else "stated"
    if terms.revision < promise.binding or promise.answered < terms.revision:
        return "replaced"
    return "declined"


def changes(old: Terms, new: Terms) -> tuple[Change, ...]:
    """The differences between two versions that matter to the customer."""
    found = (
        Change(N_("By"), "time", old.due_at, new.due_at),
        Change(N_("The promise"), "text", old.words, new.words),
        Change(N_("Cost"), "text", old.cost, new.cost),
        Change(N_("Includes"), "text", old.scope, new.scope),
        Change(N_("Does not include"), "text", old.exclusions, new.exclusions),
        Change(N_("Who does it"), "text", old.who, new.who),
        Change(N_("Your choice"), "text", old.chosen, new.chosen),
        Change(N_("What it rests on"), "list", _words(old.assumptions), _words(new.assumptions)),
        Change(N_("Steps"), "list", _words(old.steps), _words(new.steps)),
        Change(N_("Options"), "list", [o.name for o in old.options], [o.name for o in new.options]),
    )
    return tuple(change for change in found if change.before != change.after)


def _words(items: Sequence[Assumption] | Sequence[Step]) -> list[str]:
    return [item.words for item in items]
