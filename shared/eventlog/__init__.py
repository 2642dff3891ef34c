"""Each service's own log of events: audit, outbox and source for replay, in one table.

Whoever reads it imports `shared.eventlog.read`.
"""

from shared.eventlog.write import LARGEST, Draft, EventTooLarge, append, draft

__all__ = ["LARGEST", "Draft", "EventTooLarge", "append", "draft"]
