"""Interactions of ours, as an agent records them: a message, a call, a note."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Literal
from uuid import UUID

from fastapi import Depends
from pydantic import BaseModel, Field
from sqlalchemy import text

from services.intake.cases import threading as casework
from services.intake.contacts import history
from services.intake.contacts.files import routes as files
from services.intake.contacts.files.routes import AttachmentOut
from services.intake.contacts.filing import EVENT_TEXT
from services.intake.contacts.history import FactOut
from services.intake.customers.merging import family_of
from services.intake.errors import NoSuchInteraction
from services.intake.tables import Case, Interaction
from shared.contracts.intake import Authentication, ChannelKind, InteractionKind, InteractionSent
from shared.database import WriteSession
from shared.ids import new_id
from shared.instants import Instant
from shared.problems import Invalid
from shared.routing import Reading, Writing, router
from shared.security import Principal, require

routes = router("/intake/interactions", tags=["interactions"])

CHANNEL = "agent"
"""The channel of what a person recorded by hand."""

_KNOWN = text("""
    SELECT id FROM interaction WHERE id = ANY(CAST(:ids AS uuid[])) AND customer_id = ANY(CAST(:family AS uuid[]))
""")


class InteractionIn(BaseModel):
    """`answers` names the contacts it answers. Without a case it belongs to the open one, where there is one."""

    customer_id: UUID
    case_id: UUID | None = None
    kind: Literal["message", "call", "note"]
    channel_kind: ChannelKind
    subject: str | None = Field(None, max_length=1000)
    text: str = Field(min_length=1, max_length=200_000)
    occurred_at: Instant | None = Field(None, description="Else now.")
    duration_seconds: int | None = Field(None, ge=0, le=7 * 86400)
    answers: list[UUID] = Field(default_factory=list, max_length=100)


class InteractionOut(BaseModel):
    """`attachments` came with it, or with a fact about it; `facts` are in the order in which they happened.

    `authentication`: whether a mail came from where it says, where somebody we trust has checked.
    """

    id: UUID
    customer_id: UUID
    case_id: UUID | None
    channel: str
    direction: Literal["in", "out"]
    kind: InteractionKind
    channel_kind: ChannelKind
    occurred_at: datetime
    received_at: datetime
    subject: str | None
    text: str | None
    ring_count: int | None
    duration_seconds: int | None
    agent: str | None
    automatic: bool
    authentication: Authentication | None = None
    attachments: list[AttachmentOut] = []
    facts: list[FactOut] = []


def _out(row: Interaction) -> InteractionOut:
    return InteractionOut.model_validate(row.model_dump())


@routes.post("", status_code=201)
async def record(
    said: InteractionIn, session: Writing, who: Annotated[Principal, Depends(require("intake:write"))]
) -> InteractionOut:
    """Told to everybody as `interaction.sent`; a note too, which reaches the timeline and no customer."""
    family = await family_of(session, said.customer_id)
    await _check_answers(session, said.answers, family)
    row = Interaction(
        id=new_id(),
        channel=CHANNEL,
        external_id="",
        customer_id=said.customer_id,
        case_id=await _case(session, said, family),
        direction="out",
        kind=said.kind,
        channel_kind=said.channel_kind.value,
        occurred_at=said.occurred_at or session.now,
        received_at=session.now,
        subject=said.subject,
        text=said.text,
        duration_seconds=said.duration_seconds,
        agent=who.subject,
        automatic=False,
        digest=0,
    )
    row.external_id = str(row.id)
    session.add(row)
    facts = row.model_dump(include=set(InteractionSent.model_fields) - {"attachments"})
    facts |= {"interaction_id": row.id, "text": said.text[:EVENT_TEXT], "answers": said.answers}
    session.emit(InteractionSent.model_validate(facts))
    return _out(row)


@routes.get("/{id}")
async def get_interaction(
    id: UUID,  # noqa: A002
    session: Reading,
    _: Annotated[Principal, Depends(require("intake:read"))],
) -> InteractionOut:
    """With the whole text, however long, and what became of it since; a recording is among its attachments."""
    row = await session.get(Interaction, id)
    if row is None:
        raise NoSuchInteraction("there is no such interaction")
    found = _out(row)
    found.facts = await history.of(session, row)
    found.attachments = await files.of(session, [row.id, *(fact.id for fact in found.facts)])
    return found


async def _case(session: WriteSession, said: InteractionIn, family: list[UUID]) -> UUID | None:
    """Raises Invalid where the case is somebody else's."""
    if said.case_id is None:
        return await casework.open_case_of(session, family)
    case = await session.get(Case, said.case_id)
    if case is None or case.customer_id not in family:
        raise Invalid("this customer has no such case")
    return case.id


async def _check_answers(session: WriteSession, answers: list[UUID], family: list[UUID]) -> None:
    known = set((await session.execute(_KNOWN, {"ids": answers, "family": family})).scalars()) if answers else set()
    if set(answers) - known:
        raise Invalid("it answers what this customer did not say")
