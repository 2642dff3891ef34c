"""The envelope of every event: CloudEvents 1.0 in Kafka's binary mode.

Attributes travel as `ce_*` headers, the JSON payload is the record's value, the customer's id its key.
Sources: CloudEvents 1.0.2 and its Kafka protocol binding 1.0.2, section 3.2; the `sequence` and
`distributed-tracing` extensions.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any, ClassVar
from uuid import UUID

from pydantic import BaseModel, ConfigDict, ValidationError

from shared.contracts.upcasting import Data, is_current, newest_type, upcast


class UnknownEvent(ValueError):
    """No payload of this type and version is known, or the bytes do not fit it. Park, do not guess."""


class Payload(BaseModel):
    """One fact, past tense. A subclass names its `type` and `topic` where it is defined.

    `keyed_by` names the field whose value keeps events in order: the customer's id, where a fact has a customer.
    `concerns` names the fields that may hold what the fact is about, the nearest first; a subclass inherits them.
    """

    # What a customer wrote is not for logs: an error names the field, not what was in it.
    model_config = ConfigDict(frozen=True, extra="ignore", hide_input_in_errors=True)

    type: ClassVar[str]
    topic: ClassVar[str]
    concerns: ClassVar[tuple[str, ...]] = ()
    keyed_by: ClassVar[str]

    @property
    def key(self) -> UUID:
        key: UUID = getattr(self, self.keyed_by)
        return key

    def __init_subclass__(cls, **_: Any) -> None:
        """Accepts the keywords that the hook below reads: `type.__new__` hands every keyword to this one first."""
        super().__init_subclass__()

    @classmethod
    def __pydantic_init_subclass__(
        cls,
        *,
        type: str | None = None,  # noqa: A002
        topic: str = "",
        concerns: tuple[str, ...] | None = None,
        **_: Any,
    ) -> None:
        if concerns is not None:
            if unknown := set(concerns) - cls.model_fields.keys():
                raise TypeError(f"{cls.__name__} has no {', '.join(sorted(unknown))} to be about")
            cls.concerns = concerns
        if type is None:
            return
        if type in _CLASSES:
            raise TypeError(f"two payloads claim the type {type}")
        cls.type, cls.topic = type, topic
        _CLASSES[type] = cls


_CLASSES: dict[str, type[Payload]] = {}


class CustomerPayload(Payload):
    """A fact about a customer, or about what is theirs. It is kept in the order of that customer's facts."""

    keyed_by = "customer_id"

    customer_id: UUID


@dataclass(frozen=True, slots=True)
class Event:
    """An event as it is stored and as it travels. `data` is the payload's JSON, parsed by `parse`.

    `sequence` counts the events of one customer from one source, from 1, without gaps. `subject` is what the event is
    about, by `subject_of`; events from before there were subjects have none. `actor` is who of us did it, or which
    program: none where a customer did, or a clock.
    """

    id: UUID
    type: str
    source: str
    key: str
    time: datetime
    sequence: int
    data: bytes
    traceparent: str | None = None
    subject: UUID | None = None
    actor: str | None = None

    def headers(self) -> list[tuple[str, bytes]]:
        pairs = [
            ("ce_specversion", b"1.0"),
            ("ce_id", str(self.id).encode()),
            ("ce_type", self.type.encode()),
            ("ce_source", self.source.encode()),
            ("ce_time", self.time.isoformat().encode()),
            ("ce_partitionkey", self.key.encode()),
            # A string ordered as text (the `sequence` extension), hence the zeros.
            ("ce_sequence", b"%012d" % self.sequence),
            ("content-type", b"application/json"),
        ]
        if self.subject:
            pairs.append(("ce_subject", str(self.subject).encode()))
        if self.actor:
            pairs.append(("ce_actor", self.actor.encode()))
        if self.traceparent:
            pairs.append(("ce_traceparent", self.traceparent.encode()))
        return pairs

    @classmethod
    def from_record(cls, headers: Sequence[tuple[str, bytes]], value: bytes | None) -> Event:
        """Raises UnknownEvent where a required attribute is missing or unreadable."""
        found: Mapping[str, bytes] = dict(headers)
        try:
            if found["ce_specversion"] != b"1.0":
                raise UnknownEvent(f"CloudEvents version {found['ce_specversion']!r} is not 1.0")
            traceparent, subject = found.get("ce_traceparent"), found.get("ce_subject")
            actor = found.get("ce_actor")
            time = datetime.fromisoformat(found["ce_time"].decode())
            if time.tzinfo is None:
                raise UnknownEvent("ce_time has no zone")
            return cls(
                id=UUID(found["ce_id"].decode()),
                type=found["ce_type"].decode(),
                source=found["ce_source"].decode(),
                key=found["ce_partitionkey"].decode(),
                time=time,
                sequence=int(found["ce_sequence"]),
                data=value or b"",
                traceparent=traceparent.decode() if traceparent else None,
                subject=UUID(subject.decode()) if subject else None,
                actor=actor.decode() if actor else None,
            )
        except (KeyError, ValueError) as error:
            raise UnknownEvent(f"not a CloudEvent of ours: {error!r}") from error


def parse(event: Event) -> Payload:
    """The payload of an event, of the newest version there is, its bytes checked. Raises UnknownEvent."""
    event = as_newest(event)
    try:
        return payload_class(event.type).model_validate_json(event.data)
    except ValidationError as error:
        raise UnknownEvent(f"{event.type} does not hold: {error.error_count()} errors, {error}") from error


def subject_of(payload: Payload) -> UUID:
    """What a fact is about: the commitment, case, interaction, survey or message that it names, else its key."""
    named = (getattr(payload, name) for name in payload.concerns)
    return next((id_ for id_ in named if id_ is not None), payload.key)


def as_newest(event: Event) -> Event:
    """The event as the newest version of its type tells it: another type and other data. Raises UnknownEvent."""
    if is_current(event.type):
        return event
    newest, data = _upcast(event)
    return replace(event, type=newest, data=json.dumps(data, ensure_ascii=False).encode())


def _upcast(event: Event) -> tuple[str, Data]:
    try:
        return upcast(event.type, json.loads(event.data))
    except (ValueError, TypeError, LookupError, AttributeError) as error:
        raise UnknownEvent(f"{event.type} does not hold: {type(error).__name__} on the way to its successor") from error


def payload_class(type: str) -> type[Payload]:  # noqa: A002
    try:
        return _CLASSES[type]
    except KeyError:
        raise UnknownEvent(f"unknown event type or version: {type}") from None


def newest_class(type: str) -> type[Payload]:  # noqa: A002
    """The class of payloads that `parse` makes of events of this type. Raises UnknownEvent."""
    return payload_class(newest_type(type))


def event_types() -> dict[str, type[Payload]]:
    """The types of all known events, in name order."""
    return dict(sorted(_CLASSES.items()))
