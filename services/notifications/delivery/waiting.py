"""A message that waits to be sent. Pure."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from services.notifications.delivery.ending import LastAttempt
from services.notifications.messages.details import Kind


@dataclass(frozen=True, slots=True)
class Waiting:
    """A message that may be taken up. `attempts` are those begun before, `last` is the last of them.

    `is_lost`: it was in a worker's hands, and nothing came back. `last` is None where there was none, and where the
    version before made it.
    """

    id: UUID
    customer_id: UUID
    template: str
    cause_id: UUID
    commitment_id: UUID | None
    case_id: UUID | None
    details: dict[str, Any]
    traceparent: str | None
    attempts: int
    created_at: datetime
    expires_at: datetime | None
    once_for: UUID
    is_lost: bool = False
    last: LastAttempt | None = None

    @property
    def interaction_id(self) -> UUID | None:
        """The contact that an acknowledgement answers."""
        return answered(self.template, self.once_for, self.cause_id)

    @property
    def may_have_left(self) -> bool:
        """Whether nobody knows the end of its last attempt."""
        return self.is_lost or (self.last.may_have_left if self.last else self.attempts > 0)


def answered(template: str, once_for: UUID, cause: UUID) -> UUID | None:
    """The contact that a message answers, None where it is no acknowledgement of one."""
    return once_for if template == Kind.ACKNOWLEDGEMENT and once_for != cause else None
