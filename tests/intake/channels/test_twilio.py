"""Twilio: what becomes of messages and of calls, in whatever order its webhooks come."""

from __future__ import annotations

from base64 import b64encode
from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from functools import reduce
from itertools import permutations
from typing import Any
from urllib.parse import urlencode
from xml.etree import ElementTree

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.intake.arrivals.calls.calls import CallFacts, fold, is_settled, settle
from services.intake.channels.items import Attachment, CallStep, Contact, Fact, Item, Reach
from services.intake.channels.provider import NoDownload, Request, Unreadable
from services.intake.channels.providers.twilio import PROVIDER
from shared.contracts.intake import ChannelKind, HandleKind, InteractionFact, InteractionKind, Reachability
from tests.intake.channels import wild

START = datetime(2026, 3, 2, 9, 0, tzinfo=UTC)
CUSTOMER, OURS, AGENT = "+84901234567", "+842812345678", "+84999999999"


def parse(**fields: str) -> Sequence[Any]:
    return PROVIDER.parse(Request("https://kept.example.com/", {}, urlencode(fields).encode()))


def message(**fields: str) -> Sequence[Any]:
    return parse(**{"MessageSid": "SM1", "From": CUSTOMER, "To": OURS, **fields})


def call(status: str = "", after: float | None = None, **fields: str) -> Sequence[Item]:
    """A voice webhook; `after` the call's start, in seconds, where it carries a time."""
    given = {"CallSid": "CA1", "From": CUSTOMER, "To": OURS, "Direction": "inbound"}
    if status:
        given["CallStatus"] = status
    if after is not None:
        given["Timestamp"] = format_datetime(START + timedelta(seconds=after))
    return parse(**given | fields)


def steps(*webhooks: Sequence[Item], received: datetime = START) -> list[CallStep]:
    """As the worker folds them: our own time where a step has none."""
    found = [item for items in webhooks for item in items if isinstance(item, CallStep)]
    return [replace(one, at=one.at or received) for one in found]


def known(said: Sequence[CallStep]) -> CallFacts:
    return reduce(fold, said, CallFacts())


class TestMessages:
    @pytest.mark.parametrize(
        ("status", "fact"),
        [
            *(("sent", InteractionFact.SENT), ("delivered", InteractionFact.DELIVERED), ("read", InteractionFact.READ)),
            *(("undelivered", InteractionFact.FAILED), ("failed", InteractionFact.FAILED)),
        ],
    )
    def test_what_became_of_ours(self, status: str, fact: InteractionFact) -> None:
        """X2"""
        (found,) = message(From=OURS, To="whatsapp:" + CUSTOMER, MessageStatus=status)
        assert (found.external_id, found.fact, found.about) == (f"SM1:{status}", fact, "SM1")
        assert (found.address.kind, found.address.value) == (HandleKind.PHONE, CUSTOMER)

    @pytest.mark.parametrize("status", ["queued", "accepted", "sending", "scheduled", "canceled"])
    def test_what_is_twilios_own_business(self, status: str) -> None:
        assert message(MessageStatus=status) == []

    def test_a_message_to_somebody_who_has_said_stop(self) -> None:
        fact, reach = message(From=OURS, To=CUSTOMER, MessageStatus="failed", ErrorCode="21610")
        assert isinstance(fact, Fact)
        assert isinstance(reach, Reach)
        assert (reach.address.value, reach.reason) == (CUSTOMER, Reachability.OPTED_OUT)

    @pytest.mark.parametrize("code", ["30003", "30005", "30006"])
    def test_a_handset_that_is_off_says_nothing_lasting(self, code: str) -> None:
        (fact,) = message(To=CUSTOMER, MessageStatus="undelivered", ErrorCode=code)
        assert fact.text == f"Twilio error {code}"

    @pytest.mark.parametrize(
        ("word", "reason"), [("STOP", Reachability.OPTED_OUT), ("START", Reachability.OPTED_IN), ("HELP", None)]
    )
    def test_stop_is_a_contact_and_a_wish(self, word: str, reason: Reachability | None) -> None:
        contact, *wishes = message(Body=word, OptOutType=word)
        assert contact.text == word
        assert [(w.reason, w.address.value) for w in wishes] == ([(reason, CUSTOMER)] if reason else [])

    def test_what_a_message_answers(self) -> None:
        assert message(Body="yes", OriginalRepliedMessageSid="SM0")[0].references == ("SM0",)

    def test_a_location_has_words_too(self) -> None:
        (contact,) = message(From="whatsapp:" + CUSTOMER, Body="", Latitude="10.8", Longitude="106.7", Label="Chợ")
        assert (contact.text, contact.channel_kind) == ("Chợ, 10.8, 106.7", ChannelKind.CHAT)

    def test_another_networks_id_is_no_phone(self) -> None:
        (contact,) = message(From="messenger:1234567890", To="messenger:99", Body="hi")
        assert (contact.address.kind, contact.address.value) == (HandleKind.CHAT, "1234567890")
        assert contact.address.scope == "messenger:99"

    def test_the_answer_to_a_call_is_valid_twiml(self) -> None:
        root = ElementTree.fromstring(PROVIDER.reply.body)
        assert (root.tag, list(root)) == ("Response", [])


