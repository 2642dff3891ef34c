"""Named places at which a process can be told to die, so that tests hit them on purpose.

`KEPT_CRASH_AT=name` ends the process there as `kill -9` would: no clean-up, no flush. `name:3` lets the
first two passes through. Unset, a crash point costs one comparison.

    after_raw         intake's api: a webhook is durable, its sender has no answer yet
    before_answer     every api: a write is committed, whoever asked does not know it
    after_parse       intake's worker: a batch is filed, not committed
    before_publish    the relay: events are read from the log
    after_publish     the relay: the broker has them, the outbox still lists them
    after_effect      the inbox: effects are committed, the offset is not
    after_fire        timers: they have fired, not committed
    before_send       notifications: a message is marked as being sent
    after_send        notifications: its provider has taken it, which is not written down
"""

from __future__ import annotations

import os

_name, _, _count = os.environ.get("KEPT_CRASH_AT", "").partition(":")
_passes = int(_count or "1")


def crash_point(name: str) -> None:
    global _passes
    if name != _name:
        return
    _passes -= 1
    if _passes <= 0:
        os._exit(137)
