"""What can be wrong with a request about a promise."""

from __future__ import annotations

from shared.problems import Conflict, Forbidden, Invalid, NotFound


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


class NotForTasks(Conflict):
    """A command for promises of ours was given to a task of the customer."""

    code = "not-for-tasks"


class DueInThePast(Invalid):
    code = "due-in-the-past"


class NoDueTime(Invalid):
    """A promise without a due time, and a history that cannot give one: `estimate` says what it holds."""


class DueTooFar(Invalid):
    code = "due-too-far"


class PolicyInThePast(Invalid):
    """A policy holds from now on: what was valid in the past is history, which reports rely on."""

    code = "policy-in-the-past"


class RuleInThePast(Invalid):
    """As a policy: roles, limits, budgets and the glossary hold from now on."""

    code = "rule-in-the-past"


class UnclearWords(Invalid):
    """A time that is none, or a gap nobody filled; `hints` says where, what and how better."""

    code = "unclear-words"


class EarlierThanEstimate(Invalid):
    """Promised for earlier than history allows, and no reason given."""

    code = "earlier-than-estimate"


class ApprovalNeeded(Conflict):
    """The terms are over what their author may decide alone; `over` names each limit."""

    code = "approval-needed"


class OverAuthority(Forbidden):
    """The role of who asks does not allow it; `over` or `allowed` says what it does allow."""

    code = "over-authority"


class OwnApproval(Forbidden):
    """Nobody approves what they wrote themselves."""

    code = "own-approval"


class UnknownRole(Invalid):
    code = "unknown-role"


class OverBudget(Conflict):
    """`left` is what the team can still give this month."""

    code = "over-budget"


class NoSuchOption(Invalid):
    """`options` names those there are."""

    code = "no-such-option"


class PlanNotAgreed(Conflict):
    """An unusual promise: work begins when the customer has agreed to the plan."""

    code = "plan-not-agreed"


class NotAGoal(Conflict):
    code = "not-a-goal"


class AlternativeMissing(Invalid):
    """A policy is the last resort: whoever refuses by one offers something else."""

    code = "alternative-missing"


class AnotherCustomers(Invalid):
    """The promise that was named is a promise to somebody else."""

    code = "another-customers"


class WindowInvalid(Invalid):
    """The scorecard is asked for a time that is no span of the past."""

    code = "window-invalid"


class StandardInThePast(Invalid):
    """A standard holds from now on: what was published before stays as it was."""

    code = "standard-in-the-past"


class TaskNotFound(NotFound):
    code = "task-not-found"


class FeatureNotFound(NotFound):
    code = "feature-not-found"


class FeatureDone(Conflict):
    """It has arrived: nothing more is said of it, and nobody waits for it any more."""

    code = "feature-done"


class IncidentNotFound(NotFound):
    code = "incident-not-found"


class WrongKnownAt(Invalid):
    """We know of an incident now or since some time, not later, and not before there was a limit for it."""

    code = "wrong-known-at"


class CaseNotFound(NotFound):
    code = "case-not-found"


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


class FieldWrong(Invalid):
    """A field of a page's form does not hold; `field` names it, the detail is a sentence for the person."""

    code = "field-wrong"

    def __init__(self, field: str, says: str) -> None:
        super().__init__(says, field=field)
        self.field = field
