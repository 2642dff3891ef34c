"""The answers of the scorecard: each figure with its n and its interval at 95%, null where there is none."""

from __future__ import annotations

from datetime import datetime
from decimal import Decimal

from pydantic import BaseModel, ConfigDict

from services.commitments.scorecard.case_reading import Resolution
from services.commitments.scorecard.measures import CaseTally, Tally
from services.commitments.scorecard.reading import BANDS, Band, Timing
from shared.statistics.shares import Quantiles, Share, Verdict


class ShareView(BaseModel):
    """A share. `value` is null of nothing. `verdict` is null without a target, and below the smallest n for one."""

    value: float | None
    low: float | None
    high: float | None
    count: int
    n: int
    target: float | None = None
    verdict: Verdict | None = None

    @classmethod
    def of(cls, count: int, n: int, minimum: int, target: float | None = None) -> ShareView:
        share = Share(count, n)
        low, high = share.interval or (None, None)
        return cls(
            value=share.value,
            low=low,
            high=high,
            count=count,
            n=n,
            target=target,
            verdict=share.against(target, minimum),
        )


class QuantileView(BaseModel):
    """A quantile. `value` is null of nothing, and where it lies among what is not finished yet. An open end is null."""

    value: float | None
    low: float | None
    high: float | None
    n: int

    @classmethod
    def of(cls, quantiles: Quantiles | None, p: float) -> QuantileView:
        if quantiles is None:
            return cls(value=None, low=None, high=None, n=0)
        low, high = quantiles.interval(p)
        return cls(value=quantiles.at(p), low=low, high=high, n=quantiles.n)


class Slack(BaseModel):
    """Done before due, and in half of the time or less: a promise that is always early is padded.

    `time_left_seconds` is what those that were early had left, on average.
    """

    early: ShareView
    in_half: ShareView
    time_left_seconds: float | None


class Calibration(BaseModel):
    """Actual time in parts of the promised time: 1.5 means that two days took three."""

    median: QuantileView
    p90: QuantileView


class KeptView(BaseModel):
    """The shares kept: `strict` as first promised, `agreed` with changes the customer agreed to before due."""

    strict: ShareView
    agreed: ShareView
    told_before_break: ShareView
    withdrawn: int
    slack: Slack
    calibration: Calibration

    @classmethod
    def of(cls, tally: Tally, timing: Timing | None, minimum: int, aims: Aims) -> KeptView:
        n, early, in_half = (timing.n, timing.early, timing.in_half) if timing else (0, 0, 0)
        ratios = timing.ratios if timing else None
        return cls(
            strict=ShareView.of(tally.strict, tally.strict_n, minimum, aims.strict),
            agreed=ShareView.of(tally.agreed, tally.agreed_n, minimum, aims.agreed),
            told_before_break=ShareView.of(tally.told, tally.broken, minimum, aims.told),
            withdrawn=tally.out,
            slack=Slack(
                early=ShareView.of(early, n, minimum),
                in_half=ShareView.of(in_half, n, minimum),
                time_left_seconds=timing.time_left if timing else None,
            ),
            calibration=Calibration(median=QuantileView.of(ratios, 0.5), p90=QuantileView.of(ratios, 0.9)),
        )


class Aims(BaseModel):
    """The targets of the standards valid then."""

    strict: float | None = None
    agreed: float | None = None
    told: float | None = None


class KeptRow(KeptView):
    """The figures of one key. `key` null: promises that name none."""

    key: str | None


class BandView(BaseModel):
    """Promises of about `promised_seconds`: the seconds they took in the `median`, and in nine of ten cases (`p90`).

    The band is of promises of more than `over_seconds` and up to `up_to_seconds`.
    """

    over_seconds: int
    up_to_seconds: int | None
    promised_seconds: float
    median: QuantileView
    p90: QuantileView
    ratio: Calibration

    @classmethod
    def of(cls, place: int, band: Band) -> BandView:
        return cls(
            over_seconds=BANDS[place - 1] if place else 0,
            up_to_seconds=BANDS[place] if place < len(BANDS) else None,
            promised_seconds=band.promised,
            median=QuantileView.of(band.taken, 0.5),
            p90=QuantileView.of(band.taken, 0.9),
            ratio=Calibration(median=QuantileView.of(band.ratios, 0.5), p90=QuantileView.of(band.ratios, 0.9)),
        )


class Scorecard(BaseModel):
    """Promises that fell due, as first promised, from `since` to before `until`, as it stood at `as_of`."""

    since: datetime
    until: datetime
    as_of: datetime
    minimum: int
    whole: KeptView
    rows: list[KeptRow]
    bands: list[BandView]


class OwnRate(BaseModel):
    """A person's own figures, to look at before the next promise is made."""

    owner: str
    since: datetime
    until: datetime
    minimum: int
    kept: KeptView
    bands: list[BandView]


class FrontlineRow(BaseModel):
    key: str | None
    resolved_by_front_line: ShareView


class Frontline(BaseModel):
    since: datetime
    until: datetime
    recontact_days: int
    minimum: int
    whole: ShareView
    rows: list[FrontlineRow]


class FirstContactRow(BaseModel):
    """`naive` does not wait whether the customer comes back. Beside the time stands reopening: speed alone is easy."""

    key: str | None
    first_contact: ShareView
    naive: ShareView
    reopened: ShareView
    seconds_to_resolution: QuantileView
    seconds_to_resolution_p90: QuantileView

    @classmethod
    def of(
        cls, key: str | None, tally: CaseTally, resolution: Resolution | None, minimum: int, target: float | None
    ) -> FirstContactRow:
        taken = resolution.taken if resolution else None
        return cls(
            key=key,
            first_contact=ShareView.of(tally.first_contact, tally.n, minimum, target),
            naive=ShareView.of(tally.naive, tally.n, minimum),
            reopened=ShareView.of(tally.reopened, tally.resolved, minimum),
            seconds_to_resolution=QuantileView.of(taken, 0.5),
            seconds_to_resolution_p90=QuantileView.of(taken, 0.9),
        )


class FirstContact(BaseModel):
    since: datetime
    until: datetime
    recontact_days: int
    minimum: int
    rows: list[FirstContactRow]


class GivenView(BaseModel):
    """Concessions in one currency, in its own units: how many, and how far apart they lie."""

    model_config = ConfigDict(from_attributes=True)

    currency: str
    n: int
    least: Decimal
    median: Decimal
    most: Decimal


class RemedyRow(BaseModel):
    """One class of situation: what became of the promises people made, what was given up, and how far the seconds to
    resolution lie apart."""

    category: str | None
    outcomes: dict[str, int]
    concessions: list[GivenView]
    n: int
    least: float | None
    median: QuantileView
    most: float | None


class Remedies(BaseModel):
    since: datetime
    until: datetime
    rows: list[RemedyRow]
