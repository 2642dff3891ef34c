"""`Idempotency-Key`: the answer to a write is kept in the write's own transaction.

The same key again gives the same answer; with another request it is refused; while the first is under way
the second waits for it on the row. Kept for a day (draft-ietf-httpapi-idempotency-key-header).
"""

from __future__ import annotations

import json
from datetime import timedelta
from hashlib import sha256
from typing import TYPE_CHECKING

from fastapi import Request, Response
from sqlalchemy import text

from shared.problems import Invalid, Malformed
from shared.security.access import identify
from shared.security.customer_links import masked

if TYPE_CHECKING:
    from shared.database import WriteSession

HEADER = "idempotency-key"
KEEP = timedelta(days=1)

_FORGET = text("DELETE FROM idempotency_key WHERE key = :key AND created_at < :before")
_CLAIM = text("""
    INSERT INTO idempotency_key (key, request_hash, created_at) VALUES (:key, :hash, :now)
    ON CONFLICT (key) DO NOTHING RETURNING key
""")
_FIND = text("SELECT request_hash, status, headers, body FROM idempotency_key WHERE key = :key")
_FINISH = text("UPDATE idempotency_key SET status = :status, headers = :headers, body = :body WHERE key = :key")


async def begin(session: WriteSession, request: Request) -> Response | None:
    """The kept answer, or None where this request is the first. Raises Invalid, Malformed, Unauthenticated."""
    given = request.headers.get(HEADER)
    if given is None or masked(request.url.path) != request.url.path:
        # What customers do by their link is done once by itself, and an answer to it names the link.
        return None
    if not 1 <= len(given) <= 255 or not given.isprintable():
        raise Malformed("Idempotency-Key must be 1 to 255 printable characters")
    # Who asks is part of the key: two clients that choose the same words do not meet.
    asker = _spelled(request.headers.get("authorization", "")) + request.cookies.get(
        request.app.state.sessions.cookie.name, ""
    )
    key = sha256(f"{asker}\n{given}".encode()).hexdigest()
    body = await request.body()
    digest = sha256(f"{request.method} {request.url.path}\n".encode() + body).hexdigest()
    await session.execute(_FORGET, {"key": key, "before": session.now - KEEP})
    claimed = await session.execute(_CLAIM, {"key": key, "hash": digest, "now": session.now})
    if claimed.first() is not None:
        request.state.idempotency_key = key
        return None
    if asker:
        await identify(request)  # a kept answer is for those who may still ask
    kept = (await session.execute(_FIND, {"key": key})).one()
    if kept.request_hash != digest:
        raise Invalid("this Idempotency-Key was used for another request")
    return Response(kept.body, status_code=kept.status, headers=json.loads(kept.headers))


def _spelled(authorization: str) -> str:
    """A scheme's name is the same in any case, and any spaces may follow it (RFC 9110, 11.1 and 11.4)."""
    scheme, _, given = authorization.partition(" ")
    return f"{scheme.capitalize()} {given.strip()}" if given else authorization


async def finish(session: WriteSession, request: Request, response: Response) -> None:
    key = getattr(request.state, "idempotency_key", None)
    if key is None:
        return
    headers = {n: v for n, v in response.headers.items() if n not in {"content-length", "set-cookie"}}
    await session.execute(
        _FINISH,
        {
            "key": key,
            "status": response.status_code,
            "headers": json.dumps(headers),
            "body": bytes(response.body),
        },
    )
