"""Each service's own log of events: audit, outbox and source for replay, in one table."""

from shared.eventlog.filling import fill_subjects
from shared.eventlog.read import events_about, facts_about
from shared.eventlog.write import LARGEST, Draft, EventTooLarge, append, draft

__all__ = [
    "LARGEST",
    "Draft",
    "EventTooLarge",
    "append",
    "draft",
    "events_about",
    "facts_about",
    "fill_subjects",
]
