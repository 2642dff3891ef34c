"""Named places at which a process can be told to die, so that tests hit them on purpose.

`KEPT_CRASH_AT=name` ends the process there as `kill -9` would: no clean-up, no flush. `name:3` lets the
first two passes through. Unset, a crash point costs one comparison.
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
