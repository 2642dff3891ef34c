"""Where a promise stands on the board and what may be done with it there: decided without a database. Rows: N10."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.commitments.board.acting import decide
from services.commitments.board.lanes import MOST, Act, Lane, Line, arrange, lane_of, offers, refused_change, status_of
from services.commitments.errors import FieldWrong
from services.commitments.estimates.answer import Outlook
from services.commitments.promise import core
from services.commitments.promise.core import Promise, Status
from shared.contracts.commitments import Outcome
from shared.contracts.terms import CommitmentKind, Terms
from shared.ids import new_id
from shared.problems import Problem
from tests.commitments.conftest import START

DUE = START + timedelta(hours=10)
HOUR = timedelta(hours=1)


def made(hours: float = 10, **changes: Any) -> Promise:
    terms = Terms(revision=1, words="a", due_at=START + timedelta(hours=hours), zone="Asia/Ho_Chi_Minh", cost="none")
    told = Promise(
        id=new_id(),
        customer_id=new_id(),
        kind=CommitmentKind.PROMISE,
        terms=(terms,),
        status=Status.STATED,
        stated_at=START,
    )
    return told._replace(**changes)


def consistent(promise: Promise) -> Promise:
    """What is over has an outcome; what is open is not done and has none; a customer's task waits for nobody."""
    if promise.obligor == "customer":
        promise = promise._replace(waiting_since=None)
    if promise.status in (Status.FULFILLED, Status.BROKEN):
        return promise._replace(outcome=promise.outcome or Outcome.BROKEN_SILENT)
    return promise._replace(fulfilled_at=None, outcome=None)


def test_n10_what_is_likely_to_break_stands_at_risk_before_its_clock_has_gone_off() -> None:
    calm, likely = Line(made(), "Lan"), Line(made(), "Lan", outlook=Outlook(breaks=True))
    board = arrange([calm, likely], START)
    assert [(line.promise, line.status) for line in board[Lane.RISK].lines] == [(likely.promise, "likely_to_break")]
    assert [(line.promise, line.status) for line in board[Lane.SOON].lines] == [(calm.promise, "stated")]


PROMISES = st.builds(
    made,
    hours=st.floats(-100, 100),
    status=st.sampled_from(Status),
    warned_at=st.sampled_from([None, START]),
    waiting_since=st.sampled_from([None, START]),
    fulfilled_at=st.sampled_from([None, START]),
    obligor=st.sampled_from(["us", "customer"]),
    outcome=st.sampled_from([None, *Outcome]),
).map(consistent)


@pytest.mark.parametrize(
    ("promise", "lane"),
    [
        (made(), Lane.SOON),
        (made(24), Lane.SOON),
        (made(24.001), Lane.LATER),
        (made(0), Lane.SOON),
        (made(-0.001), Lane.BROKEN),
        (made(warned_at=START), Lane.RISK),
        (made(-5, waiting_since=START), Lane.WAITING),
        (made(obligor="customer"), Lane.WAITING),
        (made(waiting_since=START, warned_at=START), Lane.WAITING),
        (made(status=Status.BROKEN), Lane.BROKEN),
        (made(status=Status.DECLINED), Lane.DECLINED),
        (made(status=Status.FULFILLED), Lane.KEPT),
        (made(status=Status.DRAFT), None),
        (made(status=Status.WITHDRAWN), None),
        (made(status=Status.VOID), None),
    ],
)
def test_the_one_lane_of_a_promise(promise: Promise, lane: Lane | None) -> None:
    assert lane_of(promise, START) is lane


@given(st.lists(PROMISES, max_size=12))
def test_each_promise_stands_in_one_lane_and_in_the_order_it_came(promises: list[Promise]) -> None:
    lines = [Line(promise, None) for promise in promises]
    board = arrange(lines, START)
    assert list(board) == list(Lane)
    shown = [line for shelf in board.values() for line in shelf.lines]
    assert len(shown) == len({line.promise.id for line in shown})
    assert {line.promise.id for line in shown} == {p.id for p in promises if lane_of(p, START)}
    for lane, shelf in board.items():
        assert [line.promise for line in shelf.lines] == [p for p in promises if lane_of(p, START) is lane]
        assert [line.status for line in shelf.lines] == [status_of(line.promise, START) for line in shelf.lines]


