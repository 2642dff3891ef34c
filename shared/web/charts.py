"""Charts as SVG, drawn on the server. Pure: figures in, text out, everything escaped.

Across, a place is a percentage of whatever width the page gives; down, it is pixels. So one drawing serves a telephone
and a wide screen, and its words stay as large as the words beside it. Colours are the house's own variables, so light
and dark are the page's affair. Each has a title and a description; the page sets the table of its figures beside it.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from html import escape
from itertools import pairwise
from math import log10

LEFT, RIGHT = 12.0, 87.0
"""Where the plot begins and ends, in percent: the rest is room for the figures at its ends."""

INK, SOFT, LINE, EDGE = "var(--ink,#24211e)", "var(--soft,#625b53)", "var(--line,#ddd5c9)", "var(--edge,#857b70)"
STRICT, AGREED, CARD = "var(--accent,#763a6e)", "var(--agreed,#0d6165)", "var(--card,#fff)"
KEPT, RISK = "var(--kept,#23653a)", "var(--risk,#85500a)"
SOFTLY = ' stroke-opacity="0.45" stroke-linecap="round"'

FACTORS = (0.25, 0.5, 1.0, 2.0, 4.0, 8.0)
"""The scale of actual to promised time."""

LONGEST = 34
"""Characters of a name that fit a telephone beside its note."""


@dataclass(frozen=True, slots=True)
class Rate:
    """A share with its interval, from 0 to 1; `words` is how it is said: 82%."""

    value: float
    low: float
    high: float
    words: str


@dataclass(frozen=True, slots=True)
class Row:
    """One owner: the two rates, None where there is none, and what stands at the end of the line (how many)."""

    name: str
    strict: Rate | None
    agreed: Rate | None
    note: str


@dataclass(frozen=True, slots=True)
class Band:
    """Of promises of about one length: the middle and the ninth of ten, in parts of the promise; None: never done.

    `middle` and `most` say the same in words.
    """

    words: str
    median: float | None
    p90: float | None
    middle: str
    most: str
    note: str


@dataclass(frozen=True, slots=True)
class Week:
    words: str
    strict: Rate | None
    agreed: Rate | None
    note: str


def kept_by(
    rows: Sequence[Row], *, title: str, about: str, strict: str, agreed: str, many: str, target: Rate | None = None
) -> str:
    """Two dots a row with their intervals: what was kept as first promised, and as agreed. The dots name themselves.

    `strict` and `agreed` say so in words on top, in the colour and shape of their dots; `target` is a line to reach.
    """
    top, each = 96, 54
    height = top + each * len(rows) + 6
    parts = [*_key(strict, agreed), _words(100, 56, many, anchor="end")]
    for share in (0.0, 0.25, 0.5, 0.75, 1.0):
        parts += [_upright(_across(share), top - 8, height - 6, LINE), _words(_across(share), top - 14, f"{share:.0%}")]
    if target is not None:
        parts.append(_upright(_across(target.value), top - 8, height - 6, EDGE, dashes="5 4"))
        parts.append(_words(_across(target.value), height + 10, target.words))
        height += 16
    for place, row in enumerate(rows):
        y = top + each * place
        parts += _name(row.name, row.note, y)
        parts += _rate(row.strict, y + 31, STRICT, before=True)
        parts += _rate(row.agreed, y + 40, AGREED, before=False)
    return _svg(height, title, about, parts)


def promised_and_actual(bands: Sequence[Band], *, title: str, about: str, promised: str, many: str) -> str:
    """One line for each length of promise: from the middle to the ninth of ten, beside what was promised.

    The scale is of factors: half and double are equally far from the promise. An arrow goes on to where nothing ends.
    """
    top, each = 46, 56
    height = top + each * len(bands) + 4
    parts = [_words(100, 14, many, anchor="end")]
    for factor in FACTORS:
        x = _factor(factor)
        own = factor == 1
        parts.append(_upright(x, top - 8, height - 4, EDGE if own else LINE))
        parts.append(_words(x, top - 14, f"×{factor:g}", INK if own else SOFT))
    parts.append(_words(_factor(1), 14, promised, INK))
    for place, band in enumerate(bands):
        y = top + each * place
        parts += _name(band.words, band.note, y)
        parts += _span(band, y + 36)
    return _svg(height, title, about, parts)


def trend(weeks: Sequence[Week], *, title: str, about: str, strict: str, agreed: str) -> str:
    """Week by week, each rate with its interval as an upright line. The last one says its figure."""
    top, bottom = 66, 236
    parts = _key(strict, agreed)

    def down(share: float) -> float:
        return bottom - share * (bottom - top)

    for share in (0.0, 0.5, 1.0):
        parts.append(_line(LEFT, down(share), RIGHT, down(share), LINE))
        parts.append(_words(LEFT - 1, down(share) + 4, f"{share:.0%}", anchor="end"))
    step = (RIGHT - LEFT) / max(len(weeks), 1)
    places = [LEFT + step * (i + 0.5) for i in range(len(weeks))]
    every = -(-len(weeks) // 4)
    for x, place, week in zip(places, range(len(weeks)), weeks, strict=True):
        if (len(weeks) - 1 - place) % every == 0:
            parts.append(_words(x, bottom + 20, week.words))
            parts.append(_words(x, bottom + 37, f"n = {week.note}"))
    for side, tone, hollow in ((-1, STRICT, False), (1, AGREED, True)):
        rates = [week.agreed if hollow else week.strict for week in weeks]
        shift = min(step * 0.14, 0.6) * side
        drawn = [(x + shift, rate) for x, rate in zip(places, rates, strict=True) if rate is not None]
        parts += [_line(x1, down(a.value), x2, down(b.value), tone, width=1.5) for (x1, a), (x2, b) in pairwise(drawn)]
        for x, rate in drawn:
            parts.append(_upright(x, down(rate.high), down(rate.low), tone, width=2, faint=True))
            parts.append(_dot(x, down(rate.value), tone, hollow=hollow))
    if weeks:
        parts += _ends(weeks[-1], down)
    return _svg(bottom + 44, title, about, parts)


# ---- what they are made of ----


def _svg(height: float, title: str, about: str, parts: Iterable[str]) -> str:
    return (
        f'<svg class="chart" xmlns="http://www.w3.org/2000/svg" role="img" width="100%" height="{height:g}" '
        f'font-size="13" font-family="inherit" '
        f'aria-label="{escape(title)}"><title>{escape(title)}</title><desc>{escape(about)}</desc>'
        f"{''.join(parts)}</svg>"
    )


def _across(share: float) -> float:
    return LEFT + (RIGHT - LEFT) * share


def _factor(factor: float) -> float:
    low, high = log10(FACTORS[0]), log10(FACTORS[-1])
    place = (log10(max(factor, FACTORS[0])) - low) / (high - low)
    return _across(min(place, 1.0))


def _words(
    x: float, y: float, words: str, tone: str = SOFT, *, anchor: str = "middle", dx: float = 0, bold: bool = False
) -> str:
    weight = ' font-weight="650"' if bold else ""
    place = f'x="{x:.2f}%" y="{y:.1f}" dx="{dx:g}" text-anchor="{anchor}"'
    return f'<text {place} fill="{tone}"{weight}>{escape(words)}</text>'


def _name(name: str, note: str, y: float) -> list[str]:
    """The head of a row. A name may be long and is cut before what stands at the other end; it can be pointed at."""
    shown = name if len(name) <= LONGEST else name[: LONGEST - 1].rstrip() + "…"
    whole = f"<title>{escape(name)}</title>" if shown != name else ""
    return [
        _line(0, y, 100, y, LINE),
        '<svg width="89%" height="100%">',
        f'<text x="0" y="{y + 17:.1f}" fill="{INK}" font-weight="600">{whole}{escape(shown)}</text></svg>',
        _words(100, y + 17, note, anchor="end"),
    ]


def _line(x1: float, y1: float, x2: float, y2: float, tone: str, *, width: float = 1, more: str = "") -> str:
    place = f'x1="{x1:.2f}%" y1="{y1:.1f}" x2="{x2:.2f}%" y2="{y2:.1f}"'
    return f'<line {place} stroke="{tone}" stroke-width="{width:g}"{more}/>'


def _upright(
    x: float, y1: float, y2: float, tone: str, *, width: float = 1, dashes: str = "", faint: bool = False
) -> str:
    more = (f' stroke-dasharray="{dashes}"' if dashes else "") + (' stroke-opacity="0.45"' if faint else "")
    return _line(x, y1, x, y2, tone, width=width, more=more)


def _dot(x: float, y: float, tone: str, *, hollow: bool) -> str:
    fill = CARD if hollow else tone
    return f'<circle cx="{x:.2f}%" cy="{y:.1f}" r="4.5" fill="{fill}" stroke="{tone}" stroke-width="2"/>'


def _key(strict: str, agreed: str) -> list[str]:
    """The two rates in words, each beside its dot, one under the other: side by side they do not fit a telephone."""
    parts = []
    for y, words, tone, hollow in ((10, strict, STRICT, False), (30, agreed, AGREED, True)):
        fill = CARD if hollow else tone
        parts.append(f'<circle cx="6" cy="{y}" r="4.5" fill="{fill}" stroke="{tone}" stroke-width="2"/>')
        parts.append(f'<text x="18" y="{y + 4}" fill="{tone}" font-weight="600">{escape(words)}</text>')
    return parts


def _rate(rate: Rate | None, y: float, tone: str, *, before: bool) -> list[str]:
    """Interval, dot and figure; the first one's figure stands before it, the other's after it."""
    if rate is None:
        return []
    end = _across(rate.low) if before else _across(rate.high)
    return [
        _line(_across(rate.low), y, _across(rate.high), y, tone, width=3, more=SOFTLY),
        _dot(_across(rate.value), y, tone, hollow=not before),
        _words(
            end,
            y + (2 if before else 6),
            rate.words,
            tone,
            anchor="end" if before else "start",
            dx=-8 if before else 8,
            bold=True,
        ),
    ]


def _span(band: Band, y: float) -> list[str]:
    if band.median is None:
        return [_words(RIGHT, y + 5, band.most, RISK, anchor="end")]
    begin = _factor(band.median)
    end = _factor(band.p90) if band.p90 is not None else RIGHT
    tone = KEPT if band.p90 is not None and band.p90 <= 1 else RISK
    return [
        _line(begin, y, end, y, tone, width=5, more=SOFTLY),
        _upright(end, y - 7, y + 7, tone, width=3) if band.p90 is not None else "",
        _dot(begin, y, tone, hollow=False),
        _words(begin, y + 5, band.middle, tone, anchor="end", dx=-9, bold=True),
        _words(end, y + 5, band.most if band.p90 is not None else "→", tone, anchor="start", dx=8, bold=True),
    ]


def _ends(week: Week, down: Callable[[float], float]) -> list[str]:
    """The last figures, each at its line's end; two that are close move apart. Strict is never the higher one."""
    ends = [(down(r.value) + 4, r.words, t) for r, t in ((week.agreed, AGREED), (week.strict, STRICT)) if r is not None]
    if len(ends) == 2 and ends[1][0] - ends[0][0] < 16:
        middle = (ends[0][0] + ends[1][0]) / 2
        ends = [(middle - 8, *ends[0][1:]), (middle + 8, *ends[1][1:])]
    return [_words(RIGHT, y, words, tone, anchor="start", dx=4, bold=True) for y, words, tone in ends]
