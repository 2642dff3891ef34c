"""Messages that wait, and what later events change of them: their time is over, or there is more to say. Pure."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import replace

from services.notifications.hearing.picture import Asked, Picture
from services.notifications.messages.acknowledgement import Acknowledgement, GoesOn
from services.notifications.messages.details import Kind
from shared.contracts.commitments import Commitment
from shared.handling import Work


def drop(picture: Picture, work: Work, told: Commitment, kinds: Collection[Kind]) -> None:
    """Ends the time of messages of these kinds that wait: they would now be wrong, and the sender ends them."""
    templates = {kind.value for kind in kinds}
    for one in picture.about(told.commitment_id):
        is_open = one.state in {"pending", "sending"}
        if one.commitment_id == told.commitment_id and one.template in templates and is_open:
            over = min(one.expires_at, work.now) if one.expires_at else work.now
            picture.put(replace(one, expires_at=over, next_attempt_at=work.now if one.waits else one.next_attempt_at))
    if Kind.PROMISE_RESUMED in kinds and told.terms.waited_seconds:
        for one in picture.about(told.customer_id, Kind.ACKNOWLEDGEMENT):
            if one.waits and isinstance(one.details, Acknowledgement):
                _put_going_on(picture, one, one.details, _without(one.details, told))


def add_to_thanks(picture: Picture, told: Commitment, entry: GoesOn) -> bool:
    """Says that a promise goes on in the thanks for the task it waited for; False where none wait to be sent.

    In the newest thanks that still wait, or those that have said just this already.
    """
    thanks = [
        (one, one.details)
        for one in picture.about(told.customer_id, Kind.ACKNOWLEDGEMENT)
        if isinstance(one.details, Acknowledgement)
        and told.commitment_id in one.details.parents
        and (one.waits or _has_said(one.details, entry))
    ]
    if not thanks:
        return False
    one, details = max(thanks, key=lambda each: (_has_said(each[1], entry), each[0].created_at, each[0].id))
    _put_going_on(picture, one, details, (*_without(details, told), entry))
    return True


def _has_said(details: Acknowledgement, entry: GoesOn) -> bool:
    return any(one.cause_id == entry.cause_id for one in details.goes_on)


def _without(details: Acknowledgement, told: Commitment) -> tuple[GoesOn, ...]:
    """The entries of other promises that go on."""
    return tuple(one for one in details.goes_on if one.commitment_id != told.commitment_id)


def _put_going_on(picture: Picture, one: Asked, details: Acknowledgement, goes_on: tuple[GoesOn, ...]) -> None:
    if goes_on != details.goes_on:
        picture.put(replace(one, details=details.model_copy(update={"goes_on": goes_on})))
