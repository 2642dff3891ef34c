"""The details of a message: what is known when it is asked for, and what its template says. Pure.

They are stored as JSON and read by the version before too: a field is added with a default, and none is renamed.
"""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum
from typing import Annotated, ClassVar

from pydantic import BaseModel, BeforeValidator, ConfigDict, PlainSerializer

from shared.contracts.commitments import Heard
from shared.security.customer_links import Mention, mention


class Kind(StrEnum):
    """The templates there are, each in every language."""

    ACKNOWLEDGEMENT = "acknowledgement"
    PROMISE_STATED = "promise_stated"
    PROMISE_REVISED = "promise_revised"
    PROMISE_AT_RISK = "promise_at_risk"
    PROMISE_BROKEN = "promise_broken"
    PROMISE_WAITING = "promise_waiting"
    PROMISE_RESUMED = "promise_resumed"
    PROMISE_PROGRESSED = "promise_progressed"
    ESCALATION = "escalation"
    INFORMATION = "information"
    TASK_STATED = "task_stated"
    TASK_REMINDER = "task_reminder"
    SATISFACTION = "satisfaction"
    CLOSING = "closing"


def _read(link: object) -> object:
    return link if isinstance(link, Mention) else mention(link)


def _written(link: Mention | None) -> dict[str, str] | None:
    return {"page": str(link.page), "id": str(link.id)} if link else None


Link = Annotated[Mention | None, BeforeValidator(_read), PlainSerializer(_written)]
"""A page that the customer opens; old details hold the link itself, which is read as what it leads to."""


class Part(BaseModel):
    model_config = ConfigDict(frozen=True, extra="ignore", hide_input_in_errors=True)


class Details(Part):
    """The details of one message. `zone` is where its times are read; old ones name none."""

    kind_of: ClassVar[Kind]
    zone: str | None = None

    @property
    def mentions(self) -> tuple[Mention, ...]:
        """The links that stand in the message."""
        return ()

    @property
    def links_end(self) -> datetime | None:
        """The instant at which its links end, where that is not as the settings say."""
        return None

    @property
    def contact(self) -> Heard | None:
        """The facts of the contact that it answers by itself."""
        return None

    @property
    def silence(self) -> str | None:
        """The reason why it is not sent at all; None where it is."""
        return None

    def is_late(self, now: datetime) -> bool:
        """Whether the time that the message changes has passed."""
        return False

    def still_true(self, now: datetime) -> Details:
        """These details without what is no longer true."""
        return self
