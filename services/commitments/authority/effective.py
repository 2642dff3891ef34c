"""The instant from which a setting holds: now or later, never in the past."""

from __future__ import annotations

from datetime import datetime

from services.commitments.errors import PolicyInThePast, PolicyTooFar
from services.commitments.promise.core import FARTHEST


def begins(valid_from: datetime | None, now: datetime) -> datetime:
    """The instant from which a setting holds, now where none is named. Raises PolicyInThePast or PolicyTooFar."""
    if valid_from is None:
        return now
    if valid_from < now:
        raise PolicyInThePast("it can begin now or later, not in the past")
    if valid_from - now > FARTHEST:
        raise PolicyTooFar("it can begin within ten years")
    return valid_from
