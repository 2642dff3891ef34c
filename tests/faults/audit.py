"""The verdict, as a function of the ledger and the facts: what is lost, what stands twice, what is out of order."""

from __future__ import annotations

import re
from collections import Counter, defaultdict
from collections.abc import Callable, Hashable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Any, Literal

from tests.faults.facts import Facts, Logged, Subscription
from tests.faults.ledger import Ledger

Fault = Literal["lost", "doubled", "out_of_order"]


@dataclass(frozen=True, slots=True)
class Finding:
    fault: Fault
    what: str


Findings = Iterator[Finding]


def examine(ledger: Ledger, facts: Facts, subscriptions: Mapping[str, Subscription]) -> list[Finding]:
    """Every finding; none where all holds."""
    checks: Sequence[Callable[[], Findings]] = (
        lambda: _accepted(ledger, facts),
        lambda: _promised(ledger, facts),
        lambda: _clocks(facts),
        lambda: _told(facts),
        lambda: _timeline(facts),
        lambda: _passed_on(facts, subscriptions),
        lambda: _in_order(facts),
        lambda: _as_they_came(ledger, facts),
    )
    return [finding for check in checks for finding in check()]


def once(what: str, expected: Iterable[Hashable], found: Iterable[Hashable]) -> Findings:
    """Each of the expected must be found exactly once."""
    counts = Counter(found)
    for one in expected:
        if counts[one] == 0:
            yield Finding("lost", f"{what}: {one}")
        elif counts[one] > 1:
            yield Finding("doubled", f"{what}: {one}, {counts[one]} times")


def unique(what: str, found: Iterable[Hashable]) -> Findings:
    return (Finding("doubled", f"{what}: {one}, {n} times") for one, n in Counter(found).items() if n > 1)


def _events(facts: Facts, service: str, type_: str) -> Iterator[Logged]:
    return (e for e in facts.log[service] if e.type.rpartition(".v")[0] == f"kept.{type_}")


def _accepted(ledger: Ledger, facts: Facts) -> Findings:
    """Every 2xx is one contact, filed once and told once. Nobody was turned away for good."""
    yield from (Finding("lost", f"refused: {what}") for what in ledger.refused)
    yield from (Finding("lost", f"in quarantine: {reason}") for reason in facts.quarantine)
    rows = [(r["channel"], r["external_id"]) for r in facts.interactions]
    accepted = {(c.channel, c.external_id) for c in ledger.contacts}
    yield from once("contact", accepted, rows)
    yield from once(
        "agent's answer", ledger.answers, [r["text"] for r in facts.interactions if r["direction"] == "out"]
    )
    told = [
        e.data["interaction_id"] for t in ("received", "sent") for e in _events(facts, "intake", f"interaction.{t}")
    ]
    yield from once("event of an interaction", [str(r["id"]) for r in facts.interactions], told)
    kinds = {(r["channel"], r["external_id"]): r["kind"] for r in facts.interactions}
    for contact in ledger.contacts:
        found = kinds.get((contact.channel, contact.external_id), contact.kind)
        if found != contact.kind:
            yield Finding("lost", f"contact: {contact.external_id} was a {contact.kind} and is a {found}")


def _promised(ledger: Ledger, facts: Facts) -> Findings:
    """Every promise that was stated stands once, was told once, and came to one end."""
    promises = [r for r in facts.commitments if r["kind"] == "promise"]
    yield from once("promise", ledger.promises.items(), [(str(r["id"]), r["words"]) for r in promises])
    yield from unique("promise in the same words", [r["words"] for r in promises])
    for row in promises:
        if row["outcome"] is None:
            yield Finding("lost", f"outcome of the promise {row['id']}, which is {row['status']}")
        if str(row["id"]) in ledger.fulfilled and row["status"] not in {"fulfilled", "broken"}:
            yield Finding("lost", f"fulfilment of the promise {row['id']}")
    for fact in ("drafted", "stated", "at_risk", "fulfilled", "broken"):
        told = [e.data["commitment_id"] for e in _events(facts, "commitments", f"commitment.{fact}")]
        yield from unique(f"commitment.{fact}", told)
        if fact == "stated":
            yield from once("told promise", [str(r["id"]) for r in facts.commitments], told)
        if fact == "fulfilled":
            yield from (Finding("lost", f"fulfilment of {id_}") for id_ in ledger.fulfilled - set(told))
            ours = {str(r["id"]) for r in promises}
            yield from once("survey", [id_ for id_ in told if id_ in ours], map(str, facts.surveyed))


