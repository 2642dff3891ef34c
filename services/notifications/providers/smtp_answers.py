"""Answers of a mail server, and what they mean. Pure."""

from __future__ import annotations

import re

from aiosmtplib import (
    SMTPAuthenticationError,
    SMTPConnectError,
    SMTPConnectResponseError,
    SMTPHeloError,
    SMTPRecipientsRefused,
    SMTPResponseException,
    SMTPSenderRefused,
)

from services.notifications.errors import Outcome, Undelivered
from services.notifications.providers.rules import Rules, judged
from shared.mail_status import DEAD_ADDRESS

_OURS = (SMTPAuthenticationError, SMTPConnectResponseError, SMTPHeloError, SMTPSenderRefused)
"""The server has not got to the message: it lets us not in, or does not take our address."""
_ENHANCED = re.compile(r"\s*([245]\.\d{1,3}\.\d{1,3})\b")

RULES: Rules = {
    "4": Outcome.LATER,
    "5": Outcome.REFUSED,
    "530": Outcome.ACCOUNT,  # authentication is required (RFC 4954)
    "535": Outcome.ACCOUNT,
    "5.2.2": Outcome.LATER,  # full
    **dict.fromkeys(DEAD_ADDRESS, Outcome.DEAD),
}
"""Reply codes (RFC 5321) and enhanced status codes (RFC 3463 and IANA's registry)."""


def verdict(error: Exception) -> Undelivered:
    """The outcome in an error of talking to the server; unknown where the message got no answer."""
    if isinstance(error, SMTPRecipientsRefused) and error.recipients:
        error = error.recipients[0]
    if isinstance(error, _OURS):
        return Undelivered(Outcome.ACCOUNT, f"the mail server does not let us in: {error}")
    if isinstance(error, SMTPResponseException):
        enhanced = _ENHANCED.match(error.message)
        codes = ([enhanced[1]] if enhanced else []) + [str(error.code)]
        return Undelivered(judged(RULES, *codes), f"the mail server answered {error.code} {error.message}")
    if isinstance(error, SMTPConnectError):
        return Undelivered(Outcome.LATER, f"the mail server cannot be reached: {error!r}")
    return Undelivered(Outcome.UNKNOWN, f"the mail server did not answer: {error!r}")
