"""The HTTP interface of features: one date, many who wait for it, and everybody told when it moves (C31)."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from fastapi import status
from sqlalchemy import Row

from services.commitments import customers
from services.commitments.access import MayRead, MayWrite
from services.commitments.errors import FeatureDone, FeatureNotFound
from services.commitments.features import store as features
from services.commitments.features.model import Arrived, Estimate, Moved, Went, promise_of
from services.commitments.features.schemas import (
    Counts,
    FeatureView,
    Move,
    NewDate,
    NewFeature,
    NewSubscribers,
    Subscribed,
)
from services.commitments.promise import core
from services.commitments.promise.core.days import end_of_day
from services.commitments.promising.routes import Store
from services.commitments.promising.schemas import NewProgress
from shared.database import ReadSession, WriteSession
from shared.ids import new_id
from shared.routing import Reading, Writing, router

api = router("/commitments/features", tags=["features"])


@api.post("", status_code=status.HTTP_201_CREATED)
async def make(new: NewFeature, session: Writing, who: MayWrite, store: Store) -> FeatureView:
    """Makes a feature: something with an estimated date that customers can wait for."""
    estimate = _estimate(new, new.zone or store.default_zone, new.window_days)
    core.check_due(estimate.at, session.now)
    core.check_due(estimate.due_at, session.now)
    id_ = new_id()
    values = {"id": id_, "title": new.title, "words": new.words, "cost": new.cost, "zone": estimate.zone}
    dates = {"due_at": estimate.at, "due_on": estimate.on, "window_days": estimate.window_days}
    await features.add(session, values | dates | {"owner": new.owner or who.subject, "category": new.category})
    return await _view(session, id_)


@api.get("/{id}")
async def show(id: UUID, session: Reading, who: MayRead) -> FeatureView:  # noqa: A002
    """The feature, with how many wait, how many have heard the newest, and what they said to it."""
    return await _view(session, id)


@api.post("/{id}/subscribers")
async def subscribe(id: UUID, new: NewSubscribers, session: Writing, who: MayWrite, store: Store) -> Subscribed:  # noqa: A002
    """Subscribes customers: each gets a promise of their own, told at once. Who waits already is left as they are.

    A day is each customer's own day, where the feature's is one in our zone.
    """
    feature = await _open(session, id)
    estimate = features.estimate_of(feature)
    core.check_due(estimate.due_at, session.now)
    wanted = dict.fromkeys(new.customer_ids)
    zones = dict.fromkeys(wanted, feature.zone)
    if feature.zone == store.default_zone:
        zones = await customers.zones(session, wanted, default=store.stranger)
    made = {
        customer: promise_of(
            new_id(),
            customer,
            title=feature.title,
            words=feature.words,
            cost=feature.cost,
            estimate=estimate.there(zones[customer]),
            owner=feature.owner,
            category=feature.category,
        )
        for customer in wanted
    }
    added = await features.subscribe(session, id, {c: p.id for c, p in made.items()}, feature.news)
    await store.add(session, [core.state(p, session.now) for p in made.values() if p.id in added])
    return Subscribed(added=len(added), already=len(wanted) - len(added))


@api.post("/{id}/revise", status_code=status.HTTP_202_ACCEPTED)
async def revise(id: UUID, body: Move, session: Writing, who: MayWrite) -> FeatureView:  # noqa: A002
    """Moves the date, with a reason. Every open promise is revised and its customer told, soon after this answer."""
    feature = await _open(session, id)
    window = feature.window_days if body.window_days is None else body.window_days
    estimate = _estimate(body, feature.zone, window)
    core.check_due(estimate.at, session.now)
    core.check_due(estimate.due_at, session.now)
    await features.move(session, id, estimate)
    await features.say(session, id, Moved(title=feature.title, estimate=estimate, reason=body.reason), by=who.subject)
    return await _view(session, id)


@api.post("/{id}/progress", status_code=status.HTTP_202_ACCEPTED)
async def progress(id: UUID, body: NewProgress, session: Writing, who: MayWrite) -> FeatureView:  # noqa: A002
    """Tells everybody who waits how it goes."""
    await _open(session, id)
    said = body.at(session.now)
    await features.say(session, id, Went(progress=said), by=who.subject)
    return await _view(session, id)


@api.post("/{id}/fulfil", status_code=status.HTTP_202_ACCEPTED)
async def fulfil(id: UUID, session: Writing, who: MayWrite) -> FeatureView:  # noqa: A002
    """Fulfils the feature: every promise is kept as of now, though its customer is told a moment later."""
    await _open(session, id)
    await features.finish(session, id)
    await features.say(session, id, Arrived(), by=who.subject)
    return await _view(session, id)


async def _open(session: WriteSession, id_: UUID) -> Row[Any]:
    """The feature, locked. Raises FeatureNotFound, FeatureDone."""
    feature = await features.lock(session, id_)
    if feature is None:
        raise FeatureNotFound(f"there is no feature {id_}")
    if feature.done_at is not None:
        raise FeatureDone("it has arrived already", done_at=feature.done_at.isoformat())
    return feature


def _estimate(new: NewDate, zone: str, window_days: int) -> Estimate:
    at = new.due_at or end_of_day(new.due_on, zone)
    return Estimate(at=at, on=new.due_on, zone=zone, window_days=window_days)


async def _view(session: ReadSession, id_: UUID) -> FeatureView:
    row = await features.find(session, id_)
    if row is None:
        raise FeatureNotFound(f"there is no feature {id_}")
    counts = Counts(**await features.counts(session, id_))
    known = {name: getattr(row, name) for name in FeatureView.model_fields if hasattr(row, name)}
    return FeatureView(**known, window_ends_at=features.estimate_of(row).due_at, counts=counts)
