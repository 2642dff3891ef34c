"""Fields of a page's form, read: text with its limits, and a day and an hour in a zone. Pure.

What does not hold is a FieldWrong, a plain sentence beside the field: nothing that was typed is lost.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, date, datetime, time
from typing import Any
from zoneinfo import ZoneInfo

from pydantic import TypeAdapter, ValidationError

from services.commitments.errors import (
    ApprovalNeeded,
    DueInThePast,
    DueTooFar,
    FieldWrong,
    StaleRevision,
    TooLate,
    WrongState,
)
from services.commitments.fields import Reason, Words
from services.commitments.promise.core.days import end_of_day
from shared.problems import Problem
from shared.translation import N_

Form = Mapping[str, str]

REASON: TypeAdapter[str] = TypeAdapter(Reason)
WORDS: TypeAdapter[str] = TypeAdapter(Words)

_SAYS = {
    "string_too_short": N_("Please fill this in."),
    "string_too_long": N_("This is too long."),
    "value_error": N_("This holds a character that cannot be stored."),
}
_PROBLEMS: Mapping[str, str] = {
    WrongState.code: N_("This is not possible any more: the promise has moved on. Below is what is true now."),
    StaleRevision.code: N_("The promise was changed while you wrote. Look at what is true now, and send again."),
    TooLate.code: N_("The promise was due already. It can be fulfilled late, not rewritten."),
    ApprovalNeeded.code: N_("This is over what you may decide alone. Somebody whose role allows it makes this change."),
    DueInThePast.code: N_("Please choose a time in the future."),
    DueTooFar.code: N_("Please choose a time within the next ten years."),
}


def text_of(form: Form, name: str, kind: TypeAdapter[str] = REASON) -> str:
    """The text in a field, within its limits. Raises FieldWrong."""
    try:
        return kind.validate_python(form.get(name, ""))
    except ValidationError as error:
        raise FieldWrong(name, _SAYS.get(error.errors()[0]["type"], N_("Please look at this again."))) from None


def text_or_none(form: Form, name: str, kind: TypeAdapter[str] = WORDS) -> str | None:
    return text_of(form, name, kind) if form.get(name, "").strip() else None


def number_of(form: Form, name: str, *, most: int = 2**31 - 1) -> int:
    """The number in a field, from nought to `most`. Raises FieldWrong."""
    given = form.get(name, "").strip()
    if not (given.isascii() and given.isdigit() and len(given) <= 40):
        raise FieldWrong(name, N_("Please give a number."))
    return min(int(given), most)


def instant_of(form: Form, name: str, zone: str) -> datetime | None:
    """The instant in the fields `<name>_day` (2026-03-02) and `<name>_hour` (14:30), in `zone`.

    Without an hour it is the end of that day; None without a day. Raises FieldWrong.
    """
    day, hour = form.get(f"{name}_day", "").strip(), form.get(f"{name}_hour", "").strip()
    if not day:
        if hour:
            raise FieldWrong(f"{name}_day", N_("Please choose a day as well."))
        return None
    on = _read(date.fromisoformat, day, f"{name}_day", N_("This is not a day of the calendar."))
    if not hour:
        return end_of_day(on, zone)
    at = _read(time.fromisoformat, hour, f"{name}_hour", N_("This is not a time of day."))
    return local_instant(datetime.combine(on, at.replace(tzinfo=None)), zone, f"{name}_hour")


def local_instant(at: datetime, zone: str, field: str) -> datetime:
    """The instant at which clocks in `zone` show `at`; the earlier one where they do so twice.

    Raises FieldWrong where they never do, because they are put forward then.
    """
    try:
        instant = at.replace(tzinfo=ZoneInfo(zone)).astimezone(UTC)
        shown = instant.astimezone(ZoneInfo(zone)).replace(tzinfo=None)
    except OverflowError:
        raise FieldWrong(field, _PROBLEMS[DueTooFar.code]) from None
    if shown != at:
        raise FieldWrong(field, N_("Clocks are put forward then: this time does not exist on that day."))
    return instant


def _read(reader: Any, given: str, field: str, says: str) -> Any:
    try:
        return reader(given)
    except ValueError:
        raise FieldWrong(field, says) from None


def sentence(problem: Problem) -> str:
    """The sentence that says a refusal in plain words; it is the key of a translation."""
    return problem.detail if isinstance(problem, FieldWrong) else _PROBLEMS.get(problem.code, problem.detail)
