"""The public page of our standards: each in words, its target, and what it really was. No login."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from fastapi import Request
from fastapi.responses import HTMLResponse

from services.commitments.scorecard import case_reading, reading, wording
from services.commitments.scorecard.case_reading import CasesBy
from services.commitments.scorecard.measures import Tally
from services.commitments.scorecard.reading import By, Scope
from services.commitments.scorecard.routes import Settings, all_cases, all_promises
from services.commitments.scorecard.standards import Measure, StandardView, valid
from services.commitments.scorecard.views import ShareView
from services.commitments.scorecard.windows import Window, window
from shared.contracts.terms import CommitmentKind
from shared.database import ReadSession
from shared.routing import Reading, router
from shared.web.screen import On

pages = router("/commitments/standards/page", include_in_schema=False)

Counts = Mapping[Measure, tuple[int, int]]


@dataclass
class Published:
    """The figures of the hour, counted once: the page is open to everybody, the counting is not."""

    at: datetime | None = None
    counts: Counts = field(default_factory=dict)
    lock: asyncio.Lock = field(default_factory=asyncio.Lock)

    async def of(self, session: ReadSession, shown: Window, recontact: timedelta) -> Counts:
        async with self.lock:
            if self.at != shown.until:
                self.counts, self.at = await count(session, shown, recontact), shown.until
        return self.counts


@dataclass(frozen=True, slots=True)
class Line:
    """A standard as the page shows it; nothing else reaches the page."""

    words: str
    target: str
    share: ShareView
    percent: str
    interval: str
    n: str
    enough: bool


@pages.get("")
async def standards(request: Request, screen: On, session: Reading, settings: Settings) -> HTMLResponse:
    hour = screen.now.replace(minute=0, second=0, microsecond=0)
    shown = window(screen.now, settings.scorecard_days, until=hour, as_of=hour)
    if not hasattr(request.app.state, "published"):
        request.app.state.published = Published()
    published: Published = request.app.state.published
    counts = await published.of(session, shown, timedelta(days=settings.recontact_days))
    in_force, language = await valid(session, screen.now), screen.language
    return screen.render(
        "standards.html",
        lines=[_line(standard, counts, settings.scorecard_minimum, language) for standard in in_force],
        since=wording.day(shown.since, screen.zone, language),
        until=wording.day(shown.until, screen.zone, language),
    )


async def count(session: ReadSession, shown: Window, recontact: timedelta) -> Counts:
    """Counts every measure that a standard can be about: how many of how many."""
    kinds = await reading.tallies(session, Scope(shown), By.KIND)
    whole = all_promises(kinds.values())
    answers = kinds.get(CommitmentKind.RESPONSE, Tally())
    calls = kinds.get(CommitmentKind.CALL_BACK, Tally())
    cases = all_cases((await case_reading.tallies(session, shown, CasesBy.KIND, recontact)).values())
    return {
        Measure.KEPT_AS_PROMISED: (whole.strict, whole.strict_n),
        Measure.KEPT_AS_AGREED: (whole.agreed, whole.agreed_n),
        Measure.ANSWERED_IN_TIME: (answers.strict, answers.strict_n),
        Measure.CALLED_BACK_IN_TIME: (calls.strict, calls.strict_n),
        Measure.TOLD_BEFORE_BREAK: (whole.told, whole.broken),
        Measure.FIRST_CONTACT: (cases.first_contact, cases.n),
        Measure.FRONT_LINE: (cases.frontline, cases.n),
        Measure.NOT_REOPENED: (cases.resolved - cases.reopened, cases.resolved),
    }


def _line(standard: StandardView, counts: Counts, minimum: int, language: str) -> Line:
    share = ShareView.of(*counts[standard.measure], minimum, standard.target)
    return Line(
        words=standard.words_vi if language == "vi" else standard.words_en,
        target=wording.percent(standard.target, language),
        share=share,
        percent=wording.percent(share.value, language),
        interval=wording.interval(share, language),
        n=wording.number(share.n, language),
        enough=share.n >= minimum,
    )
