"""The rules of a survey: question, answer, and the events that follow. Pure.

    requested --answer yes--> confirmed <--------+
        |                                        | another answer, until `answer_by`
        +-------answer no---> not_satisfied <----+
        |
        +-------no answer by `answer_by`---> unconfirmed, and over

Answers are kept, each of them; the last one counts. Nobody's silence is satisfaction.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

from shared.contracts.feedback import Satisfaction


class State(StrEnum):
    REQUESTED = "requested"
    CONFIRMED = "confirmed"
    NOT_SATISFIED = "not_satisfied"
    UNCONFIRMED = "unconfirmed"


@dataclass(frozen=True, slots=True)
class Answer:
    """`score` is 1 (worst) to 5. `comment` is the customer's own words, unchanged."""

    satisfied: bool
    score: int | None = None
    comment: str | None = None

    @property
    def satisfaction(self) -> Satisfaction:
        return Satisfaction.CONFIRMED if self.satisfied else Satisfaction.NOT_SATISFIED


def answer_by(asked_at: datetime, days: float) -> datetime:
    return asked_at + timedelta(days=days)


def is_over(state: State, until: datetime, now: datetime) -> bool:
    """Whether an answer comes too late."""
    return state is State.UNCONFIRMED or now >= until


def is_news(answer: Answer, last: Answer | None) -> bool:
    """The same answer again, from a second click or a reload, says nothing new."""
    return answer != last


def after_answer(answer: Answer) -> State:
    return State(answer.satisfaction)


def after_silence(state: State) -> State | None:
    """What `answer_by` makes of it; None where there was an answer."""
    return State.UNCONFIRMED if state is State.REQUESTED else None
