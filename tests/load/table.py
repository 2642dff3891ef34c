"""A row of the table: what was measured, beside its bar. Pure."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from typing import Literal


@dataclass(frozen=True, slots=True)
class Goal:
    """A bar for the value itself, or for its ratio to what it is compared with."""

    of: Literal["value", "ratio"]
    sign: Literal[">=", "<="]
    bound: float
    unit: str = "x"

    def met_by(self, measured: Measured) -> bool:
        figure = measured.value if self.of == "value" else measured.ratio
        if figure is None:
            return False
        return figure >= self.bound if self.sign == ">=" else figure <= self.bound

    def __str__(self) -> str:
        return f"{self.sign} {self.bound:,g} {self.unit}"


@dataclass(frozen=True, slots=True)
class Measured:
    """`versus` names what it is compared with, and its figure; `ratio` is ours to that."""

    value: float
    unit: str
    versus: str | None = None
    ratio: float | None = None


@dataclass(frozen=True, slots=True)
class Row:
    """`holds` None: it could not be measured, and `versus` says why."""

    row: str
    value: float | None
    unit: str | None
    versus: str | None
    ratio: float | None
    goal: str
    holds: bool | None


def judged(name: str, goal: Goal, measured: Measured) -> Row:
    ratio = round(measured.ratio, 3) if measured.ratio is not None else None
    return Row(name, round(measured.value, 3), measured.unit, measured.versus, ratio, str(goal), goal.met_by(measured))


def not_measured(name: str, goal: Goal, reason: str) -> Row:
    return Row(name, None, None, f"not measured: {reason}", None, str(goal), None)


_HOLDS = {True: "yes", False: "NO", None: "-"}


def rendered(rows: Sequence[Row]) -> str:
    """The table for people, its columns as wide as what stands in them."""
    lines = [("row", "value", "unit", "compared with", "ratio", "goal", "holds")]
    lines += [
        (r.row, _figure(r.value), r.unit or "", r.versus or "", _figure(r.ratio), r.goal, _HOLDS[r.holds]) for r in rows
    ]
    widths = [max(map(len, column)) for column in zip(*lines, strict=True)]
    return "\n".join("  ".join(cell.ljust(w) for cell, w in zip(line, widths, strict=True)).rstrip() for line in lines)


def _figure(value: float | None) -> str:
    if value is None:
        return ""
    return f"{value:,.0f}" if abs(value) >= 100 else f"{value:.3g}"


def as_json(rows: Sequence[Row]) -> str:
    return json.dumps([asdict(row) for row in rows], indent=2, ensure_ascii=False) + "\n"
