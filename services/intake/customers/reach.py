"""The reach of handles: which can be written to, and which have moved."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace

import structlog
from sqlalchemy import Row, text

from services.intake.arrivals.arrival import Arrival, Told
from services.intake.channels.items import Moved, Reach
from services.intake.channels.mail.authentication import trusted
from services.intake.customers import resolving as people
from services.intake.customers.resolving import Key
from services.intake.customers.unreachable import tell_new_owners
from services.intake.customers.weighing import HandleReport, Kept, proves_reach, weigh, written_at
from services.intake.settings import IntakeSettings
from shared import bulk
from shared.contracts.intake import Handle, HandleReachable, HandleUnreachable, Reachability
from shared.database import WriteSession

log = structlog.get_logger()

_TYPES = people.KEY | {
    "reason": "text",
    "reachable": "boolean",
    "occurred_at": "timestamptz",
    "channel": "text",
    "detail": "text",
    "told_at": "timestamptz",
    "refused_at": "timestamptz",
    "agreed_at": "timestamptz",
}
# Before what is there is read: several report at once, each from a transaction of its own.
_TAKE_TURNS = text("""
    SELECT pg_advisory_xact_lock(hashtextextended(key, 0)) FROM unnest(CAST(:keys AS text[])) AS k (key)
""")
_KNOWN = text(f"SELECT r.* FROM handle_reach r JOIN {bulk.unnest(people.KEY)} USING (kind, account, value)")
_STORE = text(bulk.upsert("handle_reach", _TYPES, key=", ".join(people.KEY)))


async def apply(
    session: WriteSession, told: Sequence[Told], filed: Sequence[Arrival], settings: IntakeSettings
) -> None:
    """Stores what is told of handles and of people who moved, and what new contacts prove, and tells what changed."""
    reports = list(_proved(filed, settings))
    for one in told:
        match one.item:
            case Reach(address=address, reason=reason, at=at, detail=detail):
                if handle := one.source.handle(address, settings.default_region):
                    reports.append(HandleReport(handle, reason, at or one.received_at, one.source.channel, detail))
            case Moved():
                await _move(session, one, one.item, reports, settings)
    await store(session, reports)


def _proved(filed: Sequence[Arrival], settings: IntakeSettings) -> Iterator[HandleReport]:
    """Reports that somebody writes from a handle, which may have bounced."""
    for arrival in filed:
        check = trusted(arrival.contact.checked, arrival.contact.claims, settings.trusted_authserv)
        address = arrival.contact.address if proves_reach(arrival, check) else None
        if address and (handle := arrival.source.handle(address, settings.default_region)):
            yield HandleReport(handle, Reachability.HEARD_FROM, written_at(arrival), arrival.source.channel, None)


async def store(session: WriteSession, reports: Sequence[HandleReport]) -> None:
    """Stores what holds after these reports, and tells the owners' news of it. The number of statements is fixed.

    They are weighed in the order of their times: a contact lifts a bounce that is reported beside it.
    """
    if not reports:
        return
    as_known = await people.as_known(session, [one.handle for one in reports])
    reports = [replace(one, handle=handle) for one, handle in zip(reports, as_known, strict=True) if handle]
    keys = sorted({people.key(one.handle) for one in reports})
    await session.execute(_TAKE_TURNS, {"keys": ["reach " + " ".join(key) for key in keys]})
    before = dict(map(_kept, await session.execute(_KNOWN, people.columns(keys))))
    after: dict[Key, Kept] = dict(before)
    for one in sorted(reports, key=lambda one: one.at):
        if kept := weigh(after.get(people.key(one.handle)), one):
            after[people.key(one.handle)] = kept
    changed = {key: kept for key, kept in sorted(after.items()) if kept != before.get(key)}
    if not changed:
        return
    for key, (customer_id, *_) in (await people.find(session, list(changed))).items():
        if isinstance(key, tuple) and key in changed and _is_news(before.get(key), changed[key]):
            report = changed[key].report
            kind = HandleReachable if report.reason.is_reachable else HandleUnreachable
            facts = {"channel": report.channel, "reason": report.reason, "detail": report.detail}
            session.emit(kind(customer_id=customer_id, handle=report.handle, occurred_at=report.at, **facts))
            changed[key] = replace(changed[key], told_at=session.now)
    rows = [_row(key, kept) for key, kept in changed.items()]
    await session.execute(_STORE, {name: [row[name] for row in rows] for name in _TYPES})


def _is_news(before: Kept | None, after: Kept) -> bool:
    """Whether the others are to hear of it: another reason, or one that they never heard."""
    return before is None or after.report.reason is not before.report.reason or after.told_at is None


def _kept(row: Row[tuple[object, ...]]) -> tuple[Key, Kept]:
    """A row as it is kept. The version before writes the report alone: what it says of the owner's will counts too."""
    handle = Handle(kind=row.kind, account=row.account, value=row.value)
    report = HandleReport(handle, Reachability(row.reason), row.occurred_at, row.channel, row.detail)
    return people.key(handle), Kept(report, row.told_at, row.refused_at, row.agreed_at).noting(report)


def _row(key: Key, kept: Kept) -> Mapping[str, object]:
    report = kept.report
    return dict(zip(people.KEY, key, strict=True)) | {
        "reason": report.reason.value,
        "reachable": report.reason.is_reachable,
        "occurred_at": report.at,
        "channel": report.channel,
        "detail": report.detail,
        "told_at": kept.told_at,
        "refused_at": kept.refused_at,
        "agreed_at": kept.agreed_at,
    }


async def _move(
    session: WriteSession, one: Told, item: Moved, reports: list[HandleReport], settings: IntakeSettings
) -> None:
    """The new address is theirs, unless it is somebody's already: then a person must say who is who."""
    region = settings.default_region
    old, new = one.source.handle(item.old, region), one.source.handle(item.new, region)
    if old is None or new is None:
        return
    owner = (await people.find(session, [people.key(old)])).get(people.key(old))
    reports.append(HandleReport(old, Reachability.MOVED, item.at or one.received_at, one.source.channel, None))
    if owner is None:
        return
    if not await people.claim(session, [(new, owner[0])]):
        log.warning("handle.moved_to_a_known_one", channel=one.source.channel)
        return
    news = list((await people.facts_of(session, [owner[0]], settings)).values())
    for facts in news:
        session.emit(facts)
    await tell_new_owners(session, news)
