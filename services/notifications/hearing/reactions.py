"""The events that ask for messages: of promises of ours in `promises`, of what the customer is to do in `tasks`.

The rows are written in the consumer's transaction; `sending` takes them from there.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from services.notifications.hearing import promises, tasks
from services.notifications.hearing.acknowledging import acknowledge
from services.notifications.hearing.asking import ask, ask_about
from services.notifications.hearing.dropping import drop
from services.notifications.hearing.picture import Picture
from services.notifications.hearing.store import gather, write
from services.notifications.messages.acknowledgement import Acknowledgement
from services.notifications.messages.details import Kind
from services.notifications.messages.kinds import Closing, Satisfaction
from shared.contracts import Event
from shared.contracts.commitments import (
    Commitment,
    CommitmentAtRisk,
    CommitmentBroken,
    CommitmentFulfilled,
    CommitmentJoined,
    CommitmentProgressed,
    CommitmentResumed,
    CommitmentRevised,
    CommitmentStated,
    CommitmentWaiting,
    CommitmentWithdrawn,
)
from shared.contracts.feedback import SurveyRequested
from shared.contracts.intake import (
    CaseResolved,
    HandleReachability,
    HandleReachable,
    HandleUnreachable,
    InteractionReceived,
)
from shared.customers import CUSTOMER_EVENTS, CustomerEvent
from shared.handling import Reaction, Work
from shared.reach import ReachReport
from shared.security.customer_links import CustomerPage, Mention

hearing = Reaction(gather, write)

_MACHINES = "no answer is owed: no person wrote it"
_THANKS = "no answer is owed: nothing but thanks, after the end"


def _withdrawn(picture: Picture, work: Work, event: Event, told: CommitmentWithdrawn) -> None:
    """Drops all that waits to be told of a promise that was withdrawn."""
    drop(picture, work, told, list(Kind))


Decide = Callable[[Picture, Work, Event, Any], None]

OURS: Mapping[type[Commitment], Decide] = {
    CommitmentStated: promises.stated,
    CommitmentJoined: acknowledge,
    CommitmentRevised: promises.revised,
    CommitmentWaiting: promises.waiting,
    CommitmentResumed: promises.resumed,
    CommitmentProgressed: promises.progressed,
    CommitmentAtRisk: promises.at_risk,
    CommitmentBroken: promises.broken,
    CommitmentFulfilled: promises.fulfilled,
    CommitmentWithdrawn: _withdrawn,
}
"""The events of a promise of ours that the customer hears of, and of no other."""
THEIRS: Mapping[type[Commitment], Decide] = {
    CommitmentStated: tasks.stated,
    CommitmentAtRisk: tasks.at_risk,
    CommitmentFulfilled: tasks.fulfilled,
    CommitmentWithdrawn: _withdrawn,
}
"""The events of a customer's own task that they hear of: it is never shown as a promise of ours."""


@hearing.on(*OURS)
def commitment_told(picture: Picture, work: Work, event: Event, told: Commitment) -> None:
    """Asks for what is to be said of a promise that changed."""
    if decide := (OURS if told.obligor == "us" else THEIRS).get(type(told)):
        decide(picture, work, event, told)


@hearing.on(InteractionReceived)
def received(picture: Picture, work: Work, event: Event, contact: InteractionReceived) -> None:
    """Keeps the reason why a contact gets no answer (I4); one that does is acknowledged when its promise is told."""
    if contact.automatic or contact.only_thanks:
        details = Acknowledgement(unanswered=_MACHINES if contact.automatic else _THANKS)
        once_for, case = contact.interaction_id, contact.case_id
        ask(picture, work, event, contact.customer_id, details, once_for=once_for, case_id=case)


@hearing.on(SurveyRequested)
def survey_requested(picture: Picture, work: Work, event: Event, asked: SurveyRequested) -> None:
    """Asks the customer whether it is right."""
    link = Mention(CustomerPage.SURVEY, asked.survey_id)
    details = Satisfaction(words=asked.words, link=link, answer_by_at=asked.answer_by)
    ask_about(picture, work, event, asked, details, expires_at=asked.answer_by)


@hearing.on(CaseResolved)
def case_resolved(picture: Picture, work: Work, event: Event, resolved: CaseResolved) -> None:
    """Tells that a case is closed, and what was done."""
    ask(picture, work, event, resolved.customer_id, Closing(summary=resolved.summary), case_id=resolved.case_id)


@hearing.on(*CUSTOMER_EVENTS)
def customer_told(picture: Picture, work: Work, event: Event, told: CustomerEvent) -> None:
    """A customer's facts changed, or who is the same person as whom."""
    picture.learned.customers.hear(told)


@hearing.on(HandleUnreachable, HandleReachable)
def reach_told(picture: Picture, work: Work, event: Event, told: HandleReachability) -> None:
    """Takes a report that an address is not to be written to, or is again."""
    picture.learned.report(ReachReport(told.handle, told.reason, told.occurred_at))
