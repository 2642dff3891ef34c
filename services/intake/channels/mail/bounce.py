"""Delivery status notifications (RFC 3464): whom a mail of ours did not reach, and which mail that was."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import islice

from services.intake.channels.items import Address, Contact, Fact, Reach
from services.intake.channels.mail import thread
from services.intake.channels.mail.bounce_text import failed as in_words
from services.intake.channels.mail.bounce_text import names_nobody
from services.intake.channels.mail.headers import Headers, split
from services.intake.channels.mail.parts import Part, even
from shared.contracts.intake import HandleKind, InteractionFact, Reachability
from shared.mail_status import codes_in, says_dead

MOST_RECIPIENTS = 100
MOST_RETURNED = 64 * 1024
"""Characters of a report in words in which the Message-ID of the returned mail is looked for."""
_STATUS = frozenset({"message/delivery-status", "message/global-delivery-status"})
_RETURNED = frozenset(
    {"message/rfc822", "text/rfc822-headers", "message/global", "message/global-headers", "message/rfc822-headers"}
)
_IN_TEXT = re.compile(r"^[>\t ]{0,8}message-id:\s{0,8}(<[^<>\s]{1,990}>)", re.IGNORECASE | re.MULTILINE)


@dataclass(frozen=True, slots=True)
class Failed:
    """One recipient whom a mail did not reach. `is_dead`: there is no such mailbox or domain, whatever is sent."""

    address: str
    is_dead: bool
    reason: str


def original_id(parts: Sequence[Part], text: str | None = None) -> str | None:
    """The Message-ID of what was returned, where it was."""
    for part in parts:
        if part.content_type in _RETURNED:
            returned = even(part.content())
            return thread.message_id(split(returned, 0, len(returned))[0].raw("message-id"))
    found = _IN_TEXT.search((text or "")[:MOST_RETURNED])
    return thread.message_id(found[1]) if found else None


def failures(parts: Sequence[Part], text: str | None = None) -> list[Failed]:
    """Those it was given up for. A delay is none, and neither is mail that only looks like a report.

    `text` is the mail's: many servers report in words alone.
    """
    if not parts:
        return []
    found: dict[str, Failed] = {}
    statuses = [part for part in parts if part.content_type in _STATUS]
    if parts[0].content_type == "multipart/report" and statuses:
        for part in statuses:
            for fields in _blocks(even(part.content())):
                failed = _failed(fields)
                if failed and len(found) < MOST_RECIPIENTS:
                    found.setdefault(failed.address.lower(), failed)
    elif not statuses:
        for address, is_dead, reason in islice(in_words(parts[0].headers, text or ""), MOST_RECIPIENTS):
            found.setdefault(address.lower(), Failed(address, is_dead, reason[:500]))
    return list(found.values())


def _blocks(raw: bytes) -> Iterator[Headers]:
    """Blocks of fields with a blank line between: the first is of the report, each other one of a recipient."""
    at = 0
    for _ in range(2 * MOST_RECIPIENTS):
        if at >= len(raw):
            return
        fields, body = split(raw, at, len(raw))
        yield fields
        if body <= at:
            return
        at = body


def _failed(fields: Headers) -> Failed | None:
    if fields.raw("action").partition("(")[0].strip().lower() != "failed":
        return None
    written = fields.raw("original-recipient") or fields.raw("final-recipient")
    address = written.rpartition(";")[2].strip().strip("<>")
    if "@" not in address:
        address = fields.raw("final-recipient").rpartition(";")[2].strip().strip("<>")
    status = fields.raw("status").partition("(")[0].strip()
    diagnosis = fields.text("diagnostic-code") or ""
    return (
        Failed(address, _is_dead(address, status, diagnosis), (diagnosis or status)[:500]) if "@" in address else None
    )


def _is_dead(address: str, status: str, diagnosis: str) -> bool:
    """By the status, or by what the server answered; a status in a class of its own (5.0.0) says nothing."""
    if not status.startswith("5"):
        return False
    return says_dead(codes_in(status)) or names_nobody(address, f"{status} {diagnosis}")


def items(failed: Sequence[Failed], about: str | None, report: Contact) -> Iterator[Fact | Reach]:
    """What they come to, where `report` told of them: believed where it carries a mark of ours.

    At our time: the report's own date is whoever's wrote it.
    """
    for one in failed:
        id_, address = f"{report.external_id}:{one.address.lower()}", Address(HandleKind.EMAIL, one.address)
        if one.is_dead:
            yield Reach(id_, address, Reachability.BOUNCED, None, one.reason, report.marks)
        if about:
            yield Fact(id_, InteractionFact.FAILED, about, None, address, one.reason, proof=report.marks)
