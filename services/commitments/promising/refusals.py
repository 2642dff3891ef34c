"""Saying no: with the reason, who decided, and what we can do instead. A policy is the last resort (C16, C33)."""

from __future__ import annotations

from typing import Annotated
from uuid import UUID

from fastapi import Query, status
from pydantic import BaseModel, Field
from sqlalchemy import text

from services.commitments.access import MayRead, MayWrite
from services.commitments.errors import AlternativeMissing
from services.commitments.fields import Name, Reason, Strict, Words
from services.commitments.wording.glossary import as_json, look_at
from shared.contracts.commitments import RequestRefused
from shared.ids import new_id
from shared.instants import Instant
from shared.routing import Reading, Writing, router

api = router("/commitments/refusals", tags=["commitments"])

_COUNT = text("INSERT INTO refusal (id, at, policy_code) VALUES (:id, :at, :policy_code)")
_SUMMARY = text("""
    SELECT policy_code, count(*) AS n FROM refusal
    WHERE CAST(:since AS timestamptz) IS NULL OR at >= :since GROUP BY policy_code ORDER BY n DESC, policy_code
""")


class NewRefusal(Strict):
    """A refusal: `asked` is what the customer wanted, `reason` why not, `alternatives` what we can do instead.

    `policy_code` names the policy where one is the reason. `decided_by`: who decided, where it was not who writes.
    """

    customer_id: UUID
    case_id: UUID | None = None
    asked: Words
    reason: Reason
    policy_code: Name | None = None
    alternatives: list[Words] = Field(default_factory=list, max_length=10)
    decided_by: Name | None = None


class RefusalView(BaseModel):
    id: UUID
    customer_id: UUID
    case_id: UUID | None
    asked: str
    reason: str
    policy_code: str | None
    alternatives: list[str]
    decided_by: str
    by: str
    hints: list[dict[str, str]]


class PolicyShare(BaseModel):
    """A policy's `share` of all refusals, from 0 to 1. `policy_code` null: a reason of the case, no policy."""

    policy_code: str | None
    n: int
    share: float


class Summary(BaseModel):
    """The counts of refusals. `by_policy_share`: the part with a policy as reason; null where nothing was refused."""

    n: int
    by_policy_share: float | None
    policies: list[PolicyShare]


@api.post("", status_code=status.HTTP_201_CREATED)
async def refuse(new: NewRefusal, session: Writing, who: MayWrite) -> RefusalView:
    """Records a refusal. By a policy it needs at least one alternative."""
    if new.policy_code is not None and not new.alternatives:
        raise AlternativeMissing("a policy is the last resort: offer at least one alternative")
    alternatives = [(f"alternatives/{at}", words) for at, words in enumerate(new.alternatives)]
    hints = await look_at(session, [("reason", new.reason), *alternatives])
    said = RequestRefused(
        customer_id=new.customer_id,
        refusal_id=new_id(),
        asked=new.asked,
        reason=new.reason,
        policy_code=new.policy_code,
        alternatives=tuple(new.alternatives),
        decided_by=new.decided_by or who.subject,
        by=who.subject,
        case_id=new.case_id,
    )
    session.emit(said)
    await session.execute(_COUNT, {"id": said.refusal_id, "at": session.now, "policy_code": said.policy_code})
    return RefusalView(id=said.refusal_id, hints=as_json(hints), **said.model_dump(exclude={"refusal_id"}))


@api.get("/summary")
async def summary(session: Reading, who: MayRead, since: Annotated[Instant | None, Query()] = None) -> Summary:
    """Counts refusals by policy (C16)."""
    rows = (await session.execute(_SUMMARY, {"since": since})).all()
    return shares({row.policy_code: row.n for row in rows})


def shares(counts: dict[str | None, int]) -> Summary:
    """The shares of rows, in the order given; together they are 1."""
    total = sum(counts.values())
    return Summary(
        n=total,
        by_policy_share=(total - counts.get(None, 0)) / total if total else None,
        policies=[PolicyShare(policy_code=code, n=n, share=n / total) for code, n in counts.items()],
    )
