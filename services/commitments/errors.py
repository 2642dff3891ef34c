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


class FieldWrong(Invalid):
    """A field of a page's form does not hold; `field` names it, the detail is a sentence for the person."""

    code = "field-wrong"

    def __init__(self, field: str, says: str) -> None:
        super().__init__(says, field=field)
        self.field = field
