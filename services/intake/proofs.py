"""What proves a request, and what proves a word about a handle, beyond a signature."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from hashlib import sha256
from uuid import UUID

import structlog
from sqlalchemy import text

from services.intake import people
from services.intake.arrival import Told
from services.intake.channels.items import Fact, Reach
from services.intake.channels.provider import Request
from services.intake.channels.reading import clean
from services.intake.directory import Line
from services.intake.raw import Raw
from services.intake.settings import IntakeSettings
from services.intake.state import Intake
from services.intake.storable import short
from shared.database import ReadSession, WriteSession
from shared.security import Marks

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
    tokens = {one.id: _token(intake, one, lines) for one in raws}
    carrying = [one for one in raws if tokens[one.id]]
    if not carrying:
        return raws
    digests = {one.id: sha256(one.body).hexdigest() for one in carrying}
    columns = {
        "channels": [one.channel for one in carrying],
        "tokens": [tokens[one.id] for one in carrying],
        "digests": [digests[one.id] for one in carrying],
    }
    used = {(row.channel, row.token): row.digest for row in await session.execute(_CLAIM, columns)}
    good = []
    for one in raws:
        if tokens[one.id] and used[one.channel, tokens[one.id]] != digests[one.id]:
            log.warning("raw.token_used_before", channel=one.channel, raw_id=one.id)
        else:
            good.append(one)
    return good


def _token(intake: Intake, one: Raw, lines: Mapping[str, Line]) -> str | None:
    line = lines.get(one.channel)
    if line is None or not line.provider.gives_tokens:
        return None
    token = line.provider.token(Request(intake.public(one.path), json.loads(one.headers), one.body, one.method))
    return short(clean(token)) if token else None


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