def test_a_lane_of_what_is_over_ends_and_says_so() -> None:
    kept = [Line(made(status=Status.FULFILLED), None) for _ in range(MOST + 1)]
    todo = [Line(made(), None) for _ in range(MOST + 1)]
    board = arrange([*kept, *todo], START)
    assert (len(board[Lane.KEPT].lines), board[Lane.KEPT].more) == (MOST, True)
    assert (len(board[Lane.SOON].lines), board[Lane.SOON].more) == (MOST + 1, False)


FORM = {
    "reason": "Bão số 3",
    "revision": "1",
    "due_day": "2026-03-04",
    "due_hour": "09:30",
    "now_doing": "a",
    "next_step": "b",
    "contact_day": "2026-03-04",
}


@given(PROMISES, st.sampled_from(Act))
def test_what_is_offered_can_be_done_and_what_is_not_changes_nothing(promise: Promise, act: Act) -> None:
    """The board offers neither more nor less than the commands allow; a wait or a warning said twice is no act.

    But for news of what has been done late already: it can be told, and the board does not ask for it.
    """
    try:
        changed = decide(act, FORM, promise, by="minh", now=START)[0] != promise
    except Problem:
        changed = False
    done_late = act is Act.PROGRESS and promise.status is Status.BROKEN and promise.fulfilled_at is not None
    assert (act in offers(promise, START)) == (changed and not done_late)


@pytest.mark.parametrize(
    ("act", "left_out", "field"),
    [
        (Act.REVISE, "due_day", "due_day"),
        (Act.REVISE, "reason", "reason"),
        (Act.REVISE, "revision", "revision"),
        (Act.PROGRESS, "now_doing", "now_doing"),
        (Act.PROGRESS, "contact_day", "contact_day"),
        (Act.WARN, "reason", "reason"),
        (Act.WAIT, "reason", "reason"),
        (Act.WITHDRAW, "reason", "reason"),
    ],
)
def test_a_field_left_out_is_named(act: Act, left_out: str, field: str) -> None:
    form = {name: value for name, value in FORM.items() if name != left_out}
    with pytest.raises(FieldWrong) as refused:
        decide(act, form | ({"due_hour": ""} if left_out == "due_day" else {}), made(), by="minh", now=START)
    assert refused.value.field == field


def test_a_change_by_form_is_the_change_by_api() -> None:
    """09:30 in Saigon, by whom, and what was left as it is."""
    (revised, _) = decide(Act.REVISE, FORM | {"words": "", "cost": "half"}, made(), by="minh", now=START)
    assert revised.latest.due_at.isoformat() == "2026-03-04T02:30:00+00:00"
    assert (revised.latest.words, revised.latest.cost, revised.latest.reason) == ("a", "half", "Bão số 3")


def test_signs_and_refused_changes() -> None:
    agreed, _ = core.agree(made(), 1, START)
    revised, _ = core.revise(agreed, due_at=DUE + HOUR, reason="r", by="m", now=START)
    refused, _ = core.decline(revised, 2, "no", START)
    assert [refused_change(p) for p in (agreed, revised, refused)] == [False, False, True]
    signs = [status_of(p, START) for p in (made(), agreed, revised, made(waiting_since=START), made(-1))]
    assert signs == ["stated", "agreed", "at_risk", "waiting", "overdue"]


def test_a_new_time_ends_the_promise_for_a_day() -> None:
    day = made(terms=(made().terms[0].model_copy(update={"due_on": DUE.date()}),))
    revised, _ = core.revise(day, due_at=DUE + HOUR, reason="r", by="m", now=START)
    assert revised.latest.due_on is None
