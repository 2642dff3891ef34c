"""The life of a promise against a model so simple that it can be believed, with time that jumps. Rows: I6, N10."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from math import ceil
from typing import Any
from uuid import UUID

import pytest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule

from services.commitments.errors import DueInThePast, DueTooFar, StaleRevision, TooLate, WrongState
from services.commitments.promise import core
from services.commitments.promise.core import Decision, Promise, Status
from shared.contracts import Payload
from shared.contracts import commitments as told
from shared.contracts.commitments import Outcome
from shared.contracts.terms import CommitmentKind, Terms
from shared.problems import Problem
from tests.support.examples import examples

NOW = datetime(2026, 3, 2, 9, 0, tzinfo=UTC)
TEN_HOURS = timedelta(hours=10)
TICK = timedelta(microseconds=1)
ID, CUSTOMER = UUID(int=1), UUID(int=2)


def drafted(due: datetime = NOW + TEN_HOURS) -> Promise:
    terms = Terms(revision=1, words="Your order", due_at=due, zone="Asia/Ho_Chi_Minh", cost="no charge")
    return Promise(ID, CUSTOMER, CommitmentKind.PROMISE, (terms,))


def stated(due: datetime = NOW + TEN_HOURS) -> Promise:
    return core.state(drafted(due), NOW)[0]


def revised(promise: Promise, due: datetime, now: datetime = NOW, **changes: Any) -> Promise:
    return core.revise(promise, due_at=due, reason="rain", by="minh", now=now, **changes)[0]


spans = st.timedeltas(timedelta(0), timedelta(days=3))
ahead = st.timedeltas(TICK, timedelta(days=3))


class PromiseLife(RuleBasedStateMachine):
    """The model knows five things: the dates told, the number that binds, what was said to it, and how it ended.

    The clocks are played as the worker plays them: each goes off once when time has reached it, unless it was
    moved or taken away before.
    """

    @initialize(due=ahead)
    def begin(self, due: timedelta) -> None:
        self.now = NOW
        self.clocks: dict[core.ClockKind, datetime] = {}
        self.promise = drafted(NOW + due)
        self.decided(core.state(self.promise, NOW))
        self.dues = [NOW + due]
        self.binding = 1
        self.agreed = False
        self.end: Outcome | str | None = None
        self.ended_at: datetime | None = None
        self.history: list[Terms] = list(self.promise.terms)
        self.warned = False
        self.first = 1
        self.answered = 0
        self.paused_at: datetime | None = None

    # ---- what the model says ----

    @property
    def due(self) -> datetime:
        return self.dues[self.binding - 1]

    @property
    def alive(self) -> bool:
        return self.end is None and (self.paused_at is not None or self.now <= self.due)

    def tried(self, decide: Any) -> Decision | None:
        try:
            decision: Decision = decide()
        except Problem:
            return None
        self.decided(decision)
        return decision

    def decided(self, decision: Decision) -> tuple[Payload, ...]:
        for kind, at in core.reset_clocks(self.promise, decision[0]).items():
            if at is None:
                self.clocks.pop(kind, None)
            else:
                self.clocks[kind] = at
        self.promise = decision[0]
        return decision[1]

    # ---- what happens ----

    @rule(by=spans)
    def time_passes(self, by: timedelta) -> None:
        """The clocks go off on their way, each at its instant."""
        until = self.now + by
        while due := sorted((at, kind) for kind, at in self.clocks.items() if at <= until):
            self.now = max(self.now, due[0][0])
            self._fires(due[0][1])
        self.now = until

    @rule(by=spans)
    def time_passes_while_the_worker_is_down(self, by: timedelta) -> None:
        self.now += by

    @rule(kind=st.sampled_from(["commitment_due", "commitment_warning"]))
    def a_clock_goes_off_that_was_moved_or_taken_away(self, kind: core.ClockKind) -> None:
        if self.clocks.get(kind, self.now + TICK) > self.now:
            decide = core.fall_due if kind == "commitment_due" else core.warn
            assert decide(self.promise, self.now) == (self.promise, ())

    def _fires(self, kind: core.ClockKind) -> None:
        del self.clocks[kind]
        if kind == "commitment_warning":
            if self.decided(core.warn(self.promise, self.now)):
                assert not self.warned, "warned twice"
                assert self.now < self.due, "warned as if before"
                self.warned = True
            return
        events = self.decided(core.fall_due(self.promise, self.now))
        if self.end is None and not self.alive:
            self._ends(Outcome.BROKEN_WARNED if self.warned else Outcome.BROKEN_SILENT)
        assert len(events) == (self.end is not None and self.ended_at == self.now)

    def _ends(self, how: Outcome | str) -> None:
        self.end, self.ended_at, self.paused_at = how, self.now, None

    @rule(number=st.integers(1, 6))
    def the_customer_agrees(self, number: int) -> None:
        current = number == len(self.dues)
        done = self.tried(lambda: core.agree(self.promise, number, self.now))
        again = self.agreed and self.binding == number == len(self.dues) and self.end is None
        assert (done is not None) == bool(
            again or (self.alive and current and (self.paused_at or self.now <= self.dues[-1]))
        )
        if done is not None and not again:
            if number != self.binding:
                self.warned = False
            self.binding, self.agreed, self.answered = number, True, number

    @rule(number=st.integers(1, 6))
    def the_customer_declines(self, number: int) -> None:
        first = self.binding == len(self.dues)
        done = self.tried(lambda: core.decline(self.promise, number, "no", self.now))
        assert (done is not None) == (self.alive and number == len(self.dues) and not (first and self.agreed))
        if done is not None:
            self.answered = number
        if done is not None and first:
            self._ends("declined")

    @rule(by=spans, words=st.sampled_from([None, "Your order, in two parcels"]))
    def we_revise(self, by: timedelta, words: str | None) -> None:
        due = self.now + by
        declined = self.end == "declined"
        done = self.tried(
            lambda: core.revise(self.promise, due_at=due, reason="rain", by="minh", now=self.now, words=words)
        )
        assert (done is not None) == ((self.alive or declined) and due > self.now)
        if done is None:
            return
        self.dues.append(due)
        self.history.append(self.promise.terms[-1])
        if declined:
            self.first = self.binding = len(self.dues)
            self.end, self.ended_at, self.warned = None, None, False
        else:
            self.warned = True

    @rule()
    def we_fulfil(self) -> None:
        late_already = self.promise.fulfilled_at is not None
        done = self.tried(lambda: core.fulfil(self.promise, self.now, by="minh"))
        if self.alive:
            self._resumes()
            changed = any(not t.waited_seconds for t in self.history[self.first : self.binding])
            self._ends(Outcome.KEPT_CHANGED if changed else Outcome.KEPT)
        elif self.end is None:
            self._ends(Outcome.BROKEN_WARNED if self.warned else Outcome.BROKEN_SILENT)
        elif self.end in {Outcome.BROKEN_WARNED, Outcome.BROKEN_SILENT} and not late_already:
            assert done is not None, "late is better than never"
        else:
            assert done is None

    @rule()
    def we_wait_for_the_customer(self) -> None:
        done = self.tried(lambda: core.wait(self.promise, self.now, reason="a photo", by="minh"))
        assert (done is not None) == self.alive
        if done is not None and self.paused_at is None:
            self.paused_at = self.now

    @rule()
    def the_customer_has_done_it(self) -> None:
        done = self.tried(lambda: core.resume(self.promise, self.now, by="customer"))
        assert (done is not None) == (self.end is None)
        if done is not None:
            self._resumes()

    def _resumes(self) -> None:
        """New due = old + pause in whole seconds rounded up; it binds as it is, a yes to the latest is one to it."""
        if self.paused_at is None:
            return
        waited = self.now - self.paused_at
        proposed = self.dues[-1] if self.binding < len(self.dues) and self.answered < len(self.dues) else None
        binding, answered = len(self.dues) + 1, self.answered
        seconds = max(1, ceil(waited / timedelta(seconds=1)))
        self.dues.append(self.due + timedelta(seconds=seconds))
        if proposed is not None:
            self.dues.append(proposed + timedelta(seconds=seconds))
        self.history += self.promise.terms[len(self.history) :]
        assert self.history[-1].waited_seconds == seconds
        self.binding, self.paused_at = binding, None
        self.answered = binding if self.agreed else answered

    @rule()
    def it_should_never_have_been(self) -> None:
        done = self.tried(lambda: core.void(self.promise, self.now, reason="told twice", by="minh"))
        assert (done is not None) == (self.alive and not self.agreed)
        if done is not None:
            self._ends(Outcome.VOID)

    @rule()
    def we_know_of_trouble_early(self) -> None:
        before = self.promise
        self.decided(core.warn(self.promise, self.now, reason="a part is late", early=True))
        if self.promise != before:
            assert not self.warned
            assert self.alive
            self.warned = True

    @rule()
    def the_customer_withdraws(self) -> None:
        done = self.tried(lambda: core.withdraw(self.promise, self.now, reason="moved house", by="minh"))
        assert (done is not None) == self.alive
        if done is not None:
            self._ends(Outcome.WITHDRAWN)

    # ---- what always holds ----

    @invariant()
    def it_ends_as_the_model_says(self) -> None:
        expected = None if self.end == "declined" else self.end
        assert self.promise.outcome == expected
        assert self.promise.is_open == (self.end is None)
        assert self.promise.closed_at == self.ended_at

    @invariant()
    def history_is_never_rewritten(self) -> None:
        assert list(self.promise.terms) == self.history
        assert [terms.due_at for terms in self.history] == self.dues
        assert [terms.revision for terms in self.history] == list(range(1, len(self.dues) + 1))

    @invariant()
    def only_agreement_moves_what_binds(self) -> None:
        assert self.promise.binding == self.binding

    @invariant()
    def an_open_promise_is_watched_and_an_ended_one_is_not(self) -> None:
        """A warning that came too late to be one has gone off all the same."""
        if self.paused_at is not None:
            assert self.clocks == {}, "the clock stands still"
        elif self.end is None:
            assert self.clocks["commitment_due"] == self.due + timedelta(milliseconds=1)
            gone_off = self.warned or self.now >= self.due
            assert self.clocks.get("commitment_warning") == self.promise.warns_at or gone_off
        else:
            assert self.clocks == {}


PromiseLife.TestCase.settings = settings(examples(150), stateful_step_count=30)
TestPromiseLife = PromiseLife.TestCase


def test_exactly_on_time_is_kept() -> None:
    due = NOW + TEN_HOURS
    assert core.fulfil(stated(), due, by="minh")[0].outcome is Outcome.KEPT
    assert core.fall_due(stated(), due) == (stated(), ())
    assert core.fall_due(stated(), due + TICK)[0].outcome is Outcome.BROKEN_SILENT


def test_i6_2359_is_in_time_and_2401_is_late() -> None:
    day = stated(NOW + timedelta(hours=24))
    assert core.fulfil(day, NOW + timedelta(hours=23, minutes=59), by="minh")[0].outcome is Outcome.KEPT
    late, events = core.fulfil(day, NOW + timedelta(hours=24, minutes=1), by="minh")
    assert late.outcome is Outcome.BROKEN_SILENT
    assert [type(event) for event in events] == [told.CommitmentBroken, told.CommitmentFulfilled]
    assert {event.outcome for event in events} == {Outcome.BROKEN_SILENT}  # type: ignore[attr-defined]


def test_the_due_clock_goes_off_when_it_is_surely_late() -> None:
    assert core.fall_due(stated(), core.clocks(stated())["commitment_due"])[0].status is Status.BROKEN


def test_n10_warned_at_three_quarters_of_the_time_and_before_due() -> None:
    warning = core.clocks(stated())["commitment_warning"]
    assert warning == NOW + timedelta(hours=7, minutes=30)
    assert core.warn(stated(), warning - TICK)[1] == (), "too early: the promise has been moved"
    warned, (fact,) = core.warn(stated(), warning)
    assert isinstance(fact, told.CommitmentAtRisk)
    assert fact.next_contact_at == NOW + TEN_HOURS
    assert core.warn(warned, warning + TICK) == (warned, ()), "once"
    assert core.warn(stated(), NOW + TEN_HOURS)[1] == (), "never after due as if before"
    assert core.fall_due(warned, NOW + 2 * TEN_HOURS)[0].outcome is Outcome.BROKEN_WARNED


def test_n10_an_agreed_change_is_warned_of_anew() -> None:
    agreed, _ = core.agree(revised(stated(), NOW + 4 * TEN_HOURS), 2, NOW)
    assert core.clocks(agreed)["commitment_warning"] == NOW + 3 * TEN_HOURS


def test_a_change_nobody_agreed_to_does_not_save_a_promise() -> None:
    changed = revised(stated(), NOW + 2 * TEN_HOURS)
    broken, (fact,) = core.fall_due(changed, NOW + TEN_HOURS + TICK)
    assert broken.outcome is Outcome.BROKEN_WARNED, "they were told, and did not agree"
    assert isinstance(fact, told.CommitmentBroken)
    assert fact.terms.revision == 1


def test_a_no_to_a_change_leaves_the_earlier_promise() -> None:
    kept_on, (fact,) = core.decline(revised(stated(), NOW + 2 * TEN_HOURS), 2, "no", NOW)
    assert (kept_on.status, kept_on.binding, kept_on.awaits_answer) == (Status.STATED, 1, False)
    assert isinstance(fact, told.CommitmentDeclined)
    assert core.decline(kept_on, 2, "no", NOW) == (kept_on, ()), "twice is once"


def test_saying_yes_twice_is_saying_it_once() -> None:
    agreed, (fact,) = core.agree(stated(), 1, NOW)
    assert isinstance(fact, told.CommitmentAgreed)
    assert core.agree(agreed, 1, NOW) == (agreed, ())


def test_what_is_agreed_is_not_declined_any_more() -> None:
    with pytest.raises(WrongState):
        core.decline(core.agree(stated(), 1, NOW)[0], 1, "no", NOW)


@pytest.mark.parametrize("status", [Status.STATED, Status.AGREED])
def test_after_due_only_fulfilment_is_said_of_it(status: Status) -> None:
    late = NOW + TEN_HOURS + TICK
    promise = revised(stated()._replace(status=status), NOW + 2 * TEN_HOURS)
    for decide in (
        lambda: core.agree(promise, 2, late),
        lambda: core.decline(promise, 2, "no", late),
        lambda: core.withdraw(promise, late, reason="no", by="minh"),
        lambda: revised(promise, NOW + 3 * TEN_HOURS, late),
    ):
        with pytest.raises(TooLate):
            decide()


def test_a_sooner_time_cannot_be_agreed_to_when_it_has_passed() -> None:
    sooner = revised(stated(), NOW + timedelta(hours=1))
    with pytest.raises(TooLate, match="has passed already"):
        core.agree(sooner, 2, NOW + timedelta(hours=2))


def test_changes_build_on_what_binds_and_not_on_each_other() -> None:
    once = revised(stated(), NOW + 2 * TEN_HOURS, words="Your order, in two parcels")
    twice = revised(once, NOW + 3 * TEN_HOURS)
    assert [t.words for t in twice.terms] == ["Your order", "Your order, in two parcels", "Your order"]
    with pytest.raises(StaleRevision):
        revised(twice, NOW + 4 * TEN_HOURS, seen=2)


def test_dates_that_cannot_be_promised() -> None:
    with pytest.raises(DueInThePast):
        core.state(drafted(NOW), NOW)
    with pytest.raises(DueTooFar):
        core.state(drafted(datetime.max.replace(tzinfo=UTC)), NOW)
    with pytest.raises(DueTooFar):
        revised(stated(), datetime.max.replace(tzinfo=UTC))


@pytest.mark.parametrize("zone_offset", [1, 2])
def test_a_due_time_across_the_change_of_clocks_is_an_instant(zone_offset: int) -> None:
    """02:30 in Berlin happens twice on that night in October; the instant says which is meant."""
    due = datetime(2026, 10, 25, 2, 30, tzinfo=UTC) - timedelta(hours=zone_offset)
    promise = stated(due)
    assert core.fulfil(promise, due, by="minh")[0].outcome is Outcome.KEPT
    assert core.fall_due(promise, due + TICK)[0].status is Status.BROKEN
