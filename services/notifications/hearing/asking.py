"""Messages as a batch of events asks for them. Pure.

A message is asked for once for each contact or event, however often and by whichever event.
"""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime
from uuid import UUID

from services.notifications.hearing.picture import Asked, Picture
from services.notifications.messages.acknowledgement import Acknowledgement
from services.notifications.messages.details import Details
from shared.contracts import Event
from shared.contracts.commitments import Commitment
from shared.contracts.feedback import SurveyRequested
from shared.handling import Work
from shared.ids import new_id


def ask(
    picture: Picture,
    work: Work,
    event: Event,
    customer_id: UUID,
    details: Details,
    *,
    commitment_id: UUID | None = None,
    case_id: UUID | None = None,
    once_for: UUID | None = None,
    expires_at: datetime | None = None,
) -> None:
    """Asks for a message, once for each `once_for` (by itself: the event)."""
    once = once_for or event.id
    asked = Asked(
        id=new_id(),
        customer_id=customer_id,
        template=details.kind_of,
        cause_id=event.id,
        once_for=once,
        commitment_id=commitment_id,
        case_id=case_id,
        details=details,
        traceparent=event.traceparent,
        state="pending",
        created_at=work.now,
        next_attempt_at=work.now,
        expires_at=expires_at,
    )
    if work.is_again and _is_known(picture, event, asked):
        return
    known = next((one for one in picture.about(once, details.kind_of) if one.once_for == once), None)
    if known is None:
        picture.put(asked)
    elif (thanks := _waiting_thanks(known)) and known.cause_id != asked.cause_id:
        picture.put(_together(known, thanks, asked))


def ask_about(
    picture: Picture,
    work: Work,
    event: Event,
    told: Commitment | SurveyRequested,
    details: Details,
    *,
    once_for: UUID | None = None,
    expires_at: datetime | None = None,
) -> None:
    """Asks for a message about a promise."""
    about = {"commitment_id": told.commitment_id, "case_id": told.case_id}
    ask(picture, work, event, told.customer_id, details, **about, once_for=once_for, expires_at=expires_at)


def _is_known(picture: Picture, event: Event, asked: Asked) -> bool:
    """Whether our own events have told of it already, before the database was restored.

    What they do not hold, the event that asks for it brings: a person may have it sent again.
    """
    told = next((one for one in picture.about(event.id, asked.template) if one.cause_id == event.id), None)
    if told is None:
        return False
    if told.is_bare:
        told = replace(told, details=asked.details, expires_at=asked.expires_at, traceparent=asked.traceparent)
    picture.put(replace(told, once_for=asked.once_for))
    return True


def _waiting_thanks(known: Asked) -> Acknowledgement | None:
    """Thanks that wait to be sent: merged with the acknowledgement of the same contact, which is acknowledged once."""
    details = known.details
    return details if known.waits and isinstance(details, Acknowledgement) and details.is_thanks else None


def _together(known: Asked, thanks: Acknowledgement, asked: Asked) -> Asked:
    owed = asked.details
    return replace(
        known,
        commitment_id=asked.commitment_id,
        case_id=asked.case_id or known.case_id,
        expires_at=asked.expires_at,
        details=thanks.with_owed(owed) if isinstance(owed, Acknowledgement) else thanks,
    )
