"""The policy of fetching from others on behalf of a row: pauses, claims, and the outcomes of an attempt."""

from __future__ import annotations

from datetime import timedelta

from shared.work.pauses import Pauses

PAUSES = Pauses(
    (
        timedelta(seconds=30),
        timedelta(minutes=5),
        timedelta(minutes=30),
        timedelta(hours=2),
        timedelta(hours=5),
        timedelta(hours=10),
    )
)
CLAIM = timedelta(minutes=10)
"""Longer than any attempt takes."""
AT_ONCE = 4
GRACE = 10.0
"""Seconds that attempts under way have when the process is told to stop."""

_PASSES = frozenset({408, 425, 429})


class Refused(Exception):
    """The thing will never be had, with the reason: trying again would not help."""


class NotNow(Exception):
    """The thing cannot be had at present, with the reason."""


def check_status(status: int) -> None:
    """Checks the status of an HTTP answer. Raises Refused or NotNow for all but 200."""
    if 300 <= status < 500 and status not in _PASSES:
        raise Refused(f"the answer is status {status}")
    if status != 200:
        raise NotNow(f"the answer is status {status}")
