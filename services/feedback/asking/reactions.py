"""Reactions that ask surveys when events call for them, and close those that get no answer."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple
from uuid import UUID

from sqlalchemy import text

from services.feedback.asking import store
from services.feedback.asking.store import Question
from shared import bulk
from shared.contracts import Event
from shared.contracts.commitments import CommitmentFulfilled
from shared.contracts.intake import CustomerCreated, CustomerFacts, CustomerUpdated
from shared.contracts.terms import CommitmentKind
from shared.database import WriteSession
from shared.handling import Fact, Reaction, Work
from shared.timers import Timer

_LEARN = text(f"""
    {bulk.insert("speaker", {"customer_id": "uuid", "language": "text"})}
    ON CONFLICT (customer_id) DO UPDATE SET language = excluded.language WHERE speaker.language <> excluded.language
""")


class Heard(NamedTuple):
    """What a batch asks for: questions about promises that are done, in the order of events, and languages learned.

    `asked` are the promises that have their question already.
    """

    asked: set[UUID]
    questions: list[Question]
    languages: dict[UUID, str]


def hearing(*, answer_days: float) -> Reaction[Heard]:
    reaction = Reaction(gather, write)

    @reaction.on(CommitmentFulfilled)
    def fulfilled(heard: Heard, work: Work, _: Event, done: CommitmentFulfilled) -> None:
        """F1: after a promise of ours is done, the question whether it is right, once."""
        if is_asked_about(done) and done.commitment_id not in heard.asked:
            heard.asked.add(done.commitment_id)
            heard.questions.append(store.ask(work, done, days=answer_days))

    @reaction.on(CustomerCreated, CustomerUpdated)
    def learned(heard: Heard, _: Work, __: Event, facts: CustomerFacts) -> None:
        heard.languages[facts.customer_id] = facts.language

    return reaction


def is_asked_about(done: CommitmentFulfilled) -> bool:
    return done.kind is CommitmentKind.PROMISE and done.obligor == "us"


async def gather(session: WriteSession, facts: Sequence[Fact]) -> Heard:
    done = [p.commitment_id for _, p in facts if isinstance(p, CommitmentFulfilled) and is_asked_about(p)]
    return Heard(await store.asked_about(session, done), [], {})


async def write(session: WriteSession, heard: Heard) -> None:
    await store.add(session, heard.questions)
    if heard.languages:
        ids, languages = zip(*sorted(heard.languages.items()), strict=True)
        await session.execute(_LEARN, {"customer_id": list(ids), "language": list(languages)})


async def unanswered(session: WriteSession, timers: Sequence[Timer]) -> None:
    """In the order of their ids, so that two workers cannot wait for each other."""
    for subject in sorted(timer.subject for timer in timers):
        await store.close_unanswered(session, UUID(subject))
