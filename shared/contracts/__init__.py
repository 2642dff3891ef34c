"""What services tell each other: CloudEvents, and one module of payloads for each service that owns them."""

from shared.contracts.envelope import Event, Payload, UnknownEvent, event_types, parse, payload_class

__all__ = ["Event", "Payload", "UnknownEvent", "event_types", "parse", "payload_class"]
