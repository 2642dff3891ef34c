"""Replay windows: a timestamp that was signed must be near our clock."""

from __future__ import annotations

from services.intake.channels.provider import Refused


def within(stamp: str, window: float, now: float) -> int:
    """The timestamp, in seconds since 1970. Raises Refused where it is none, or too far from `now` either way."""
    if not (stamp.isascii() and stamp.isdigit() and len(stamp) <= 12):
        raise Refused("there is no timestamp")
    if abs(now - int(stamp)) > window:
        raise Refused("the timestamp is too far from our clock")
    return int(stamp)