class TestCalls:
    """Each a list of webhooks as Twilio sends them."""

    answered = (
        call("ringing"),
        call("initiated", 0),
        call("ringing", 1),
        call("in-progress", 12),
        call("in-progress", Digits="1"),
        call("completed", 102, CallDuration="90", Duration="2"),
    )

    @pytest.mark.parametrize("status", ["busy", "no-answer", "failed", "canceled"])
    def test_a_call_that_nobody_took(self, status: str) -> None:
        """I3"""
        facts = known(steps(call("ringing"), call(status, 20, CallDuration="0")))
        assert is_settled(facts)
        contact = settle("CA1", facts)
        assert (contact.kind, contact.duration_seconds) == (InteractionKind.MISSED_CALL, None)
        assert (contact.channel_kind, contact.occurred_at) == (ChannelKind.PHONE, START)
        assert contact.address is not None
        assert contact.address.value == CUSTOMER

    def test_the_two_webhooks_that_twilio_sends_unasked_are_enough(self) -> None:
        facts = known(steps(call("ringing"), call("completed", 102, CallDuration="90")))
        assert is_settled(facts)
        contact = settle("CA1", facts)
        assert (contact.kind, contact.duration_seconds) == (InteractionKind.CALL, 90)

    @pytest.mark.parametrize(
        "put_through",
        [call("in-progress", DialCallStatus="no-answer"), call("busy", 30, CallSid="CA2", ParentCallSid="CA1")],
    )
    def test_a_menu_that_reached_nobody_is_a_missed_call(self, put_through: Sequence[Item]) -> None:
        """I3"""
        facts = known(steps(call("ringing"), put_through, call("completed", 40, CallDuration="38")))
        contact = settle("CA1", facts)
        assert (contact.kind, contact.duration_seconds) == (InteractionKind.MISSED_CALL, None)

    def test_the_second_person_who_is_tried_may_answer(self) -> None:
        first = call("no-answer", 30, CallSid="CA2", ParentCallSid="CA1", To=AGENT, Direction="outbound-dial")
        second = call("completed", 90, CallSid="CA3", ParentCallSid="CA1", To=AGENT, Direction="outbound-dial")
        for order in permutations([call("ringing"), first, second, call("completed", 91, CallDuration="88")]):
            contact = settle("CA1", known(steps(*order)))
            assert (contact.kind, contact.agent, contact.direction) == (InteractionKind.CALL, AGENT, "in")

    @pytest.mark.parametrize("direction", ["outbound-api", "outbound-dial"])
    def test_a_call_of_ours_is_with_whom_we_called(self, direction: str) -> None:
        ours: dict[str, Any] = {"From": OURS, "To": CUSTOMER, "Direction": direction}
        said = steps(call("initiated", 0, **ours), call("completed", 60, **ours, CallDuration="50"))
        contact = settle("CA1", known(said))
        assert contact.address is not None
        assert (contact.direction, contact.address.value) == ("out", CUSTOMER)

    @pytest.mark.parametrize(
        ("written", "number"),
        [
            *(
                ("whatsapp:+84901234567", CUSTOMER),
                ("sip:+84901234567@pbx.example.com", CUSTOMER),
                ("client:lan", "lan"),
            ),
            *(("+266696687", None), ("Anonymous", None), ("", None), ("sip:anonymous@anonymous.invalid", None)),
        ],
    )
    def test_how_a_caller_is_written(self, written: str, number: str | None) -> None:
        (step,) = steps(call("ringing", From=written))
        assert step.caller == number

    @pytest.mark.parametrize("amid", [{"Digits": "1"}, {"SpeechResult": "đơn hàng"}, {"DialCallStatus": "completed"}])
    def test_what_is_heard_amid_a_call_does_not_begin_it(self, amid: dict[str, Any]) -> None:
        assert all(step.event == "transfer" for step in steps(call("in-progress", **amid), call("", **amid)))

    @given(st.randoms(), st.integers(1, 3))
    def test_order_and_copies_never_matter(self, chance: Any, copies: int) -> None:
        """I3: nor when they come in, as long as that is after they were sent."""
        said = [step for items in self.answered for step in steps(items)] * copies
        chance.shuffle(said)
        contact = settle("CA1", known(said))
        assert contact == settle("CA1", known(steps(*self.answered)))
        assert (contact.kind, contact.duration_seconds, contact.occurred_at) == (InteractionKind.CALL, 90, START)

    @given(st.lists(st.integers(0, 100_000), min_size=6, max_size=6), st.randoms())
    def test_a_webhook_that_is_late_changes_nothing(self, delays: list[int], chance: Any) -> None:
        late = [
            step
            for items, delay in zip(self.answered, delays, strict=True)
            for step in steps(items, received=START + timedelta(seconds=delay))
        ]
        chance.shuffle(late)
        assert settle("CA1", known(late)) == settle("CA1", known(steps(*self.answered)))

    @given(st.integers(0, 100_000))
    def test_a_first_webhook_that_comes_last_does_not_begin_a_call_after_its_end(self, delay: int) -> None:
        ringing = steps(call("ringing"), received=START + timedelta(seconds=delay))
        contact = settle("CA1", known([*steps(call("completed", 102, CallDuration="90")), *ringing]))
        assert contact.occurred_at == min(START + timedelta(seconds=delay), START + timedelta(seconds=12))

    def test_a_recording_is_told_of_three_times_and_is_one(self) -> None:
        url = "https://api.twilio.com/2010-04-01/Accounts/AC1/Recordings/RE1"
        told = [
            call("in-progress", RecordingUrl=url, RecordingDuration="20"),
            call("", RecordingSid="RE1", RecordingUrl=url, RecordingStatus="completed"),
            call("completed", 30, CallDuration="28", RecordingSid="RE1", RecordingUrl=url),
        ]
        facts = [item for items in told for item in items if isinstance(item, Fact)]
        assert {(f.external_id, f.about, f.attachments) for f in facts} == {
            ("RE1", "CA1", (Attachment("RE1.mp3", "audio/mpeg", url=url + ".mp3"),))
        }
        assert len(facts) == 3

    @pytest.mark.parametrize("status", ["in-progress", "absent"])
    def test_a_recording_that_is_none_yet(self, status: str) -> None:
        assert call("", RecordingSid="RE1", RecordingUrl="https://api.twilio.com/RE1", RecordingStatus=status) == []

    def test_the_words_of_a_recording(self) -> None:
        """I13"""
        fields: dict[str, Any] = {
            "TranscriptionSid": "TR1",
            "TranscriptionText": "Please call back",
            "RecordingSid": "RE1",
        }
        (fact,) = call("completed", RecordingUrl="https://api.twilio.com/RE1", **fields)
        assert isinstance(fact, Fact)
        assert (fact.external_id, fact.about, fact.text) == ("TR1", "CA1", "Please call back")
        assert call("completed", TranscriptionSid="TR1", TranscriptionStatus="failed") == []
        assert call("in-progress", TranscriptionEvent="transcription-content", TranscriptionData="{}") == []


