"""The API of channels: making, listing, changing. Secrets go in and never come out again."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated

from fastapi import BackgroundTasks, Depends
from pydantic import BaseModel, Field, SecretStr

from services.intake.channels.registry import providers
from services.intake.channels.setup import doctor
from services.intake.channels.setup import settings as setup
from services.intake.channels.setup.doctor import Checkup
from services.intake.errors import NoSuchChannel
from services.intake.state import Here, Intake
from services.intake.tables import Channel
from shared.contracts.intake import ChannelKind
from shared.paging import Page
from shared.routing import Reading, Writing, router
from shared.security import Principal, require

routes = router("/intake/channels", tags=["channels"])

Secret = Annotated[SecretStr, Field(min_length=1, max_length=4096)]
Secrets = Annotated[list[Secret], Field(min_length=1, max_length=setup.MOST_SECRETS)]


class ChannelIn(BaseModel):
    """`secrets`: every one is valid, so that a secret can be changed without a gap. `docs/channels` says what they are.

    `access_token` opens the provider's own API: without it some providers' attachments cannot be fetched.
    """

    name: str = Field(pattern=f"^{setup.NAME.pattern}$", description="Part of the webhook's URL.")
    provider: str = Field(examples=["twilio", "postmark", "telephone"])
    secrets: Secrets
    account: str = Field("", max_length=200, description="The provider's account, where one name means several.")
    access_token: Secret | None = None
    reply_to_is_writer: bool = Field(
        False, description="A mail's Reply-To says who wrote it, as where a form sends every mail."
    )


class ChannelChange(BaseModel):
    """`enabled` false: the provider is told, in its own way, not to come again."""

    secrets: Secrets | None = None
    account: str | None = Field(None, max_length=200)
    access_token: Secret | None = None
    enabled: bool | None = None
    reply_to_is_writer: bool | None = None


class ChannelOut(BaseModel):
    """`webhook_url` is what to paste at the provider, and `verify_token` beside it where the provider asks for one."""

    name: str
    provider: str
    kind: ChannelKind
    account: str
    enabled: bool
    reply_to_is_writer: bool
    webhook_url: str
    verify_token: str | None
    secret_count: int
    has_access_token: bool
    created_at: datetime
    updated_at: datetime


class ChangeOut(BaseModel):
    at: datetime
    by: str
    what: str


def _out(row: Channel, here: Intake) -> ChannelOut:
    return ChannelOut(
        name=row.name,
        provider=row.provider,
        kind=ChannelKind(row.kind),
        account=row.account,
        enabled=row.enabled,
        reply_to_is_writer=row.reply_to_is_writer,
        webhook_url=here.public(f"/intake/webhooks/{row.name}"),
        verify_token=here.verify_token(row.name) if _wants_verify_token(row.provider) else None,
        secret_count=len(row.sealed_secrets),
        has_access_token=row.sealed_access_token is not None,
        created_at=row.created_at,
        updated_at=row.updated_at,
    )


def _wants_verify_token(provider: str) -> bool:
    found = providers().get(provider)
    return found is not None and found.wants_verify_token


def _value(secret: SecretStr | None) -> str | None:
    return secret.get_secret_value() if secret else None


@routes.get("")
async def list_channels(
    session: Reading, here: Here, _: Annotated[Principal, Depends(require("intake:read"))]
) -> Page[ChannelOut]:
    """All of them, by name: there are few."""
    return Page(items=[_out(row, here) for row in await setup.all_of(session)])


@routes.get("/{name}")
async def get_channel(
    name: str, session: Reading, here: Here, _: Annotated[Principal, Depends(require("intake:read"))]
) -> ChannelOut:
    row = await session.get(Channel, name)
    if row is None:
        raise NoSuchChannel("there is no channel of this name")
    return _out(row, here)


@routes.post("", status_code=201)
async def make_channel(
    channel: ChannelIn,
    session: Writing,
    here: Here,
    after: BackgroundTasks,
    who: Annotated[Principal, Depends(require("intake:admin"))],
) -> ChannelOut:
    order = setup.ChannelOrder(
        name=channel.name,
        provider=channel.provider,
        secrets=[secret.get_secret_value() for secret in channel.secrets],
        account=channel.account,
        access_token=_value(channel.access_token),
        reply_to_is_writer=channel.reply_to_is_writer,
    )
    row = await setup.make(session, here, order, by=who.subject)
    after.add_task(here.directory.forget)
    return _out(row, here)


@routes.patch("/{name}")
async def change_channel(
    name: str,
    change: ChannelChange,
    session: Writing,
    here: Here,
    after: BackgroundTasks,
    who: Annotated[Principal, Depends(require("intake:admin"))],
) -> ChannelOut:
    """New secrets replace all the old ones: to rotate, send both, and later the new one alone."""
    row = await setup.change(
        session,
        here,
        name,
        by=who.subject,
        secrets=None if change.secrets is None else [secret.get_secret_value() for secret in change.secrets],
        account=change.account,
        access_token=_value(change.access_token),
        enabled=change.enabled,
        reply_to_is_writer=change.reply_to_is_writer,
    )
    after.add_task(here.directory.forget)
    return _out(row, here)


@routes.get("/{name}/doctor")
async def examine_channel(
    name: str, session: Reading, here: Here, _: Annotated[Principal, Depends(require("intake:read"))]
) -> Checkup:
    """Whether it works: what arrived last, what was refused and why, and what to do about it."""
    return await doctor.examine(session, here, name)


@routes.get("/{name}/changes")
async def channel_changes(
    name: str, session: Reading, _: Annotated[Principal, Depends(require("intake:read"))]
) -> list[ChangeOut]:
    """Who changed what of it and when, the newest first. No secret is among it."""
    return [ChangeOut.model_validate(row, from_attributes=True) for row in await setup.changes_of(session, name)]
