"""Failures that pass by themselves."""

from __future__ import annotations

from sqlalchemy.exc import DBAPIError
from sqlalchemy.exc import TimeoutError as PoolTimeout


def is_transient(error: BaseException) -> bool:
    """Tells whether trying again later can help: connection lost, server starting, deadlock, serialisation."""
    if isinstance(error, DBAPIError):
        state = getattr(error.orig, "sqlstate", None) or getattr(error.orig, "pgcode", None)
        if error.connection_invalidated or state is None:
            return True
        # 08 connection, 40 rollback (deadlock, serialisation), 53 resources, 57 operator (restart), 55P03 lock
        return str(state)[:2] in {"08", "40", "53", "57"} or state == "55P03"
    return isinstance(error, OSError | TimeoutError | PoolTimeout)
