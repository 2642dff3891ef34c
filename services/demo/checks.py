"""Checks of the played day, through the public interface alone."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from services.demo.interface import Interface, NotInTime, is_of, until
from services.demo.played import Played
from shared.security.customer_links import masked


@dataclass(frozen=True, slots=True)
class Finding:
    what: str
    holds: bool
    saw: str = ""


Entries = Sequence[dict[str, Any]]


async def examine(api: Interface, played: Played) -> list[Finding]:
    """Waits for what is eventual, then judges. Never raises for what differs."""
    try:
        await until(lambda: _settled(api, played), "every message about the promises is sent", seconds=60)
        waited = Finding("messages to the customer went out", True)
    except NotInTime as error:
        waited = Finding("messages to the customer went out", False, str(error))
    entries = await api.timeline(played.heroine)
    promises = {name: await api.get(f"/commitments/{id_}") for name, id_ in played.promises.items()}
    ready = await api.get("/ready")
    return [
        waited,
        *_timeline(entries, played),
        *_promises(promises),
        *_messages(entries, played),
        *_strangers(played.statuses),
        Finding("all four services say they are ready", ready["ready"] is True),
        await _next_contacts(api, played),
        await _task(api, played, promises["waited for"]),
        await _scorecard(api),
    ]


async def _settled(api: Interface, played: Played) -> bool:
    entries = await api.timeline(played.heroine)
    sent, (owed, answered) = _templates(entries), _answered(entries)
    return owed == answered and sent["closing"] >= 1 and sent["satisfaction"] >= 1 and sent["promise_broken"] >= 1


def _of(entries: Entries, type_: str) -> list[dict[str, Any]]:
    return [entry for entry in entries if is_of(entry, type_)]


def _templates(entries: Entries) -> Counter[str]:
    return Counter(entry["data"]["template"] for entry in _of(entries, "notification.sent"))


def _timeline(entries: Entries, played: Played) -> list[Finding]:
    received = _of(entries, "interaction.received")
    channels = [(e["data"]["channel_kind"], e["data"]["kind"]) for e in received]
    times = [entry["occurred_at"] for entry in entries]
    said = {entry["data"]["text"] for entry in received}
    return [
        Finding(
            "an email, a call and an SMS of one person lie on one timeline, once each, in the order they happened",
            channels == [("email", "message"), ("phone", "missed_call"), ("sms", "message")],
            str(channels),
        ),
        Finding("the timeline is in order of time", times == sorted(times)),
        Finding("each entry names the event behind it", all(e["event_id"] and e["event_type"] for e in entries)),
        Finding("no event stands twice", len({e["event_id"] for e in entries}) == len(entries)),
        Finding("their words are unchanged", set(played.said.values()) <= said, str(said)),
        Finding("all four services are on it", len({e["source"] for e in entries}) == 4),
    ]


def _promises(promises: dict[str, dict[str, Any]]) -> list[Finding]:
    wanted = {
        "kept": "kept",
        "changed": "kept_after_agreed_change",
        "broken": "broken_with_warning",
        "waited for": "kept",
    }
    found = {name: promise["outcome"] for name, promise in promises.items()}
    changed = promises["changed"]
    return [
        Finding("each promise has the outcome it earned", found == wanted, str(found)),
        Finding("a changed promise keeps its first terms beside the new", len(changed["terms"]) == 2),
        Finding("while we waited for the customer our clock stood still", _paused(promises["waited for"]["terms"])),
    ]


def _paused(terms: Sequence[dict[str, Any]]) -> bool:
    """The first offer, what she chose of it, and the same later by just what we waited."""
    _, chosen, last = terms
    moved = datetime.fromisoformat(last["due_at"]) - datetime.fromisoformat(chosen["due_at"])
    return bool(chosen["chosen"]) and last["waited_seconds"] > 0 and moved.total_seconds() == last["waited_seconds"]


def _messages(entries: Entries, played: Played) -> list[Finding]:
    sent = _of(entries, "notification.sent")
    clocks = [e for e in _of(entries, "commitment.stated") if e["data"]["kind"] in {"response", "call_back"}]
    contacts = [e["data"]["interaction_id"] for e in _of(entries, "interaction.received")]
    thanked = Counter(e["data"]["commitment_id"] for e in sent if e["data"]["template"] == "acknowledgement")
    thanks = {id_: thanked[id_] for id_ in played.tasks.values()}
    owed, answered = _answered(entries)
    texts = [e["data"]["text"] for e in sent]
    warned = [e for e in sent if e["data"]["template"] == "promise_at_risk"]
    broken = _of(entries, "commitment.broken")
    return [
        Finding("each contact has one promise to answer it", len(clocks) > 0 and owed == Counter(contacts), str(owed)),
        Finding(
            "each contact got one acknowledgement, or the reason why not is kept",
            answered == Counter(contacts),
            str(answered),
        ),
        Finding("what the customer did for us was thanked for, once", set(thanks.values()) == {1}, str(thanks)),
        Finding("the customer is written to in Vietnamese", {e["data"]["language"] for e in sent} == {"vi"}),
        Finding("no placeholder was left in a message", not any("{{" in text or "None" in text for text in texts)),
        Finding(
            "the warning reached the customer before the promise broke",
            bool(warned and broken) and warned[0]["data"]["sent_at"] < broken[0]["data"]["terms"]["due_at"],
        ),
        Finding("no link by which a customer acts stands on the timeline", masked(said := json.dumps(entries)) == said),
        Finding("satisfaction was asked and confirmed", _confirmed(entries, played.promises["kept"])),
        Finding("the case was closed with thanks", _templates(entries)["closing"] >= 1),
    ]


def _answered(entries: Entries) -> tuple[Counter[str], Counter[str]]:
    """(promises to answer it that a contact opened or joined, acknowledgements of it that were sent or held back)"""
    owed = [*_of(entries, "commitment.stated"), *_of(entries, "commitment.joined")]
    told = [*_of(entries, "notification.sent"), *_of(entries, "notification.suppressed")]
    return _contacts(owed), _contacts(e for e in told if e["data"]["template"] == "acknowledgement")


def _contacts(entries: Iterable[dict[str, Any]]) -> Counter[str]:
    return Counter(e["data"]["interaction_id"] for e in entries if e["data"].get("interaction_id"))


def _confirmed(entries: Entries, promise: str) -> bool:
    answers = [e["data"] for e in _of(entries, "feedback.received")]
    return any(a["commitment_id"] == promise and a["satisfaction"] == "confirmed" for a in answers)


def _strangers(statuses: dict[str, int]) -> list[Finding]:
    wanted = {
        "webhook": 200,
        "altered signature": 401,
        "unknown channel": 404,
        "altered link": 404,
        "no token": 401,
        "old revision": 409,
        "agree": 200,
        "choose": 200,
        "task": 200,
        "survey": 200,
    }
    return [
        Finding(f"{what} answers {code}", statuses.get(what) == code, str(statuses.get(what)))
        for what, code in wanted.items()
    ]


async def _next_contacts(api: Interface, played: Played) -> Finding:
    watched = await api.get("/commitments/next-contacts", limit=200)
    breached = [case for case in watched["items"] if case["breached"]]
    return Finding("every open case has its next contact in the future", bool(watched["items"]) and not breached)


async def _task(api: Interface, played: Played, promise: dict[str, Any]) -> Finding:
    task = await api.get(f"/commitments/{played.tasks['done']}/task")
    held = task["parent_id"] == promise["id"] and task["answers"] == {"wall": "Gạch"} and len(task["files"]) == 1
    return Finding("the customer's answer and photo lie with the promise", held, str(task["answers"]))


async def _scorecard(api: Interface) -> Finding:
    """What is kept before its time counts from its due time on, so the broken promise is the first that counts."""
    strict = (await api.get("/commitments/scorecard"))["whole"]["strict"]
    holds = strict["count"] < strict["n"] and strict["low"] <= strict["value"] <= strict["high"]
    return Finding("the scorecard counts what fell due, with an interval", holds, str(strict))


def report(findings: Sequence[Finding], write: Callable[[str], object]) -> bool:
    for finding in findings:
        mark = "holds " if finding.holds else "DIFFERS"
        write(f"  {mark:8}{finding.what}" + ("" if finding.holds else f"\n          saw: {finding.saw}") + "\n")
    holding = sum(finding.holds for finding in findings)
    write(f"\n  {holding} of {len(findings)} hold\n")
    return holding == len(findings)
