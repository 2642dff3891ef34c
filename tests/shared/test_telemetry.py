"""The trace of a request reaches the events it causes, and their effects; secrets reach no log."""

import json
from collections.abc import Iterator
from uuid import UUID, uuid4

import httpx
import pytest
from opentelemetry import trace
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.export import SimpleSpanProcessor
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter

from shared import telemetry
from shared.broker.local import LocalBroker
from shared.contracts import Event
from shared.contracts.intake import CaseUpdated
from shared.database import Database, WriteSession
from shared.handling import Reaction, Reactions, Work
from shared.relay import Relay
from tests.shared.test_inbox import running
from tests.shared.test_relay import events, published
from tests.support.scratch import fact, record_effect, rows, until, words

TRACE = "0af7651916cd43dd8448eb211c80319c"
INCOMING = f"00-{TRACE}-b7ad6b7169203331-01"


@pytest.fixture
def spans(monkeypatch: pytest.MonkeyPatch) -> Iterator[InMemorySpanExporter]:
    """As with an exporter configured: what is recorded, in memory."""
    exporter, provider = InMemorySpanExporter(), TracerProvider()
    provider.add_span_processor(SimpleSpanProcessor(exporter))
    monkeypatch.setattr(telemetry, "_tracer", provider.get_tracer("kept"))
    yield exporter
    provider.shutdown()


async def send(client: httpx.AsyncClient, traceparent: str | None = INCOMING) -> None:
    headers = {} if traceparent is None else {"traceparent": traceparent}
    body = {"customer": str(uuid4()), "word": "kept"}
    assert (await client.post("/toy/notes", json=body, headers=headers)).status_code == 201


async def traces(database: Database) -> list[str | None]:
    return [row.traceparent for row in await rows(database, "SELECT traceparent FROM event_log ORDER BY id")]


async def test_a_trace_is_carried_from_the_request_to_the_record_without_an_exporter(
    client: httpx.AsyncClient, database: Database, broker: LocalBroker
) -> None:
    await send(client)
    await Relay(database, broker).publish_waiting()
    (event,) = events(await published(broker))
    assert event.traceparent is not None
    assert event.traceparent.split("-")[1] == TRACE
    assert dict(event.headers())["ce_traceparent"] == event.traceparent.encode()


@pytest.mark.parametrize(
    "traceparent", [None, "", "nonsense", "00-" + "0" * 32 + "-b7ad6b7169203331-01", "ff-" + INCOMING[3:]]
)
async def test_without_a_good_one_every_request_has_a_trace_of_its_own(
    client: httpx.AsyncClient, database: Database, traceparent: str | None
) -> None:
    await send(client, traceparent)
    await send(client, traceparent)
    one, other = await traces(database)
    assert one is not None
    assert other is not None
    assert one.split("-")[1] != other.split("-")[1]


async def test_an_exporter_sees_one_trace_from_request_to_effect_to_answer(
    client: httpx.AsyncClient, database: Database, broker: LocalBroker, spans: InMemorySpanExporter
) -> None:
    async def gather(_: WriteSession, __: object) -> list[tuple[str, str]]:
        return []

    async def write(session: WriteSession, effects: list[tuple[str, str]]) -> None:
        for effect in effects:
            await record_effect(session, *effect)

    reaction = Reaction(gather, write)

    @reaction.on(CaseUpdated)
    def updated(effects: list[tuple[str, str]], work: Work, event: Event, payload: CaseUpdated) -> None:
        effects.append((event.key, f"handled {payload.stated_request}"))
        if payload.stated_request == "kept":
            work.emit(fact(UUID(event.key), "answer"))

    await send(client)
    relay = Relay(database, broker)
    await relay.publish_waiting()
    async with running(database, broker, Reactions(reaction)):
        await until(lambda: _has(database, "handled kept"))
    assert [t.split("-")[1] for t in await traces(database) if t] == [TRACE, TRACE]

    by_name = {span.name: span for span in spans.get_finished_spans()}
    assert set(by_name) == {"POST toy", "handle kept.case.updated.v1"}
    request, handled = by_name["POST toy"], by_name["handle kept.case.updated.v1"]
    assert request.context is not None
    assert request.parent is not None
    assert handled.parent is not None
    assert f"{request.context.trace_id:032x}" == TRACE
    assert f"{request.parent.span_id:016x}" == INCOMING.split("-")[2]
    assert handled.parent.span_id == request.context.span_id


async def _has(database: Database, word: str) -> bool:
    return word in await words(database)


async def test_work_without_a_cause_has_no_trace(database: Database) -> None:
    async with database.write() as session:
        session.emit(fact(uuid4(), "by itself"))
    assert await traces(database) == [None]
    assert not trace.get_current_span().get_span_context().is_valid


def test_secrets_are_hidden_by_their_names() -> None:
    names = ["secret_key", "access_token", "Authorization", "cookie", "signature", "api_key", "apikey", "password"]
    shown = telemetry._hide_secrets(None, "info", {**dict.fromkeys(names, "s3cret"), "key": "customer", "path": "/x"})
    assert "s3cret" not in json.dumps(shown)
    assert (shown["key"], shown["path"]) == ("customer", "/x")
