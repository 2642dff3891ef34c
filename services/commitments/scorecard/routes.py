"""The scorecard by HTTP: kept promises by owner, team, kind, channel, partner or category, and what became of cases."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import timedelta
from functools import reduce
from typing import Annotated, TypeVar

from fastapi import Depends, Query, Request

from services.commitments.access import MayRead
from services.commitments.scorecard import case_reading, reading
from services.commitments.scorecard.case_reading import CasesBy
from services.commitments.scorecard.measures import FRONTLINE_TARGET, CaseTally, Tally
from services.commitments.scorecard.reading import By, Scope
from services.commitments.scorecard.standards import Measure, targets, valid
from services.commitments.scorecard.views import (
    Aims,
    BandView,
    FirstContact,
    FirstContactRow,
    Frontline,
    FrontlineRow,
    GivenView,
    KeptRow,
    KeptView,
    OwnRate,
    QuantileView,
    Remedies,
    RemedyRow,
    Scorecard,
    ShareView,
)
from services.commitments.scorecard.windows import Asked, Window
from services.commitments.settings import CommitmentsSettings
from shared.contracts.terms import CommitmentKind
from shared.database import ReadSession
from shared.routing import Reading, router

api = router("/commitments/scorecard", tags=["scorecard"])

T = TypeVar("T")


def _settings(request: Request) -> CommitmentsSettings:
    settings: CommitmentsSettings = request.app.state.runtime.settings
    return settings


Settings = Annotated[CommitmentsSettings, Depends(_settings)]


def _recontact(settings: Settings, recontact_days: Annotated[int | None, Query(ge=1, le=365)] = None) -> timedelta:
    """The setting, where none is named."""
    return timedelta(days=recontact_days or settings.recontact_days)


Recontact = Annotated[timedelta, Depends(_recontact)]


@api.get("")
async def scorecard(
    session: Reading,
    who: MayRead,
    window: Asked,
    settings: Settings,
    by: By = By.OWNER,
    kind: CommitmentKind | None = None,
) -> Scorecard:
    """The shares of promises kept, as first promised and with changes agreed before due. The largest n first (C29)."""
    return await card(session, Scope(window, kind), by, settings.scorecard_minimum)


@api.get("/me")
async def own(session: Reading, who: MayRead, window: Asked, settings: Settings) -> OwnRate:
    """The caller's own rate, and how long promises of each length really took, to see before the next one (C39)."""
    return await own_rate(session, window, who.subject, settings.scorecard_minimum)


@api.get("/frontline")
async def frontline(
    session: Reading,
    who: MayRead,
    window: Asked,
    settings: Settings,
    recontact: Recontact,
    by: CasesBy = CasesBy.OWNER,
) -> Frontline:
    """The share of cases that whoever answered first also resolved, against 95% or the standard valid then (C37)."""
    tallies = await case_reading.tallies(session, window, by, recontact)
    target = targets(await valid(session, window.until)).get(Measure.FRONT_LINE, FRONTLINE_TARGET)

    def share(tally: CaseTally) -> ShareView:
        return ShareView.of(tally.frontline, tally.n, settings.scorecard_minimum, target)

    return Frontline(
        since=window.since,
        until=window.until,
        recontact_days=recontact.days,
        minimum=settings.scorecard_minimum,
        whole=share(all_cases(tallies.values())),
        rows=[
            FrontlineRow(key=key, resolved_by_front_line=share(tally))
            for key, tally in _largest_first(tallies, {key: tally.n for key, tally in tallies.items()})
        ],
    )


@api.get("/fcr")
async def first_contact(
    session: Reading,
    who: MayRead,
    window: Asked,
    settings: Settings,
    recontact: Recontact,
    by: CasesBy = CasesBy.KIND,
) -> FirstContact:
    """The share solved at the first contact without a return (I28); time to resolution beside reopening (C40)."""
    tallies = await case_reading.tallies(session, window, by, recontact)
    times = await case_reading.resolutions(session, window, by, recontact)
    target = targets(await valid(session, window.until)).get(Measure.FIRST_CONTACT)
    return FirstContact(
        since=window.since,
        until=window.until,
        recontact_days=recontact.days,
        minimum=settings.scorecard_minimum,
        rows=[
            FirstContactRow.of(key, tally, times.get(key), settings.scorecard_minimum, target)
            for key, tally in _largest_first(tallies, {key: tally.n for key, tally in tallies.items()})
        ],
    )


@api.get("/remedies")
async def remedies(session: Reading, who: MayRead, window: Asked, recontact: Recontact) -> Remedies:
    """The spread of remedies within each class of situation (C36)."""
    times = await case_reading.resolutions(session, window, CasesBy.CATEGORY, recontact)
    people = Scope(window, CommitmentKind.PROMISE)
    ends, given = await reading.outcomes(session, people), await reading.concessions(session, people)
    rows = []
    for key in sorted({*times, *ends, *given}, key=lambda name: name or ""):
        time = times.get(key)
        rows.append(
            RemedyRow(
                category=key,
                outcomes=ends.get(key, {}),
                concessions=[GivenView.model_validate(one) for one in given.get(key, [])],
                n=time.n if time else 0,
                least=time.least if time else None,
                median=QuantileView.of(time.taken if time else None, 0.5),
                most=time.most if time else None,
            )
        )
    return Remedies(since=window.since, until=window.until, rows=rows)


async def card(session: ReadSession, scope: Scope, by: By, minimum: int) -> Scorecard:
    tallies = await reading.tallies(session, scope, by)
    times = await reading.timings(session, scope, by)
    aims = await _aims(session, scope.window)
    rows = _largest_first(tallies, {key: tally.strict_n for key, tally in tallies.items()})
    return Scorecard(
        since=scope.window.since,
        until=scope.window.until,
        as_of=scope.window.as_of,
        minimum=minimum,
        whole=KeptView.of(all_promises(tallies.values()), times.whole, minimum, aims),
        rows=[KeptRow(key=key, **dict(KeptView.of(tally, times.rows.get(key), minimum, aims))) for key, tally in rows],
        bands=[BandView.of(place, timing) for place, timing in times.bands.items()],
    )


async def own_rate(session: ReadSession, window: Window, owner: str, minimum: int) -> OwnRate:
    made = await card(session, Scope(window, owner=owner), By.OWNER, minimum)
    return OwnRate(owner=owner, since=made.since, until=made.until, minimum=minimum, kept=made.whole, bands=made.bands)


async def _aims(session: ReadSession, window: Window) -> Aims:
    asked = targets(await valid(session, window.until))
    return Aims(
        strict=asked.get(Measure.KEPT_AS_PROMISED),
        agreed=asked.get(Measure.KEPT_AS_AGREED),
        told=asked.get(Measure.TOLD_BEFORE_BREAK),
    )


def all_promises(tallies: Iterable[Tally]) -> Tally:
    return reduce(Tally.plus, tallies, Tally())


def all_cases(tallies: Iterable[CaseTally]) -> CaseTally:
    return reduce(CaseTally.plus, tallies, CaseTally())


def _largest_first(rows: Mapping[str | None, T], n: Mapping[str | None, int]) -> list[tuple[str | None, T]]:
    return sorted(rows.items(), key=lambda row: (-n[row[0]], row[0] or ""))
