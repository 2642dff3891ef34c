"""The acknowledgement of a contact: what is owed for it, by when."""

from __future__ import annotations

from services.notifications.hearing.asking import ask_about
from services.notifications.hearing.picture import Picture
from services.notifications.messages.acknowledgement import Acknowledgement
from shared.contracts import Event
from shared.contracts.commitments import CommitmentJoined, CommitmentStated
from shared.handling import Work


def acknowledge(picture: Picture, work: Work, event: Event, told: CommitmentStated | CommitmentJoined) -> None:
    """Asks for the acknowledgement of a contact (I4): what is owed for it, by when.

    One that joins a promise is acknowledged as the first was. Whether it is said is decided when it is handed over.
    """
    terms = told.terms
    kind = "complaint" if told.policy == "complaint" else told.kind
    details = Acknowledgement(kind=kind, due_at=terms.due_at, zone=terms.zone, heard=told.heard)
    ask_about(picture, work, event, told, details, once_for=told.interaction_id, expires_at=terms.due_at)
