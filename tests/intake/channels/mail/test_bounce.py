"""Mail of ours that did not arrive: who is told of, and which mail it was (I1)."""

from __future__ import annotations

import pytest

from services.intake.channels.items import Contact, Fact, Reach
from services.intake.channels.mail.message import read_mail
from shared.contracts.intake import InteractionFact, Reachability
from tests.intake.channels.mail.writing import (
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
