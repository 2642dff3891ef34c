"""The pure core, and the tables under it."""

from __future__ import annotations

from datetime import timedelta

from services.feedback.asking import surveys
from services.feedback.asking.surveys import Answer, State
from tests.feedback.conftest import START


def test_only_what_nobody_answered_becomes_unconfirmed() -> None:
    """F1."""
    assert surveys.after_silence(State.REQUESTED) is State.UNCONFIRMED
    assert [surveys.after_silence(s) for s in State if s is not State.REQUESTED] == [None] * 3


def test_an_answer_makes_it_what_was_said() -> None:
    assert surveys.after_answer(Answer(satisfied=True)) is State.CONFIRMED
    assert surveys.after_answer(Answer(satisfied=False, score=5)) is State.NOT_SATISFIED


def test_it_is_over_at_its_instant_and_not_before() -> None:
    until = surveys.answer_by(START, 7)
    assert until - START == timedelta(days=7)
    assert not surveys.is_over(State.CONFIRMED, until, until - timedelta(microseconds=1))
    assert surveys.is_over(State.CONFIRMED, until, until)
    assert surveys.is_over(State.UNCONFIRMED, until, START)


def test_the_same_answer_is_no_news() -> None:
    assert surveys.is_news(Answer(True), None)
    assert not surveys.is_news(Answer(True, 4), Answer(True, 4))
    assert surveys.is_news(Answer(True, 4), Answer(True, 5))