def _clocks(facts: Facts) -> Findings:
    """A message opens a clock for an answer, a missed call one for a call-back, or joins one that is open; once each.

    Each has one acknowledgement, sent or with the reason why not.
    """
    joined = [r["interaction_id"] for r in facts.joined]
    acknowledged = [r["once_for"] for r in facts.notifications if r["template"] == "acknowledgement"]
    answered = {"response": {"message"}, "call_back": {"missed_call"}}
    for opens, kinds in answered.items():
        came = {r["id"] for r in facts.interactions if r["direction"] == "in" and r["kind"] in kinds}
        clocks = [r["interaction_id"] for r in facts.commitments if r["kind"] == opens]
        yield from once(f"{opens} clock", came, clocks + [id_ for id_ in joined if id_ in came])
        yield from once(f"acknowledgement of a {opens} clock", came, [id_ for id_ in acknowledged if id_ in came])


def _told(facts: Facts) -> Findings:
    """Each notification ended, said so once, and if it was sent there is a mail of it.

    That nobody knows whether one left is an end too, where its worker died with it in hand.
    """
    ends = {"sent", "failed", "suppressed", "unknown"}
    events = [
        (e.data["notification_id"], end) for end in ends for e in _events(facts, "notifications", f"notification.{end}")
    ]
    yield from once("end of a notification", [(str(r["id"]), r["state"]) for r in facts.notifications], events)
    yield from unique("end of a notification", [id_ for id_, _ in events])
    mailed = {
        re.split("[.@]", message_id.strip("<>"))[0] for message_id in facts.mails
    }  # The mark of a case comes after.
    for row in facts.notifications:
        if row["state"] not in ends or (row["state"] == "unknown" and not row["attempts"]):
            yield Finding("lost", f"end of the notification {row['id']}, which is {row['state']}")
        if row["state"] == "sent" and str(row["id"]) not in mailed:
            yield Finding("lost", f"mail of the notification {row['id']}")


def _timeline(facts: Facts) -> Findings:
    """The timeline shows every event of every service once, and nothing that never happened."""
    happened = {e.event_id for log in facts.log.values() for e in log}
    shown = [r["event_id"] for r in facts.timeline]
    yield from once("timeline entry", happened, shown)
    yield from (Finding("doubled", f"timeline entry without an event: {id_}") for id_ in set(shown) - happened)
    yield from unique("place on the timeline", [(r["customer_id"], r["source"], r["sequence"]) for r in facts.timeline])


def _passed_on(facts: Facts, subscriptions: Mapping[str, Subscription]) -> Findings:
    """Every event was published, and reached each service that listens."""
    published = {p.event_id for p in facts.published}
    for service, log in facts.log.items():
        yield from (
            Finding("lost", f"publication of {e.type} {e.event_id}") for e in log if e.event_id not in published
        )
        yield from (Finding("lost", f"parked by {service}: {reason}") for reason in facts.parked[service])
        for other, its in subscriptions.items():
            wanted = (e for e in log if e.topic in its.topics and its.wants(e.type))
            missed = (e for e in wanted if e.event_id not in facts.inbox[other])
            yield from (Finding("lost", f"{e.type} {e.event_id} never reached {other}") for e in missed)


def _in_order(facts: Facts) -> Findings:
    """For one customer and source: sequences 1..n as they were committed, published, and handled by everybody."""
    first: dict[tuple[str, str], list[int]] = defaultdict(list)
    seen = set()
    for record in facts.published:
        if record.event_id not in seen:
            seen.add(record.event_id)
            first[record.source, record.key].append(record.sequence)
    yield from (_disorder("publication", stream, found) for stream, found in first.items() if _is_disordered(found))
    for service, log in facts.log.items():
        streams: dict[str, list[Logged]] = defaultdict(list)
        for event in log:
            streams[event.key].append(event)
        for key, events in streams.items():
            if _is_disordered([e.sequence for e in events]):
                yield _disorder("log", (service, key), [e.sequence for e in events])
            for other, inbox in facts.inbox.items():
                handled = [(inbox[e.event_id], e.sequence) for e in events if e.event_id in inbox]
                if any(later < earlier for (earlier, _), (later, _) in pairwise(handled)):
                    yield _disorder(f"handling by {other}", (service, key), [s for _, s in sorted(handled)])


def _is_disordered(sequences: Sequence[int]) -> bool:
    return list(sequences) != list(range(1, len(sequences) + 1))


def _disorder(where: str, stream: tuple[str, str], sequences: Sequence[int]) -> Finding:
    return Finding("out_of_order", f"{where} of {stream}: {list(sequences)}")


def _as_they_came(ledger: Ledger, facts: Facts) -> Findings:
    """Who waits for the answer to one contact before the next has them on the timeline in that order."""
    ids: dict[tuple[str, str], Any] = {(r["channel"], r["external_id"]): str(r["id"]) for r in facts.interactions}
    position = {e.data["interaction_id"]: e.id for e in _events(facts, "intake", "interaction.received")}
    people: dict[str, list[int]] = defaultdict(list)
    for contact in ledger.contacts:
        id_ = ids.get((contact.channel, contact.external_id))
        if id_ in position:
            people[contact.person].append(position[id_])
    for person, positions in people.items():
        if positions != sorted(positions):
            yield _disorder("contacts", ("intake", person), positions)
