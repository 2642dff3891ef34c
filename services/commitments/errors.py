"""What can be wrong with a request about a promise."""

from __future__ import annotations

from shared.problems import Conflict, Invalid, NotFound


class PromiseNotFound(NotFound):
    code = "promise-not-found"


class WrongState(Conflict):
    """The promise is no longer (or not yet) where this command applies."""

    code = "wrong-state"


class StaleRevision(Conflict):
    """The customer or agent answers terms that have been replaced; `revision` names the present ones."""

    code = "stale-revision"


class TooLate(Conflict):
    """A promise is changed before it is due. After that it is kept late or broken, never rewritten."""

    code = "too-late-to-revise"


class DueInThePast(Invalid):
    code = "due-in-the-past"


class DueTooFar(Invalid):
    code = "due-too-far"


class PolicyInThePast(Invalid):
    """A policy holds from now on: what was valid in the past is history, which reports rely on."""

    code = "policy-in-the-past"


class PolicyTooFar(Invalid):
    """What a policy or a calendar says begins within ten years."""

    code = "policy-too-far"


class NoClock(Invalid):
    """A rule that would leave a customer without an answer, or without a time."""

    code = "no-clock"


class CalendarNotFound(NotFound):
    code = "calendar-not-found"


class UnknownCalendar(Invalid):
    """A policy counts in a calendar that is not there when it begins."""

    code = "unknown-calendar"


class NeverOpen(Invalid):
    """A calendar in which nothing would ever be due."""

    code = "calendar-never-open"


class UnreadableCalendarFile(Invalid):
    """What was sent is no iCalendar file, or one that asks for too much. `detail` says what."""

    code = "unreadable-calendar-file"


class CustomerNotFound(NotFound):
    code = "customer-not-found"
