"""Readiness: whether a service can do its work, and why not. `health` only says that the process lives.

A check is a word and what it found: "ok", or the reason. Strangers are told the first word that is not ok;
whoever has a token, everything.
"""

from __future__ import annotations

from datetime import datetime, timedelta
from time import monotonic
from typing import Any

import structlog
from sqlalchemy import text

from shared import parking, positions
from shared.broker import BrokerLost
from shared.relay import oldest_unpublished
from shared.runtime import Runtime
from shared.telemetry import FAILED_CHECK, PARKED_NOW
from shared.transient import is_transient

log = structlog.get_logger()

OK = "ok"
_OVERDUE = text("SELECT min(due_at) FROM timer WHERE attempts = 0")

REMEDIES = {
    "database": "See that PostgreSQL runs and KEPT_DATABASE_URL names this service's database.",
    "schema": "Bring the database to this version: kept migrate {service}",
    "outbox": "The relay publishes nothing: see the log of the worker, and whether the broker answers.",
    "timers": "Deadlines are not noticed: see that a worker runs, and its log.",
    "broker": "See that the broker runs and KEPT_BROKER names it.",
    "consumer": "See the worker's log. Where it says that too many events were put aside: kept parked list {service}",
    "parked": "kept parked list {service}; once the cause is mended: kept parked redrive {service} --all",
    "replay": "Events are gone from the broker that this database never saw. Where their sender keeps its log: {found}",
}
"""What to do, by the word of the check."""
WAITING = "Work waits that a loop of the worker should have done: see that a worker runs, and its log."


def remedy(service: str, check: str, found: str) -> str:
    return REMEDIES.get(check, WAITING).format(service=service, found=found)


async def readiness(runtime: Runtime) -> tuple[bool, dict[str, Any]]:
    """Readiness: (ready, {"service", "role", "ready", "state", "checks": {word: OK or reason}, ...}). Never raises."""
    facts: dict[str, Any] = {"service": runtime.service.name, "role": runtime.role}
    checks = await _database(runtime, facts)
    if runtime.role != "api":
        checks |= await _worker(runtime, facts)
    failed = [word for word, result in checks.items() if result != OK]
    for word, result in checks.items():
        FAILED_CHECK.labels(runtime.service.name, word).set(result != OK)
    return not failed, {**facts, "ready": not failed, "state": failed[0] if failed else "ready", "checks": checks}


async def examine(runtime: Runtime) -> dict[str, str]:
    """The checks of a service that runs elsewhere, by word, as far as its database tells. Never raises.

    `runtime` is of the role worker and need not be started: its own loops, consumer and broker are not looked at.
    """
    return await _database(runtime, {})


def public(report: dict[str, Any]) -> dict[str, Any]:
    """A report as a stranger may read it: whether it is ready, and one word for why not."""
    return {name: report[name] for name in ("service", "role", "ready", "state") if name in report}


async def _database(runtime: Runtime, facts: dict[str, Any]) -> dict[str, str]:
    """The checks that the database alone can answer, by word."""
    checks: dict[str, str] = {}
    try:
        await runtime.database.answers()
        lacking = await runtime.lacking()
        checks["database"] = OK
        checks["schema"] = "; ".join(lacking) or OK
        if not lacking:
            checks |= await _work(runtime, facts)
    except Exception as error:
        if is_transient(error):
            return {**checks, "database": f"does not answer: {type(error).__name__}"}
        log.warning("health.database", service=runtime.service.name, error=repr(error))
        return {**checks, "database": f"cannot be used: {type(error).__name__}"}
    return checks


async def _work(runtime: Runtime, facts: dict[str, Any]) -> dict[str, str]:
    """The checks of work that waits longer than it should; in a worker also of what only a person can mend."""
    database, now = runtime.database, runtime.clock.now()
    limit = timedelta(seconds=runtime.settings.stale_after)
    oldest = await oldest_unpublished(database)
    facts["oldest_unpublished_seconds"] = round(max(0.0, (now - oldest).total_seconds()), 3) if oldest else 0.0
    checks = {"outbox": _late("events wait unpublished", oldest, now - limit)}
    async with database.read() as session:
        due = (await session.execute(_OVERDUE)).scalar_one()
        checks["timers"] = _late("timers are overdue", due, now - limit)
        if runtime.role == "api":
            return checks
        for word, statement in runtime.service.waiting.items():
            since = (await session.execute(statement)).scalar_one_or_none()
            checks[word] = _late("work waits", since, now - limit)
        parked = await parking.count(session)
        PARKED_NOW.labels(runtime.group).set(parked.events)
        facts["parked"] = parked.events
        checks["parked"] = str(parked) if parked.events else OK
        checks["replay"] = "; ".join(await positions.to_replay(session)) or OK
    return checks


def _late(what: str, since: datetime | None, limit: datetime) -> str:
    return f"{what} since {since.isoformat()}" if since is not None and since < limit else OK


async def _worker(runtime: Runtime, facts: dict[str, Any]) -> dict[str, str]:
    checks = dict(runtime.faults)
    try:
        await runtime.broker.answers()
        checks["broker"] = OK
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
    return "is joining its group" if consumer.lag is None else OK
