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


class NotForTasks(Conflict):
    """A command for promises of ours was given to a task of the customer."""

    code = "not-for-tasks"


class DueInThePast(Invalid):
    code = "due-in-the-past"


class DueTooFar(Invalid):
    code = "due-too-far"


class PolicyInThePast(Invalid):
    """A policy holds from now on: what was valid in the past is history, which reports rely on."""

    code = "policy-in-the-past"


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
