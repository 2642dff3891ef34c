"""The contracts between services: CloudEvents, and one module of payloads for each service that owns them.

All of them are known as soon as one is: whoever consumes everything must not depend on what else was imported.
"""

from shared.contracts import commitments, feedback, intake, notifications  # noqa: F401 - they register
from shared.contracts.envelope import (
    CustomerPayload,
    Event,
    Payload,
    UnknownEvent,
    as_newest,
    event_types,
    newest_class,
    parse,
    payload_class,
    subject_of,
)

__all__ = [
    "CustomerPayload",
    "Event",
    "Payload",
    "UnknownEvent",
    "as_newest",
    "event_types",
    "newest_class",
    "parse",
    "payload_class",
    "subject_of",
]
