"""A link that lets its bearer act for a customer is named wherever texts are kept, and stands nowhere."""

import json
from datetime import timedelta
from functools import partial
from io import StringIO
from urllib.parse import quote
from uuid import UUID

import httpx
import pytest
import structlog
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import text

from shared.broker.local import LocalBroker
from shared.clock import ManualClock
from shared.contracts.intake import InteractionSent
from shared.database import Database
from shared.eventlog import draft
from shared.ids import new_id
from shared.relay import Relay
from shared.security import CustomerLinks, CustomerPage
from shared.security.customer_links import Mention, masked, masked_event, mention
from shared.telemetry import configure_logging
from tests.shared.test_relay import published
from tests.support.clocks import seconds
from tests.support.scratch import NOON, toy_settings

LINKS = CustomerLinks(toy_settings("postgresql+asyncpg://nowhere"), ManualClock(NOON))
ID, ENDS = UUID(int=7), NOON + timedelta(days=90)
LINK = LINKS.url(CustomerPage.PROMISE, ID, ENDS)
TOKEN = LINK.rpartition("/")[2]

WRITTEN = {
    "alone": LINK,
    "in a sentence": f"Xem tại đây: {LINK}.",
    "quoted": f"> See it here:\n> {LINK}\n> Lan",
    "in brackets": f"<{LINK}> [{LINK}]",
    "with a query": f"{LINK}?lang=vi&said=agreed",
    "an action": f"{LINK}/agree",
    "a path": f"/commitments/p/{TOKEN}",
    "behind another's redirect": f"https://safe.example/?url={quote(LINK, safe='')}&data=1",
    "in JSON that escapes": json.dumps({"a": LINK}).replace("/", "\\/"),
    "after a very long address": "https://" + "x" * 500 + f"/commitments/p/{TOKEN}",
    "twice": f"{LINK} {LINK}",
}


@pytest.mark.parametrize("said", WRITTEN.values(), ids=WRITTEN.keys())
def test_a_link_is_named_however_it_is_written(said: str) -> None:
    kept = masked(said)
    assert TOKEN not in kept
    assert str(Mention("promise", ID)) in kept
    assert masked(kept) is kept


@given(st.sampled_from(CustomerPage), st.uuids(), st.text(max_size=20), st.text("ab -_/.?=\n", max_size=20))
def test_no_link_is_left_and_what_is_named_is_what_it_led_to(
    page: CustomerPage, id_: UUID, before: str, after: str
) -> None:
    link = LINKS.url(page, id_, ENDS)
    kept = masked(before + link + after)
    assert link.rpartition("/")[2] not in kept
    assert str(Mention(page, id_)) in kept


@pytest.mark.parametrize(
    "said", ["", "commitments/p/abc", f"/commitments/x/{TOKEN}", TOKEN, "https://kept/feedback/s/x"]
)
def test_what_is_no_link_stays_the_very_same(said: str) -> None:
    assert masked(said) is said
    assert masked_event(said) is said


def test_a_link_to_a_session_of_staff_is_named_too() -> None:
    assert masked(f"GET /intake/session/{TOKEN}?next=/") == f"GET [link: session {ID}]?next=/"


def test_a_hostile_text_costs_little() -> None:
    for piece in ("https:", "https://a/commitments/p/", "%2Fcommitments%2Fp%2F", "/commitments/p/" + "a" * 55 + " "):
        text = piece * (1_000_000 // len(piece)) + LINK
        assert seconds(partial(masked, text), tries=1) < 4


def test_only_what_a_message_may_say_is_filled() -> None:
    """Somebody's words can look like the place of a link: they lead nowhere but where the message itself does."""
    mine, others = Mention("promise", ID), Mention("promise", UUID(int=8))
    said = LINKS.fill(f"{mine} {others}", [mine], ENDS)
    assert said == f"{LINK} {others}"


def test_the_details_of_a_message_say_what_its_link_leads_to() -> None:
    """Those that waited when the link itself was still in them say the same."""
    assert mention({"page": "task", "id": str(ID)}) == mention(Mention("task", ID)._asdict()) == Mention("task", ID)
    assert mention(LINK) == Mention("promise", ID)
    assert mention(None) is None
    assert mention("https://elsewhere.example/") is None


def test_an_events_own_field_is_null() -> None:
    data = json.dumps({"link": LINK, "text": f"see {LINK}", "said": '{"link": "x"}'})
    expected = {"link": None, "text": f"see [link: promise {ID}]", "said": '{"link": "x"}'}
    assert json.loads(masked_event(data)) == expected
    assert json.loads(masked_event(json.dumps(json.loads(data), separators=(",", ":")))) == expected


def test_no_event_is_written_with_one() -> None:
    """Whatever an agent or a customer pasted."""
    said = InteractionSent(
        customer_id=new_id(),
        interaction_id=new_id(),
        case_id=None,
        channel="sms",
        channel_kind="sms",
        kind="message",
        occurred_at=NOON,
        received_at=NOON,
        text=f"It is {LINK}",
        agent="lan",
    )
    assert json.loads(draft(said, at=NOON, source="/toy", id=new_id()).data)["text"] == f"It is [link: promise {ID}]"


async def test_what_was_written_before_is_published_without(database: Database, broker: LocalBroker) -> None:
    """A replay tells old events again."""
    told = json.dumps({"customer_id": str(ID), "link": LINK})
    async with database.write() as session:
        await session.execute(
            text("""
                WITH logged AS (
                    INSERT INTO event_log (event_id, type, topic, source, key, sequence, time, data)
                    VALUES (:id, 'kept.toy.v1', 'kept.intake', '/toy', :key, 1, :at, :data) RETURNING id)
                INSERT INTO outbox (id) SELECT id FROM logged
            """),
            {"id": new_id(), "key": str(ID), "at": NOON, "data": told},
        )
    assert await Relay(database, broker).publish_waiting() == 1
    (record,) = await published(broker)
    assert json.loads(record.value or b"") == {"customer_id": str(ID), "link": None}


def test_no_log_line_holds_one(monkeypatch: pytest.MonkeyPatch) -> None:
    lines, before = StringIO(), structlog.get_config()
    monkeypatch.setattr("sys.stderr", lines)
    configure_logging(json=True)
    try:
        raise ValueError(f"at {LINK}")
    except ValueError:
        structlog.get_logger("links").exception("http.error", path=f"/commitments/p/{TOKEN}", error=f"no {LINK}")
    finally:
        structlog.configure(**before)
    assert "http.error" in lines.getvalue()
    assert TOKEN not in lines.getvalue()


async def test_an_answer_to_a_customers_act_is_not_kept(client: httpx.AsyncClient, database: Database) -> None:
    """It is done once by itself; the answer leads back to the page, by the link."""
    path = f"/toy/commitments/p/{TOKEN}"
    answers = [await client.post(path, headers={"Idempotency-Key": "a"}) for _ in range(2)]
    assert [answer.headers["location"] for answer in answers] == [f"/commitments/p/{TOKEN}"] * 2
    async with database.read() as session:
        assert (await session.execute(text("SELECT count(*) FROM idempotency_key"))).scalar_one() == 0
