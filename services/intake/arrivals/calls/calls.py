"""Phone calls: steps that come in any order and number, folded into what is known, filed as one contact.

`fold` and `settle` are pure. `fold` is commutative and idempotent, so neither order nor copies matter.
"""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass, fields
from datetime import UTC, datetime, timedelta
from typing import Any, Literal

from services.intake.channels.items import Address, CallStep, Contact
from services.intake.customers.spellings import is_withheld
from shared.contracts.intake import ChannelKind, HandleKind, InteractionKind

EARLIEST = datetime.min.replace(tzinfo=UTC)


@dataclass(frozen=True, slots=True)
class CallFacts:
    """What the steps of one call have said so far. `answered` and `seconds` are what its hangup said.

    `reached` is what its transfers said: a telephone system that answers, plays a menu and reaches nobody has
    answered and not reached, and to the customer that is a missed call.
    """

    started_at: datetime | None = None
    answered_at: datetime | None = None
    ended_at: datetime | None = None
    direction: Literal["in", "out"] | None = None
    caller: str | None = None
    called: str | None = None
    person: str | None = None
    rings: int | None = None
    agent: str | None = None
    answered: bool | None = None
    seconds: int | None = None
    reached: bool | None = None

    def to_json(self) -> str:
        return json.dumps(asdict(self), default=datetime.isoformat)

    @classmethod
    def from_json(cls, text: str) -> CallFacts:
        values: dict[str, Any] = json.loads(text)
        for name in ("started_at", "answered_at", "ended_at"):
            values[name] = datetime.fromisoformat(values[name]) if values[name] else None
        return cls(**values)


def fold(facts: CallFacts, step: CallStep) -> CallFacts:
    """What is known with this step. Where two steps differ, the smaller value holds: the same whoever was first."""
    said = CallFacts(
        started_at=step.at if step.event == "new_call" else None,
        answered_at=step.at if step.event == "answer" else None,
        ended_at=step.at if step.event == "hangup" else None,
        direction=step.direction,
        caller=step.caller,
        called=step.called,
        person=step.person,
        agent=step.answered_by,
        answered=step.answered if step.event != "transfer" else None,
        reached=step.answered if step.event == "transfer" else None,
    )
    merged = {f.name: _least(getattr(facts, f.name), getattr(said, f.name)) for f in fields(CallFacts)}
    merged["rings"] = max((r for r in (facts.rings, step.rings) if r is not None), default=None)
    merged["seconds"] = max((x for x in (facts.seconds, step.seconds) if x is not None), default=None)
    for name in ("answered", "reached"):  # once true, true
        merged[name] = True if True in (getattr(facts, name), getattr(said, name)) else merged[name]
    return CallFacts(**merged)


def _least(one: Any, other: Any) -> Any:
    known = [value for value in (one, other) if value is not None]
    return min(known, default=None)


def is_settled(facts: CallFacts) -> bool:
    """Whether nothing that may still come in can change what kind of contact it was, when, and how long."""
    if facts.ended_at is None or facts.started_at is None:
        return False
    if facts.answered is True and facts.seconds is not None:
        return True
    return facts.answered_at is not None or facts.answered is False


def settle(call_id: str, facts: CallFacts) -> Contact:
    """The contact, from what is known. An answer that got lost is believed on the hangup's word."""
    if facts.ended_at is None:
        raise ValueError("a call that has not ended is no contact yet")
    was_answered = facts.answered_at is not None or facts.answered is True
    if facts.reached is not None:
        was_answered = facts.reached
    direction = facts.direction or "in"
    other = facts.caller if direction == "in" else facts.called
    seconds: float | None = facts.seconds if was_answered else None
    if was_answered and seconds is None and facts.answered_at:
        seconds = (facts.ended_at - facts.answered_at).total_seconds()
    known = [Address(HandleKind.PHONE, other)] if other and not is_withheld(other) else []
    known += [Address(HandleKind.CHAT, facts.person)] if facts.person else []
    return Contact(
        external_id=call_id,
        kind=InteractionKind.CALL if was_answered else InteractionKind.MISSED_CALL,
        address=known[0] if known else None,
        aliases=tuple(known[1:]),
        occurred_at=_start(facts, facts.ended_at),
        direction=direction,
        channel_kind=ChannelKind.PHONE,
        ring_count=facts.rings,
        duration_seconds=max(0, round(seconds)) if seconds is not None else None,
        agent=facts.agent if was_answered else None,
    )


def _start(facts: CallFacts, ended_at: datetime) -> datetime:
    """A call began no later than anything that is known of it.

    So a step that came in late and without a time of its own does not move it past its end.
    """
    spoken = min(timedelta(seconds=facts.seconds or 0), ended_at - EARLIEST)
    return min(at for at in (facts.started_at, facts.answered_at, ended_at - spoken) if at is not None)
