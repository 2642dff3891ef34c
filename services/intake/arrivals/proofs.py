"""Proofs beyond a signature: of a request, and of a report on a handle."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from hashlib import sha256
from typing import NamedTuple
from uuid import UUID

import structlog
from sqlalchemy import text

from services.intake.arrivals.arrival import Told
from services.intake.arrivals.raw import Raw
from services.intake.arrivals.storable import short
from services.intake.channels.items import Fact, Reach
from services.intake.channels.provider import Provider, Request
from services.intake.channels.setup.directory import Line
from services.intake.customers import resolving as people
from services.intake.settings import IntakeSettings
from services.intake.state import Intake
from shared.database import ReadSession, WriteSession
from shared.security import Marks
from shared.texts import clean

log = structlog.get_logger()

# Whoever used a token first keeps it; what comes with it again is the same request or nothing.
_CLAIM = text("""
    WITH asked AS (
        SELECT DISTINCT ON (channel, token) channel, token, digest
        FROM unnest(CAST(:channels AS text[]), CAST(:tokens AS text[]), CAST(:digests AS text[])) WITH ORDINALITY
             AS k (channel, token, digest, place)
        ORDER BY channel, token, place),
    fresh AS (INSERT INTO used_token (channel, token, digest) SELECT * FROM asked ON CONFLICT DO NOTHING RETURNING *)
    SELECT channel, token, digest FROM fresh
    UNION ALL SELECT u.channel, u.token, u.digest FROM used_token u JOIN asked USING (channel, token)
""")
_THEIRS = text("""
    SELECT k.id, h.kind, h.account, h.value
    FROM customer_case k JOIN customer c ON c.id = k.customer_id
    JOIN customer m ON m.family_id = c.family_id JOIN handle h ON h.customer_id = m.id
    WHERE k.id = ANY(CAST(:cases AS uuid[]))
""")


async def once(session: WriteSession, intake: Intake, raws: Sequence[Raw], lines: Mapping[str, Line]) -> Sequence[Raw]:
    """Those whose token, where their provider gives one, was not used for another request."""
    proved = [(one, found) for one in raws if (found := _proof(intake, one, lines))]
    if not proved:
        return raws
    columns = {
        "channels": [one.channel for one, _ in proved],
        "tokens": [found.token for _, found in proved],
        "digests": [found.digest for _, found in proved],
    }
    used = {(row.channel, row.token): row.digest for row in await session.execute(_CLAIM, columns)}
    bad = {one.id for one, found in proved if used[one.channel, found.token] not in (found.digest, found.of_body)}
    for one, _ in proved:
        if one.id in bad:
            log.warning("raw.token_used_before", channel=one.channel, raw_id=one.id)
    return [one for one in raws if one.id not in bad]


class Proof(NamedTuple):
    """What proves one request only, and digests of that request: of all that is read of it, and of its body, which is
    what was written down until the first was."""

    token: str
    digest: str
    of_body: str


def proof_of(provider: Provider, request: Request) -> Proof | None:
    """None: whoever proves themselves so may say anything, or the signature covers all that is read."""
    token = provider.token(request)
    if not token:
        return None
    headers = json.dumps(sorted(provider.readable(request.headers).items()))
    digest = sha256(headers.encode(errors="replace") + b"\0" + request.body).hexdigest()
    return Proof(short(clean(token)), digest, sha256(request.body).hexdigest())


def _proof(intake: Intake, one: Raw, lines: Mapping[str, Line]) -> Proof | None:
    line = lines.get(one.channel)
    if line is None or not line.provider.gives_tokens:
        return None
    request = Request(intake.public(one.path), json.loads(one.headers), one.body, one.method)
    return proof_of(line.provider, request)


async def believed(
    session: ReadSession, told: Sequence[Told], settings: IntakeSettings, marks: Marks
) -> Sequence[Told]:
    """Those that the provider itself says, and those that carry our mark of a case of whoever they are about."""
    doubtful = [one for one in told if isinstance(one.item, Fact | Reach) and one.item.proof is not None]
    if not doubtful:
        return told
    cases = {id(one): _cases(one, marks) for one in doubtful}
    wanted = sorted({case for found in cases.values() for case in found})
    rows = (await session.execute(_THEIRS, {"cases": wanted})).all() if wanted else []
    theirs = {(row.id, (row.kind, row.account, row.value)) for row in rows}
    good = []
    for one in told:
        if id(one) in cases and not any((case, _key(one, settings)) in theirs for case in cases[id(one)]):
            log.info("fact.not_believed", channel=one.source.channel, raw_id=one.raw_id)
        else:
            good.append(one)
    return good


def _cases(one: Told, marks: Marks) -> list[UUID]:
    proof = one.item.proof if isinstance(one.item, Fact | Reach) else None
    return [case for mark in proof or () if (case := marks.read(mark))]


def _key(one: Told, settings: IntakeSettings) -> people.Key | None:
    address = one.item.address if isinstance(one.item, Fact | Reach) else None
    handle = one.source.handle(address, settings.default_region) if address else None
    return people.key(handle) if handle else None
