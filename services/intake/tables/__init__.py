"""Intake's tables, by room. `migrations/` makes them; a test holds both to each other."""

from services.intake.tables.arrivals import Call, Confirmation, Quarantined, RawRequest, RawWaiting, UsedToken
from services.intake.tables.base import Table
from services.intake.tables.channels import Channel, ChannelChange, ChannelNews, ChannelRefusal, MailboxPlace
from services.intake.tables.contacts import AttachmentRow, Interaction, InteractionFactRow, TimelineEntry
from services.intake.tables.customers import Case, Customer, CustomerHandle, CustomerLink, HandleReach
from services.intake.tables.staff import UsedLink

__all__ = [
    "AttachmentRow",
    "Call",
    "Case",
    "Channel",
    "ChannelChange",
    "ChannelNews",
    "ChannelRefusal",
    "Confirmation",
    "Customer",
    "CustomerHandle",
    "CustomerLink",
    "HandleReach",
    "Interaction",
    "InteractionFactRow",
    "MailboxPlace",
    "Quarantined",
    "RawRequest",
    "RawWaiting",
    "Table",
    "TimelineEntry",
    "UsedLink",
    "UsedToken",
]
