"""Delivery reports that are text alone: whom the words of a mail server name as not reached.

The words are those of qmail (QSBMF), Exim, Postfix, Sendmail, Exchange and Microsoft 365, Gmail and Courier. They count
only where the mail comes from a mail server: people pass such reports on, and write about them.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from typing import Final

from services.intake.channels.mail.headers import Headers, addresses
from shared.mail_status import codes_in, says_dead

LOOKED_AT = 200
"""Lines of a report that are read: what follows is the mail that was returned."""
LONGEST_LINE = 500

_SERVERS: Final = frozenset({"mailer-daemon", "mailerdaemon", "postmaster", "mail-daemon", "mailadmin"})
_SERVER_NAMES: Final = ("mail delivery", "mailer-daemon", "mailer daemon", "microsoft outlook", "mail administrator",
                        "postmaster", "system administrator", "mail system")  # fmt: skip
_EXCHANGE = re.compile(r"microsoftexchange[0-9a-f]{20,40}@", re.IGNORECASE)
_BEGINS: Final = (
    "hi. this is the qmail-send program", "hi. this is the", "this message was created automatically by mail delivery",
    "this is the mail system at host", "this is the mail delivery", "the original message was received at",
    "delivery has failed to these recipients", "delivery to the following recipient", "address not found",
    "your message wasn't delivered to", "your message", "sorry, we were unable to deliver",
    "your message did not reach some or all", "message not delivered", "undeliverable", "mail delivery failed",
    "the following message to", "the following recipient(s) cannot be reached", "message blocked",
    "i'm sorry to have to inform you", "i'm afraid i wasn't able to deliver", "the following address(es) failed",
    "this is a delivery failure notification", "unzustellbar", "fehler bei der nachrichtenzustellung",
    "échec de la remise", "không thể gửi", "no se pudo entregar",
)  # fmt: skip
_WAITS: Final = ("warning message only", "do not need to resend", "has not yet been delivered", "delivery is delayed",
                 "delivery delayed", "still being retried", "will be retried", "will keep trying", "has been delayed",
                 "delivery incomplete", "delay")  # fmt: skip
_RETURNED: Final = (
    "--- below this line is a copy of the message", "------ this is a copy of", "----- original message",
    "original message headers:", "----- transcript of session follows", "--- enclosed", "reporting-mta:",
    "---- original message", "message-id:", "received: ", "return-path:", "----- message header follows",
    "generating server:", "diagnostic information for",
)  # fmt: skip
_TRANSCRIPT = "----- transcript of session follows"
_ADDRESS = re.compile(
    r"[<\"'( ]?([^\s<>()\"',;:@\[\]]{1,64}@[^\s<>()\"',;:@\[\]]{1,250}[a-z0-9])[>\"').:;, ]?", re.IGNORECASE
)
_FINAL = re.compile(r"(?:#|\b)5\.[0-9]{1,3}\.[0-9]{1,3}\b|\b55[0-4][ :\-]", re.ASCII)
_FOR_NOW = re.compile(r"(?:#|\b)4\.[0-9]{1,3}\.[0-9]{1,3}\b|\b4[25][0-9][ \-]", re.ASCII)
_NOBODY: Final = (
    "no such user", "user unknown", "unknown user", "user not found", "no such recipient", "recipient not found",
    "recipient unknown", "unknown recipient", "no such mailbox", "no mailbox here", "mailbox not found",
    "mailbox does not exist", "mailbox doesn't exist", "no such address", "unknown address", "address not found",
    "address does not exist", "address doesn't exist", "address couldn't be found", "address could not be found",
    "you entered couldn't be found", "you entered could not be found", "account does not exist",
    "account doesn't exist", "reach does not exist", "user does not exist", "user doesn't exist", "unknown local",
    "unrouteable address", "unroutable address", "no such domain", "domain not found", "domain does not exist",
    "domain doesn't exist", "host or domain name not found", "not listed in domino directory",
    "not listed in public name",
)  # fmt: skip
"""Words that say that there is no such mailbox or domain. "Rejected", "unavailable" and "permanent" say it of a policy,
a filter or a size too."""
_IS_NONE: Final = (
    r">? (?:does not exist|doesn't exist|wasn't found|was not found|could not be found|couldn't be found)\b"
)


def is_server(headers: Headers) -> bool:
    """Whether a mail server sent it, by what it calls itself."""
    if "x-failed-recipients" in headers:
        return True
    for name, address in addresses(headers.raw("from")):
        if address.partition("@")[0].lower() in _SERVERS or _EXCHANGE.match(address):
            return True
        if headers.raw("return-path") == "<>" and name.lower().startswith(_SERVER_NAMES):
            return True
    bare = headers.raw("from").lower().strip(' "<>')
    return bare.startswith(_SERVER_NAMES) and "@" not in bare


def failed(headers: Headers, text: str) -> Iterator[tuple[str, bool, str]]:
    """(address, whether it is dead, the reason) of each that was given up for."""
    if not is_server(headers):
        return
    lines = [line[:LONGEST_LINE].strip() for line in text.split("\n", LOOKED_AT)[:LOOKED_AT]]
    said = _until_returned(lines)
    head = [line.lower().lstrip("* ") for line in said if line][:12]
    if not any(line.startswith(_BEGINS) for line in head) and "x-failed-recipients" not in headers:
        return
    subject = (headers.text("subject") or "").lower()
    if any(word in place for place in (subject, *head) for word in _WAITS):
        return
    named = [address for _, address in addresses(headers.raw("x-failed-recipients"))]
    sender = {address.lower() for _, address in addresses(headers.raw("from"))}
    found = [one for one in named or dict.fromkeys(_named(said)) if one.lower() not in sender]
    for address in found:
        yield address, *_verdict(address, said, lines, others=[one for one in found if one != address])


def names_nobody(address: str, text: str) -> bool:
    """Whether a server's answer says that there is no such mailbox or domain.

    By its codes, else by its words. Words that say it of this very address hold whatever the code: some servers give
    one that is about policy.
    """
    lower = " ".join(text.lower().split())
    if re.search(re.escape(address.lower()) + _IS_NONE, lower):
        return True
    if codes := codes_in(lower):
        return says_dead(codes)
    if _FOR_NOW.search(lower) and not _FINAL.search(lower):
        return False
    return any(word in lower for word in _NOBODY)


def _until_returned(lines: Sequence[str]) -> list[str]:
    """What the server says itself, without the transcript and the mail it returns."""
    for at, line in enumerate(lines):
        if line.lower().startswith(_RETURNED):
            return list(lines[:at])
    return list(lines)


def _named(said: Sequence[str]) -> Iterator[str]:
    """Addresses that stand at the beginning of a line, or in a sentence that says who was not reached."""
    for line in said:
        lower = line.lower()
        is_sentence = lower.startswith(_BEGINS) or "delivered to" in lower or "recipient" in lower
        for found in _ADDRESS.finditer(line):
            if found.start() <= 1 or is_sentence or _stands_in_name(line, found.start()):
                yield found[1].strip(".")
                break


def _stands_in_name(line: str, at: int) -> bool:
    """Exchange: `Lan Pham (lan@example.com)`, alone on its line."""
    return at < 80 and line[at] in "(<" and line.rstrip(" .").endswith((")", ">"))


def _verdict(address: str, said: Sequence[str], lines: Sequence[str], *, others: Sequence[str]) -> tuple[bool, str]:
    """Whether the address is dead, and the words after it, up to the next blank line or recipient.

    What the report says elsewhere, in its transcript too, is about the address where it names it or no other.
    """
    places = [at for at, line in enumerate(said) if address in line]
    after: list[str] = []
    for line in said[places[0] :] if places else said:
        if (not line and len(after) > 1) or any(other in line for other in others):
            break
        if line:
            after.append(line)
    reason = " ".join(after)[:LONGEST_LINE] or "it was returned"
    elsewhere = [line for line in lines if address in line or (not others and _FINAL.search(line))]
    return names_nobody(address, " ".join([reason, *elsewhere])), reason
