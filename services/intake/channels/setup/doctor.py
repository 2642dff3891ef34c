"""The diagnosis of a channel: what arrived last, what was refused and why, and the remedy."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

from pydantic import BaseModel
from sqlalchemy import text

from services.intake.channels.setup.remedies import advice_on, that_matter
from services.intake.errors import NoSuchChannel
from services.intake.state import Intake
from services.intake.tables import Channel, ChannelNews
from shared.database import ReadSession

LOOK_AT_REASON = "The reason stands below; docs/channels has a page for each provider."
SLOW = timedelta(minutes=1)
"""A request that waits longer to be read shows that the worker stands still."""

_WAITING = text("""
    SELECT count(*) AS count, min(r.received_at) AS since, max(r.received_at) AS last
    FROM raw_waiting w JOIN raw_request r USING (id) WHERE r.channel = :name
""")
_QUARANTINED = text("""
    SELECT reason, count(*) AS count, max(at) AS last_at FROM quarantine
    WHERE channel = :name AND replayed_at IS NULL GROUP BY reason ORDER BY last_at DESC LIMIT 10
""")
_REFUSED = text("""
    SELECT reason, count, last_at FROM channel_refusal WHERE channel = :name ORDER BY last_at DESC LIMIT 10
""")
_FILES = text("""
    SELECT status AS reason, count(*) AS count, max(coalesce(stored_at, next_at)) AS last_at FROM attachment
    WHERE channel = :name GROUP BY status ORDER BY status
""")
_UNFETCHED = text("""
    SELECT reason, count(*) AS count, max(next_at) AS last_at FROM attachment
    WHERE channel = :name AND status = 'refused' GROUP BY reason ORDER BY count DESC LIMIT 5
""")
_CONFIRMATIONS = text("""
    SELECT coalesce(outcome, 'not yet') AS reason, count(*) AS count, max(asked_at) AS last_at FROM confirmation
    WHERE channel = :name GROUP BY outcome
""")


class Counted(BaseModel):
    reason: str | None
    count: int
    last_at: datetime | None


class Checkup(BaseModel):
    """`verdict` is one sentence, `advice` what to do, `notes` what is worth knowing. `copies` had been here before;
    `shared_ids` came under an id that another contact had, with content of their own, and are contacts.

    `facts` are what became of contacts; `waiting` requests are stored and not read yet.
    """

    channel: str
    provider: str
    enabled: bool
    webhook_url: str
    verdict: str
    advice: list[str]
    notes: list[str] = []
    changed_at: datetime | None = None
    last_received_at: datetime | None = None
    last_contact_at: datetime | None = None
    requests: int = 0
    contacts: int = 0
    facts: int = 0
    copies: int = 0
    shared_ids: int = 0
    waiting: int = 0
    waiting_since: datetime | None = None
    refusals: list[Counted] = []
    quarantined: list[Counted] = []
    attachments: list[Counted] = []
    not_fetched: list[Counted] = []
    confirmations: list[Counted] = []

    @property
    def is_well(self) -> bool:
        """Nothing is there to be done: it works, or it is off on purpose."""
        return not self.enabled or not self.advice


async def examine(session: ReadSession, here: Intake, name: str) -> Checkup:
    """Raises NoSuchChannel."""
    row = await session.get(Channel, name)
    if row is None:
        raise NoSuchChannel(f"there is no channel {name!r}")
    news = await session.get(ChannelNews, name)
    waiting = (await session.execute(_WAITING, {"name": name})).one()
    found = Checkup(
        channel=name,
        provider=row.provider,
        enabled=row.enabled,
        webhook_url=here.public(f"/intake/webhooks/{name}"),
        verdict="",
        advice=[],
        changed_at=row.updated_at,
        waiting=waiting.count,
        waiting_since=waiting.since,
        refusals=await _counted(session, _REFUSED, name),
        quarantined=await _counted(session, _QUARANTINED, name),
        attachments=await _counted(session, _FILES, name),
        not_fetched=await _counted(session, _UNFETCHED, name),
        confirmations=await _counted(session, _CONFIRMATIONS, name),
    )
    if news:
        found = found.model_copy(update=news.model_dump(exclude={"channel", "last_raw_id"}))
    if waiting.last:  # the worker counts what it has read; this one is not read yet
        found.last_received_at = max(waiting.last, found.last_received_at or waiting.last)
    is_locked, now = not _opens(here, row), session.now
    verdict, advice = diagnose(found, is_locked=is_locked, now=now)
    return found.model_copy(update={"verdict": verdict, "advice": advice, "notes": noted(found, now)})


def _opens(here: Intake, row: Channel) -> bool:
    try:
        for sealed in row.sealed_secrets:
            here.vault.open(sealed)
    except ValueError:
        return False
    return True


async def _counted(session: ReadSession, statement: Any, name: str) -> list[Counted]:
    return [Counted(**row) for row in (await session.execute(statement, {"name": name})).mappings()]


def diagnose(found: Checkup, *, is_locked: bool, now: datetime) -> tuple[str, list[str]]:
    """(one sentence, what to do), from what was found. Pure."""
    if not found.enabled:
        return "It is switched off.", [f"Switch it on: kept channel on {found.channel}"]
    if is_locked:
        return "Its secrets cannot be opened.", [
            "They were sealed under another KEPT_SECRET_KEY: set that key again, or set the channel's secrets anew."
        ]
    advice, refused = _advice(found, now), that_matter(found, found.refusals, now)
    if found.last_received_at is None and not refused:
        return "Nothing has arrived yet.", [f"At the provider, set the webhook to {found.webhook_url}", *advice]
    if refused:
        return "The last request was refused.", [*(advice_on(found, refused) or [LOOK_AT_REASON]), *advice]
    if advice:
        return "It works, with something to look at.", advice
    return "It works.", []


def noted(found: Checkup, now: datetime) -> list[str]:
    """Of the refusals after the last accepted request that are no cause for alarm: what they are, and when to look."""
    last = found.last_received_at
    if last is None or that_matter(found, found.refusals, now):
        return []
    later = [one for one in found.refusals if one.last_at and one.last_at > last]
    if not later:
        return []
    about = " ".join(advice_on(found, later))
    return [f"Since the last accepted request others were refused. If they were the provider's: {about}".strip()]


def _advice(found: Checkup, now: datetime) -> list[str]:
    said: list[str] = []
    if found.waiting_since and now - found.waiting_since > SLOW:
        said.append(f"{found.waiting} requests wait to be read: see whether intake's worker runs (GET /intake/ready).")
    if found.quarantined:
        count = sum(q.count for q in found.quarantined)
        said.append(
            f"{count} could not be read: `kept quarantine list`, and after a fix"
            f" `kept quarantine replay --channel {found.channel}`."
        )
    if any("access token" in (one.reason or "") for one in found.not_fetched):
        said.append("Attachments are not fetched without an access token: set the channel's.")
    return said
