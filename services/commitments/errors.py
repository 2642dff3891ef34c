"""The errors of requests about promises."""

from __future__ import annotations

from shared.problems import Conflict, Forbidden, Invalid, NotFound


class PromiseNotFound(NotFound):
    code = "promise-not-found"


class WrongState(Conflict):
    """A command does not apply to the promise as it stands."""

    code = "wrong-state"


class StaleRevision(Conflict):
    """The customer or agent answers terms that have been replaced; `revision` names the present ones."""

    code = "stale-revision"


class TooLate(Conflict):
    """A promise is changed before it is due. After that it is kept late or broken, never rewritten."""

    code = "too-late-to-revise"


class NotForTasks(Conflict):
    """A command for promises of ours was given to a task of the customer."""

    code = "not-for-tasks"


class DueInThePast(Invalid):
    code = "due-in-the-past"


class NoDueTime(Invalid):
    """A promise without a due time, and a history that cannot give one: `estimate` says what it holds."""


class DueTooFar(Invalid):
    code = "due-too-far"


class UnclearWords(Invalid):
    """The words hold a vague time or an unfilled gap; `hints` says where, what and how better."""

    code = "unclear-words"


class EarlierThanEstimate(Invalid):
    """The promise is earlier than history allows, and no reason is given."""

    code = "earlier-than-estimate"


class ApprovalNeeded(Conflict):
    """The terms are over what their author may decide alone; `over` names each limit."""

    code = "approval-needed"


class OverAuthority(Forbidden):
    """The caller's role does not allow this; `over` or `allowed` says what it does allow."""

    code = "over-authority"


class OwnApproval(Forbidden):
    """The author of terms tried to approve them."""

    code = "own-approval"


class OverBudget(Conflict):
    """A gift exceeds the team's budget of the month; `left` is what the team can still give."""

    code = "over-budget"


class NoSuchOption(Invalid):
    """The option that was named is none of the promise's; `options` names those there are."""

    code = "no-such-option"


class PlanNotAgreed(Conflict):
    """The customer has not agreed to the plan of an unusual promise, so its work cannot begin."""

    code = "plan-not-agreed"


class NotAGoal(Conflict):
    code = "not-a-goal"


class AlternativeMissing(Invalid):
    """A refusal by a policy offers no alternative."""

    code = "alternative-missing"


class AnotherCustomers(Invalid):
    """The promise that was named is to another customer."""

    code = "another-customers"


class WindowInvalid(Invalid):
    """The window asked of the scorecard is no span of the past."""

    code = "window-invalid"


class TaskNotFound(NotFound):
    code = "task-not-found"


class FeatureNotFound(NotFound):
    code = "feature-not-found"


class FeatureDone(Conflict):
    """The feature is done: nothing more is said of it, and nobody waits for it any more."""

    code = "feature-done"


class IncidentNotFound(NotFound):
    code = "incident-not-found"


class WrongKnownAt(Invalid):
    """An incident's `known_at` is in the future, or before there was a limit for its class."""

    code = "wrong-known-at"


class CaseNotFound(NotFound):
    code = "case-not-found"


class NoClock(Invalid):
    """A rule that would leave a customer without an answer, or without a time."""

    code = "no-clock"


class CalendarNotFound(NotFound):
    code = "calendar-not-found"


class UnknownCalendar(Invalid):
    """A policy names a calendar that does not exist when the policy begins."""

    code = "unknown-calendar"


class NeverOpen(Invalid):
    """A calendar has no open time, so that nothing would ever be due."""

    code = "calendar-never-open"


class UnreadableCalendarFile(Invalid):
    """The file is no iCalendar file, or one that asks for too much. `detail` says what."""

    code = "unreadable-calendar-file"


class CustomerNotFound(NotFound):
    code = "customer-not-found"


class FieldWrong(Invalid):
    """A field of a page's form is wrong; `field` names it, the detail is a sentence for the person."""

    code = "field-wrong"

    def __init__(self, field: str, says: str) -> None:
        super().__init__(says, field=field)
        self.field = field
