"""Whether a service can do its work, and why not. `health` only says that the process lives."""

from __future__ import annotations

from datetime import timedelta
from time import monotonic
from typing import Any

import structlog
from sqlalchemy import text

from shared.broker import BrokerLost
from shared.relay import oldest_unpublished
from shared.runtime import Runtime
from shared.transient import is_transient

log = structlog.get_logger()

_OVERDUE = text("SELECT min(due_at) FROM timer WHERE attempts = 0")


async def readiness(runtime: Runtime) -> tuple[bool, dict[str, Any]]:
    """(ready, {"service", "role", "ready", "checks": {name: "ok" or the reason}, "lag", ...}). Never raises."""
    facts: dict[str, Any] = {"service": runtime.service.name, "role": runtime.role}
    checks: dict[str, str] = {"database": await _database(runtime, facts)}
    if runtime.role != "api":
        checks |= await _worker(runtime, facts)
    ready = all(result == "ok" for result in checks.values())
    return ready, {**facts, "ready": ready, "checks": checks}


async def _database(runtime: Runtime, facts: dict[str, Any]) -> str:
    limit = timedelta(seconds=runtime.settings.stale_after)
    try:
        await runtime.database.answers()
        oldest = await oldest_unpublished(runtime.database)
        async with runtime.database.read() as session:
            due = (await session.execute(_OVERDUE)).scalar_one()
    except Exception as error:
        if is_transient(error):
            return f"does not answer: {type(error).__name__}"
        log.warning("health.database", service=runtime.service.name, error=repr(error))
        return f"cannot be used, is it migrated? {type(error).__name__}"
    now = runtime.clock.now()
    facts["oldest_unpublished_seconds"] = round(max(0.0, (now - oldest).total_seconds()), 3) if oldest else 0.0
    if oldest is not None and now - oldest > limit:
        return f"events wait unpublished since {oldest.isoformat()}"
    if due is not None and now - due > limit:
        return f"timers are overdue since {due.isoformat()}"
    return "ok"


async def _worker(runtime: Runtime, facts: dict[str, Any]) -> dict[str, str]:
    checks = dict(runtime.faults)
    try:
        await runtime.broker.answers()
        checks["broker"] = "ok"
    except BrokerLost as error:
        checks["broker"] = f"does not answer: {error}"
    facts["lag"] = runtime.consumer.lag
    checks.setdefault("consumer", _consumer(runtime))
    return checks


def _consumer(runtime: Runtime) -> str:
    consumer, limit = runtime.consumer, runtime.settings.stale_after
    silent = monotonic() - consumer.last_poll
    if silent >= limit:
        return f"stands still for {silent:.0f} s"
    for partition, (since, reason) in consumer.held_up.items():
        if monotonic() - since >= limit:
            return f"{partition.topic}/{partition.number} is held up for {monotonic() - since:.0f} s: {reason}"
    return "is joining its group" if consumer.lag is None else "ok"
