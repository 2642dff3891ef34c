"""The scorecard as a page for staff: charts with the table of their figures beside them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Literal

from fastapi.responses import HTMLResponse

from services.commitments.access import MayRead
from services.commitments.scorecard import case_reading, reading, wording
from services.commitments.scorecard.case_reading import CasesBy
from services.commitments.scorecard.measures import FRONTLINE_TARGET, Tally
from services.commitments.scorecard.reading import By, Scope
from services.commitments.scorecard.routes import Recontact, Settings, all_cases, card, own_rate
from services.commitments.scorecard.standards import Measure, targets, valid
from services.commitments.scorecard.views import BandView, FirstContactRow, KeptRow, QuantileView, Scorecard, ShareView
from services.commitments.scorecard.windows import Asked, Window
from shared.contracts.terms import CommitmentKind
from shared.database import ReadSession
from shared.routing import Reading, router
from shared.statistics.shares import Share
from shared.translation import N_
from shared.web import charts
from shared.web.screen import On, Screen

pages = router("/commitments/scorecard/page", include_in_schema=False)

LIMIT = 40
"""Rows of a chart. The API has all."""

WEEKS = 13

KINDS = {
    CommitmentKind.PROMISE: N_("Promises"),
    CommitmentKind.RESPONSE: N_("Answers"),
    CommitmentKind.CALL_BACK: N_("Call-backs"),
    CommitmentKind.NEXT_RESPONSE: N_("Next answers"),
    CommitmentKind.UPDATE: N_("Updates"),
    CommitmentKind.FOLLOW_UP: N_("Follow-ups"),
    CommitmentKind.ESCALATION: N_("Escalations"),
    CommitmentKind.INFORMATION: N_("Information"),
    CommitmentKind.GOAL: N_("Goals"),
    CommitmentKind.TASK: N_("Tasks"),
}
GROUPS = {
    By.OWNER: N_("Owner"),
    By.TEAM: N_("Team"),
    By.KIND: N_("Kind"),
    By.CHANNEL: N_("Channel"),
    By.PARTNER: N_("Partner"),
    By.CATEGORY: N_("Category"),
}


@pages.get("")
async def scorecard(
    screen: On,
    session: Reading,
    who: MayRead,
    window: Asked,
    settings: Settings,
    recontact: Recontact,
    by: By = By.OWNER,
    kind: CommitmentKind | Literal[""] = "",
) -> HTMLResponse:
    minimum = settings.scorecard_minimum
    of_kind = kind or None
    made = await card(session, Scope(window, of_kind), by, minimum)
    say = Sayings(screen)
    weeks = await reading.weeks(session, Scope(_quarter(window), of_kind), screen.zone)
    trend = [Week.of(monday, tally, minimum) for monday, tally in weeks.items()][-WEEKS:]
    bands = [band for band in made.bands if band.median.n >= minimum]
    return screen.render(
        "scorecard.html",
        card=made,
        rows=made.rows[:LIMIT],
        limit=LIMIT if len(made.rows) > LIMIT else None,
        name=lambda key: say.key(by, key),
        kept=say.kept_by(made, by),
        bands=bands,
        promised=say.bands(bands),
        trend=say.trend(trend),
        weeks=trend,
        mine=await own_rate(session, window, who.subject, minimum),
        cases=await _cases(session, window, recontact, minimum),
        say=say,
        by=by.value,
        kind=str(kind),
        groups=[(group.value, words) for group, words in GROUPS.items()],
        kinds=[(one.value, words) for one, words in KINDS.items() if one is not CommitmentKind.TASK],
        since=wording.day(window.since, screen.zone, screen.language),
        until=wording.day(window.until, screen.zone, screen.language),
    )


@dataclass(frozen=True, slots=True)
class Cases:
    all: FirstContactRow
    front_line: ShareView
    recontact_days: int


async def _cases(session: ReadSession, window: Window, recontact: timedelta, minimum: int) -> Cases:
    tally = all_cases((await case_reading.tallies(session, window, CasesBy.KIND, recontact)).values())
    whole = await case_reading.resolution(session, window, recontact)
    aims = targets(await valid(session, window.until))
    return Cases(
        all=FirstContactRow.of(None, tally, whole, minimum, aims.get(Measure.FIRST_CONTACT)),
        front_line=ShareView.of(tally.frontline, tally.n, minimum, aims.get(Measure.FRONT_LINE, FRONTLINE_TARGET)),
        recontact_days=recontact.days,
    )


@dataclass(frozen=True, slots=True)
class Week:
    monday: date
    strict: ShareView
    agreed: ShareView

    @classmethod
    def of(cls, monday: date, tally: Tally, minimum: int) -> Week:
        strict = ShareView.of(tally.strict, tally.strict_n, minimum)
        return cls(monday, strict, ShareView.of(tally.agreed, tally.agreed_n, minimum))


def _quarter(window: Window) -> Window:
    """The last weeks of the window, and as many before it as it is too short for."""
    return Window(window.until - timedelta(weeks=WEEKS), window.until, window.as_of)


class Sayings:
    """Figures and charts in the language of a page."""

    def __init__(self, screen: Screen) -> None:
        self._language = screen.language
        self._words = screen.words

    def key(self, by: By, key: str | None) -> str:
        if key is None:
            return self._words.gettext("Not named")
        return self._words.gettext(KINDS[CommitmentKind(key)]) if by is By.KIND else key

    def number(self, value: float) -> str:
        return wording.number(value, self._language)

    def percent(self, value: float | None) -> str:
        return wording.percent(value, self._language)

    def interval(self, share: ShareView) -> str:
        return wording.interval(share, self._language)

    def span(self, seconds: float | None) -> str:
        return wording.span(seconds, self._words, self._language)

    def band(self, band: BandView) -> str:
        return self._words.gettext("When we say %(promised)s") % {"promised": self.span(band.promised_seconds)}

    def needs(self, band: BandView) -> str:
        """`we need 1.9 days; nine of ten are done in 3.1 days`."""
        words, median, p90 = self._words, band.median.value, band.p90.value
        if median is None:
            return words.gettext("half of them are not done yet")
        needed = words.gettext("we need %(median)s") % {"median": self.span(median)}
        if p90 is None:
            late = words.gettext("one of ten is not done")
        else:
            late = words.gettext("nine of ten are done in %(p90)s") % {"p90": self.span(p90)}
        return f"{needed}; {late}"

    def between(self, quantile: QuantileView) -> str:
        """The interval of a time; an open end is an ellipsis, and of nothing known nothing is said."""
        if quantile.low is None and quantile.high is None:
            return ""
        low, high = (self.span(end) if end is not None else "…" for end in (quantile.low, quantile.high))
        return f"{low} – {high}"

    def day(self, week: Week) -> str:
        return f"{week.monday.day}/{week.monday.month}"

    def kept_by(self, card: Scorecard, by: By) -> str:
        aim, standard = card.whole.strict.target, self._words.gettext("our standard")
        return charts.kept_by(
            [self._row(row, by) for row in card.rows[:LIMIT]],
            title=self._words.gettext("Promises kept, with the interval at 95%"),
            about=self._words.gettext("For each line two dots with their intervals. The figures are in the table."),
            strict=self._words.gettext("kept as first promised"),
            agreed=self._words.gettext("kept as agreed in the end"),
            many=self._words.gettext("How many"),
            target=charts.Rate(aim, aim, aim, f"{standard}: {self.percent(aim)}") if aim else None,
        )

    def bands(self, bands: Sequence[BandView]) -> str:
        return charts.promised_and_actual(
            [self._band(band) for band in bands],
            title=self._words.gettext("What we say, and what we need"),
            about=self._words.gettext(
                "For each length of promise, from the middle to the ninth of ten. The figures are in the table."
            ),
            promised=self._words.gettext("as promised"),
            many=self._words.gettext("How many"),
        )

    def trend(self, weeks: Sequence[Week]) -> str:
        return charts.trend(
            [
                charts.Week(self.day(w), self._rate(w.strict), self._rate(w.agreed), self.number(w.strict.n))
                for w in weeks
            ],
            title=self._words.gettext("Promises kept, week by week"),
            about=self._words.gettext("For each week two dots with their intervals. The figures are in the table."),
            strict=self._words.gettext("kept as first promised"),
            agreed=self._words.gettext("kept as agreed in the end"),
        )

    def _band(self, band: BandView) -> charts.Band:
        median, p90 = band.ratio.median.value, band.ratio.p90.value
        middle = self.span(band.median.value)
        most = self.span(band.p90.value) if median is not None else self._words.gettext("half of them are not done yet")
        return charts.Band(self.band(band), median, p90, middle, most, self.number(band.median.n))

    def _row(self, row: KeptRow, by: By) -> charts.Row:
        return charts.Row(
            self.key(by, row.key), self._rate(row.strict), self._rate(row.agreed), self.number(row.strict.n)
        )

    def _rate(self, share: ShareView) -> charts.Rate | None:
        low, high = Share(share.count, share.n).interval or (0.0, 0.0)
        return None if share.value is None else charts.Rate(share.value, low, high, self.percent(share.value))
