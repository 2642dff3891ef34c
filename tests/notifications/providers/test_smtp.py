"""What a mail server's answers mean, and what is known of a mail when it does not answer."""

from __future__ import annotations

import pytest
from aiosmtplib import (
    SMTPAuthenticationError,
    SMTPConnectError,
    SMTPDataError,
    SMTPRecipientRefused,
    SMTPRecipientsRefused,
    SMTPSenderRefused,
    SMTPServerDisconnected,
)

from services.notifications.errors import Outcome
from services.notifications.providers.rules import judged
from services.notifications.providers.smtp_answers import RULES, verdict


def _to_lan(code: int, said: str) -> SMTPRecipientsRefused:
    return SMTPRecipientsRefused([SMTPRecipientRefused(code, said, "lan@example.com")])


@pytest.mark.parametrize(
    ("error", "outcome"),
    [
        (SMTPDataError(451, "greylisted"), Outcome.LATER),
        (SMTPDataError(554, "5.7.1 policy"), Outcome.REFUSED),
        (SMTPDataError(530, "5.7.0 Authentication required"), Outcome.ACCOUNT),
        (_to_lan(550, "no such user"), Outcome.REFUSED),
        (_to_lan(550, "5.1.1 no such user"), Outcome.DEAD),
        (_to_lan(550, "5.1.10 null MX"), Outcome.DEAD),
        (_to_lan(550, "5.1.12 of some day"), Outcome.REFUSED),
        (_to_lan(552, "5.2.2 mailbox full"), Outcome.LATER),
        (SMTPSenderRefused(553, "5.7.1 not yours", "care@kept.localhost"), Outcome.ACCOUNT),
        (SMTPAuthenticationError(535, "who are you"), Outcome.ACCOUNT),
        (SMTPConnectError("refused"), Outcome.LATER),
        (SMTPServerDisconnected("gone"), Outcome.UNKNOWN),
        (TimeoutError(), Outcome.UNKNOWN),
    ],
)
def test_an_answer_is_about_the_message_the_address_us_or_now(error: Exception, outcome: Outcome) -> None:
    assert verdict(error).outcome is outcome


def test_a_code_that_no_rule_knows_says_nothing() -> None:
    assert judged(RULES, "250") is Outcome.UNKNOWN
    assert judged({}, "550") is Outcome.UNKNOWN
