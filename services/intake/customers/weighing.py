"""Reports on a handle weighed against what is kept of it. Pure."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from services.intake.arrivals.arrival import Arrival
from shared.contracts.intake import Authentication, ChannelKind, Reachability
from shared.provenance import unproven
from shared.reach import ReachReport

REFUSALS = frozenset({Reachability.OPTED_OUT, Reachability.BLOCKED, Reachability.COMPLAINED})
"""Reasons that are somebody's will: only they themselves take them back."""
AGREEMENTS = frozenset({Reachability.OPTED_IN, Reachability.UNBLOCKED})
"""Reasons that take a refusal back."""


BACKDATED = timedelta(days=1)
"""How long before its receipt a contact may count as written: a mail's date is by the clock of its sender."""


@dataclass(frozen=True, slots=True)
class HandleReport(ReachReport):
    """A report on a handle, with the channel it came by."""

    channel: str
    detail: str | None


@dataclass(frozen=True, slots=True)
class Kept:
    """What is kept of a handle: the report that holds, when it was told, and when its owner last refused or agreed."""

    report: HandleReport
    told_at: datetime | None = None
    refused_at: datetime | None = None
    agreed_at: datetime | None = None

    @property
    def is_refused(self) -> bool:
        """Whether its owner has refused messages and not agreed to them since."""
        return self.refused_at is not None and (self.agreed_at is None or self.refused_at >= self.agreed_at)

    def noting(self, report: HandleReport) -> Kept:
        """The same report, with the time of another one where its owner's will is told in it."""
        if report.reason in REFUSALS:
            return replace(self, refused_at=max(self.refused_at or report.at, report.at))
        if report.reason in AGREEMENTS:
            return replace(self, agreed_at=max(self.agreed_at or report.at, report.at))
        return self


def weigh(kept: Kept | None, report: HandleReport) -> Kept | None:
    """What is kept of a handle after a report.

    That somebody wrote lifts a bounce and nothing else: neither a refusal nor one that a bounce came after. A refusal
    from before its owner agreed changes nothing, however late or often it is told.
    """
    if kept is None:
        return None if report.reason is Reachability.HEARD_FROM else Kept(report).noting(report)
    if report.reason is Reachability.HEARD_FROM and (kept.report.reason is not Reachability.BOUNCED or kept.is_refused):
        return kept
    noted = kept.noting(report)
    if kept.report.reason is Reachability.HEARD_FROM and report.reason in REFUSALS and noted.is_refused:
        report = replace(report, at=max(report.at, kept.report.at))  # it came late: nothing was to be lifted
        noted = kept.noting(report)
    if not report.outweighs(kept.report):
        return noted
    return replace(noted, report=report, told_at=kept.told_at if kept.report.reason is report.reason else None)


def proves_reach(arrival: Arrival, check: Authentication | None) -> bool:
    """Whether a contact comes from the address it names, written by a person there.

    A form's address, or one that answers are wanted at, is typed by anybody.
    """
    contact = arrival.contact
    is_typed = (contact.channel_kind or arrival.source.kind) in {ChannelKind.WEB, ChannelKind.REVIEW} or (
        contact.reply_to is not None and contact.reply_to.address == contact.address
    )
    return contact.direction == "in" and not (contact.automatic or is_typed or unproven(check))


def written_at(arrival: Arrival) -> datetime:
    """When a contact counts as written, as a report on its handle: by its own date, within bounds."""
    return max(min(arrival.occurred_at, arrival.received_at), arrival.received_at - BACKDATED)
