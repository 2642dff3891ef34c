"""Named errors: what can go wrong with a message.

Uncomposable          a template has a placeholder nobody filled; such a text is never sent
Undelivered           the provider did not take it, or nobody knows; `outcome` says which
NotificationNotFound  404, no such message
NotUnknown            409, it is known already what became of it
"""

from __future__ import annotations

from enum import StrEnum
from uuid import UUID

from shared.problems import Conflict, NotFound
from shared.texts import one_line


class Outcome(StrEnum):
    """The outcome of a hand-over that did not succeed: what it says of the message, the address or us."""

    REFUSED = "refused"
    """Not sent, and the same message will not be taken later."""
    LATER = "later"
    """Not sent, and a repetition after a while may be taken."""
    DEAD = "dead"
    """Not sent: nobody can be reached at this address."""
    ACCOUNT = "account"
    """Not sent: our account or its settings are at fault, and nothing about the message is."""
    UNKNOWN = "unknown"
    """It may have been sent or not."""


class Uncomposable(ValueError):
    def __init__(self, template: str, language: str, why: str) -> None:
        super().__init__(f"the template {template} ({language}) cannot be filled: {why}")


class Undelivered(Exception):
    """The error of a hand-over that did not succeed. `reason` is a line for our people, free of control characters."""

    def __init__(self, outcome: Outcome, reason: str) -> None:
        self.outcome, self.reason = outcome, one_line(reason)
        super().__init__(self.reason)


class NotificationNotFound(NotFound):
    code = "notification-not-found"

    def __init__(self, id_: UUID) -> None:
        super().__init__("there is no such message", notification_id=str(id_))


class NotUnknown(Conflict):
    code = "notification-not-unknown"

    def __init__(self, id_: UUID, state: str) -> None:
        super().__init__(f"what became of this message is known: it is {state}", notification_id=str(id_), state=state)