class TestDownloads:
    token = "AC1:secret"

    def test_the_token_goes_to_twilio(self) -> None:
        file = Attachment(None, None, url="https://api.twilio.com/2010-04-01/Accounts/AC1/Media/ME1")
        download = PROVIDER.locate(file, self.token)
        assert download.url == file.url
        assert download.headers == {"Authorization": "Basic " + b64encode(self.token.encode()).decode()}
        assert PROVIDER.locate(file, None).headers == {}

    @pytest.mark.parametrize(
        "url",
        [
            *("http://api.twilio.com/a", "https://api.twilio.com.evil.example/a", "https://eviltwilio.com/a", None),
            *(
                "https://api.twilio.com@evil.example/",
                "https://api.twilio.com:8443/a",
                "https://[::1",
                "//twilio.com/a",
            ),
        ],
    )
    def test_and_to_nobody_else(self, url: str | None) -> None:
        with pytest.raises(NoDownload):
            PROVIDER.locate(Attachment(None, None, url=url), self.token)


KEYS = (
    *("MessageSid", "SmsSid", "CallSid", "ParentCallSid", "From", "To", "Body", "NumMedia", "MediaUrl0", "OptOutType"),
    *(
        "MessageStatus",
        "SmsStatus",
        "ErrorCode",
        "CallStatus",
        "CallDuration",
        "Timestamp",
        "Direction",
        "RecordingUrl",
    ),
    *("RecordingSid", "RecordingStatus", "DialCallStatus", "TranscriptionSid", "TranscriptionText", "Latitude"),
)
VALUES = st.text(max_size=20) | st.sampled_from(
    [
        *("completed", "ringing", "in-progress", "busy", "inbound", "STOP", "21610", "delivered", "whatsapp:", "sip:@"),
        *("Sun, 22 Nov 2026 08:15:42 +0000", "Fri, 31 Dec 9999 23:59:00 -2300", "9" * 30, "-1", "https://[::1"),
        *("anonymous", ":", "messenger:", "https://api.twilio.com/RE1"),
    ]
)


@given(st.dictionaries(st.sampled_from(KEYS), VALUES).map(lambda f: urlencode(f, errors="replace").encode()))
def test_whatever_its_fields_hold(body: bytes) -> None:
    wild.parsed("twilio", body)


@given(st.binary(max_size=60))
def test_whatever_the_body_is(body: bytes) -> None:
    wild.parsed("twilio", b"CallSid=1&" + body)
    with pytest.raises(Unreadable):
        PROVIDER.parse(Request("https://kept.example.com/", {}, b"\xff" + body))


@given(st.lists(st.dictionaries(st.sampled_from(KEYS), VALUES), max_size=6), st.randoms())
def test_whatever_calls_are_made_of_they_settle_to_one_thing(webhooks: list[dict[str, str]], chance: Any) -> None:
    items = [wild.parsed("twilio", urlencode({"CallSid": "C", **w}, errors="replace").encode()) for w in webhooks]
    said = steps(*items)
    shuffled = [*said, *said]
    chance.shuffle(shuffled)
    facts = known(said)
    assert known(shuffled) == facts
    if facts.ended_at:
        assert isinstance(settle("C", facts), Contact)
