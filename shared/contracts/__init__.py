"""What services tell each other: CloudEvents, and one module of payloads for each service that owns them.

All of them are known as soon as one is: whoever consumes everything must not depend on what else was imported.
"""

from shared.contracts import commitments, feedback, intake, notifications  # noqa: F401 - they register
from shared.contracts.envelope import Event, Payload, UnknownEvent, event_types, parse, payload_class

__all__ = ["Event", "Payload", "UnknownEvent", "event_types", "parse", "payload_class"]
