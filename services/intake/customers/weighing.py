"""Reports on a handle weighed against what is kept of it. Pure."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime

from services.intake.arrivals.arrival import Arrival
from shared.contracts.intake import Authentication, ChannelKind, Reachability, Verdict
from shared.reach import ReachReport

REFUSALS = frozenset({Reachability.OPTED_OUT, Reachability.BLOCKED, Reachability.COMPLAINED})
"""Reasons that are somebody's will: only they themselves take them back."""


@dataclass(frozen=True, slots=True)
class HandleReport(ReachReport):
    """A report on a handle, with the channel it came by."""

    channel: str
    detail: str | None


@dataclass(frozen=True, slots=True)
class Kept:
    """What is kept of a handle: the report that holds, when it was told, and when its owner last refused messages."""

    report: HandleReport
    told_at: datetime | None = None
    refused_at: datetime | None = None


def weigh(kept: Kept | None, report: HandleReport) -> Kept | None:
    """What is kept of a handle after a report.

    That somebody wrote lifts a bounce and nothing else: neither a refusal nor one that a bounce came after.
    """
    if report.reason is Reachability.HEARD_FROM and (
        kept is None or kept.report.reason is not Reachability.BOUNCED or kept.refused_at is not None
    ):
        return kept
    refused_at = kept.refused_at if kept else None
    if report.reason in REFUSALS:
        refused_at = max(refused_at or report.at, report.at)
        if kept and kept.report.reason is Reachability.HEARD_FROM:  # it came late: nothing was to be lifted
            report = replace(report, at=max(report.at, kept.report.at))
    elif report.reason.is_reachable and refused_at is not None and report.at > refused_at:
        refused_at = None
    if kept is not None and not report.outweighs(kept.report):
        return replace(kept, refused_at=refused_at)
    told_at = kept.told_at if kept and kept.report.reason is report.reason else None
    return Kept(report, told_at, refused_at)


def proves_reach(arrival: Arrival, check: Authentication | None) -> bool:
    """Whether a contact comes from the address it names, written by a person there.

    A form's address, or one that answers are wanted at, is typed by anybody.
    """
    contact = arrival.contact
    is_typed = (contact.channel_kind or arrival.source.kind) in {ChannelKind.WEB, ChannelKind.REVIEW} or (
        contact.reply_to is not None and contact.reply_to.address == contact.address
    )
    is_forged = check is not None and check.dmarc is Verdict.FAIL
    return contact.direction == "in" and not (contact.automatic or is_typed or is_forged)
