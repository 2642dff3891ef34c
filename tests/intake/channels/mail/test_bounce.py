"""Mail of ours that did not arrive: who is told of, and which mail it was (I1)."""

from __future__ import annotations

import pytest

from services.intake.channels.items import Contact, Fact, Reach
from services.intake.channels.mail.message import read_mail
from shared.contracts.intake import InteractionFact, Reachability
from tests.intake.channels.mail.writing import (
    mail,
    recipient,
    report,
)


class TestBounces:
    def test_a_bounce_is_what_it_is_and_is_kept(self) -> None:
        raw = report(recipient("a@example.com"), recipient("<b@example.com>", status="5.2.1 (disabled)"))
        first, *others = read_mail(raw)
        assert isinstance(first, Contact)
        assert first.automatic
        assert first.references == ("<ours@kept>",)
        reached = [item for item in others if isinstance(item, Reach)]
        facts = [item for item in others if isinstance(item, Fact)]
        assert [(r.address.value, r.reason) for r in reached] == [
            ("a@example.com", Reachability.BOUNCED),
            ("b@example.com", Reachability.BOUNCED),
        ]
        assert [(f.about, f.fact) for f in facts] == [("<ours@kept>", InteractionFact.FAILED)] * 2
        assert len({f.external_id for f in facts}) == 2
        assert len(others) == 4

    def test_only_the_headers_may_have_been_returned(self) -> None:
        raw = report(recipient("a@example.com")).replace(b"message/rfc822", b"text/rfc822-headers")
        assert [item.about for item in read_mail(raw) if isinstance(item, Fact)] == ["<ours@kept>"]

    def test_without_the_original_only_the_address_is_known(self) -> None:
        found = read_mail(report(recipient("a@example.com"), returned=None))[1:]
        assert [type(item) for item in found] == [Reach]

    @pytest.mark.parametrize(
        ("action", "status"), [("delayed", "4.4.1"), ("delayed", "5.1.1"), ("relayed", "2.0.0"), ("delivered", "2.0.0")]
    )
    def test_a_delay_is_no_bounce(self, action: str, status: str) -> None:
        assert len(read_mail(report(recipient("a@example.com", action, status)))) == 1

    def test_what_was_given_up_after_a_wait_says_nothing_of_the_address(self) -> None:
        found = read_mail(report(recipient("a@example.com", "failed", "4.4.7")))[1:]
        assert [type(item) for item in found] == [Fact]

    def test_the_address_we_wrote_to_is_the_one(self) -> None:
        """A forwarding server names the address it forwarded to as the final one."""
        original = "Original-Recipient: rfc822; a@example.com\n" + recipient("inner@other.example")
        assert [i.address.value for i in read_mail(report(original)) if isinstance(i, Reach)] == ["a@example.com"]

    def test_what_only_looks_like_a_report_is_none(self) -> None:
        assert len(read_mail(report(recipient("a@example.com"), kind="mixed"))) == 1

    def test_there_is_an_end_to_recipients(self) -> None:
        raw = report(*[recipient(f"{i}@example.com") for i in range(5000)])
        assert len(read_mail(raw)) == 1 + 2 * 100


def dead(raw: bytes) -> list[str]:
    return [item.address.value for item in read_mail(raw) if isinstance(item, Reach)]


def returned(raw: bytes) -> list[str]:
    return [item.address.value for item in read_mail(raw) if isinstance(item, Fact) and item.address]


class TestDeadAddresses:
    """A dead address is one at which nobody can be reached, whatever is sent: it is not written to again."""

    @pytest.mark.parametrize(
        "status", ["5.7.1", "5.7.26", "5.6.0", "5.3.4", "5.2.2", "5.4.4", "5.1.3", "5.1.12", "5.0.0"]
    )
    def test_a_refusal_of_the_message_says_nothing_of_the_address(self, status: str) -> None:
        raw = report(recipient("a@example.com", status=status))
        assert (dead(raw), returned(raw)) == ([], ["a@example.com"])

    @pytest.mark.parametrize("status", ["5.1.1", "5.1.2", "5.1.10", "5.2.1", "5.1.1 (no such user)"])
    def test_no_such_mailbox_or_domain_is_said_by_few_codes(self, status: str) -> None:
        assert dead(report(recipient("a@example.com", status=status))) == ["a@example.com"]

    @pytest.mark.parametrize(
        ("answer", "is_dead"),
        [
            ("550 5.1.1 no", True),
            ("550 No such user here", True),
            ("550 5.7.1 user unknown to our policy", False),
            ("550 5.7.1 <a@example.com>: rejected: user a@example.com does not exist", True),
            ("550 5.1.8 the domain of your address does not exist", False),
            ("550 no", False),
        ],
    )
    def test_a_status_that_says_nothing_leaves_it_to_the_answer(self, answer: str, is_dead: bool) -> None:
        said = recipient("a@example.com", status="5.0.0").replace("smtp; 550 no", f"smtp; {answer}")
        assert bool(dead(report(said))) is is_dead

    @pytest.mark.parametrize(
        "answer",
        [
            "550 5.7.1 Message rejected as spam",
            "552 5.3.4 Message size exceeds fixed limit",
            "554 Message refused by policy",
            "550 Requested action not taken: mailbox unavailable",
            "550 Recipient address rejected: Access denied",
            "552 5.2.2 The email account that you tried to reach is over quota",
            "554 5.6.0 Message content rejected",
            "550 Blocked: 10.5.1.1 is listed",
        ],
    )
    def test_words_that_refuse_the_message_say_nothing_of_the_address(self, answer: str) -> None:
        raw = in_words(f"<a@example.com>: host mx said: {answer}")
        assert (dead(raw), returned(raw)) == ([], ["a@example.com"])

    @pytest.mark.parametrize(
        "answer",
        [
            "550 5.1.1 rejected",
            "550 5.2.1 The account is disabled",
            "550 user unknown",
            "554 No such domain",
            "Unrouteable address",
            "550 The email account that you tried to reach does not exist",
        ],
    )
    def test_words_that_name_nobody_are_about_the_address(self, answer: str) -> None:
        assert dead(in_words(f"<a@example.com>: host mx said: {answer}")) == ["a@example.com"]

    def test_of_two_recipients_each_has_its_own_answer(self) -> None:
        raw = in_words("<a@example.com>: 550 5.1.1 unknown", "", "<b@example.com>: 550 5.7.1 spam")
        assert dead(raw) == ["a@example.com"]
        assert returned(raw) == ["a@example.com", "b@example.com"]


def in_words(*lines: str) -> bytes:
    """A report of Postfix in words alone."""
    begins = "This is the mail system at host mx.example.\n\nI'm sorry to have to inform you\n\n"
    header = b"From: MAILER-DAEMON@mx.example\nTo: help@shop.example\nSubject: Undelivered\n"
    return mail(body=begins + "\n".join(lines) + "\n\nMessage-ID: <ours@kept>\n", header=header)
