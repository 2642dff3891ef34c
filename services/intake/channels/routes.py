"""Channels by API: made, listed, changed. Their secrets go in and never come out again."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated

from fastapi import BackgroundTasks, Depends
from pydantic import BaseModel, Field, SecretStr
from sqlmodel import col, select

from services.intake.channels.provider import Provider
from services.intake.channels.registry import providers
from services.intake.errors import ChannelExists, NoSuchChannel
from services.intake.state import Here, Intake
from services.intake.tables import Channel
from shared.contracts.intake import ChannelKind
from shared.paging import Page
from shared.problems import Invalid
from shared.routing import Reading, Writing, router
from shared.security import Principal, require

routes = router("/intake/channels", tags=["channels"])

Secret = Annotated[SecretStr, Field(min_length=1, max_length=4096)]
Secrets = Annotated[list[Secret], Field(min_length=1, max_length=10)]


class ChannelIn(BaseModel):
    """`secrets`: every one is valid, so that a secret can be changed without a gap. `docs/channels` says what they are.

    `access_token` opens the provider's own API: without it some providers' attachments cannot be fetched.
    """

    name: str = Field(pattern=r"^[a-z0-9][a-z0-9-]{0,62}$", description="Part of the webhook's URL.")
    provider: str = Field(examples=["twilio", "postmark", "telephone"])
    secrets: Secrets
    account: str = Field("", max_length=200, description="The provider's account, where one name means several.")
    access_token: Secret | None = None


class ChannelChange(BaseModel):
    """`enabled` false: the provider is told, in its own way, not to come again."""

    secrets: Secrets | None = None
    account: str | None = Field(None, max_length=200)
    access_token: Secret | None = None
    enabled: bool | None = None


class ChannelOut(BaseModel):
    """`webhook_url` is what to paste at the provider, and `verify_token` beside it where the provider asks for one."""

    name: str
    provider: str
    kind: ChannelKind
    account: str
    enabled: bool
    webhook_url: str
    verify_token: str | None
    secret_count: int
    has_access_token: bool
    created_at: datetime
    updated_at: datetime


def _out(row: Channel, here: Intake) -> ChannelOut:
    return ChannelOut(
        name=row.name,
        provider=row.provider,
        kind=ChannelKind(row.kind),
        account=row.account,
        enabled=row.enabled,
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


def _sealed(secrets: list[SecretStr], provider: Provider, here: Intake) -> list[str]:
    values = [secret.get_secret_value() for secret in secrets]
    for number, value in enumerate(values, 1):
        if fault := provider.secret_fault(value):
            raise Invalid(f"secret {number} {fault}")
    return [here.vault.seal(value) for value in values]


def _sealed_token(token: SecretStr | None, here: Intake) -> str | None:
    return here.vault.seal(token.get_secret_value()) if token else None


def _provider(name: str) -> Provider:
    try:
        return providers()[name]
    except KeyError:
        raise Invalid(f"there is no provider of this name; there are {', '.join(providers())}") from None


@routes.get("")
async def list_channels(
    session: Reading, here: Here, _: Annotated[Principal, Depends(require("intake:read"))]
) -> Page[ChannelOut]:
    """All of them, by name: there are few."""
    rows = (await session.exec(select(Channel).order_by(col(Channel.name)))).all()
    return Page(items=[_out(row, here) for row in rows])


@routes.get("/{name}")
async def get_channel(
    name: str, session: Reading, here: Here, _: Annotated[Principal, Depends(require("intake:read"))]
) -> ChannelOut:
    return _out(_found(await session.get(Channel, name)), here)


@routes.post("", status_code=201)
async def make_channel(
    channel: ChannelIn,
    session: Writing,
    here: Here,
    after: BackgroundTasks,
    _: Annotated[Principal, Depends(require("intake:write"))],
) -> ChannelOut:
    provider = _provider(channel.provider)
    sealed = _sealed(channel.secrets, provider, here)
    if await session.get(Channel, channel.name):
        raise ChannelExists(f"there is a channel {channel.name!r} already")
    row = Channel(
        name=channel.name,
        provider=provider.name,
        kind=provider.kind.value,
        account=channel.account,
        sealed_secrets=sealed,
        sealed_access_token=_sealed_token(channel.access_token, here),
        enabled=True,
        created_at=session.now,
        updated_at=session.now,
    )
    session.add(row)
    after.add_task(here.directory.forget)
    return _out(row, here)


@routes.patch("/{name}")
async def change_channel(
    name: str,
    change: ChannelChange,
    session: Writing,
    here: Here,
    after: BackgroundTasks,
    _: Annotated[Principal, Depends(require("intake:write"))],
) -> ChannelOut:
    """New secrets replace all the old ones: to rotate, send both, and later the new one alone."""
    row = _found(await session.get(Channel, name, with_for_update=True))
    if change.secrets is not None:
        row.sealed_secrets = _sealed(change.secrets, _provider(row.provider), here)
    if change.account is not None:
        row.account = change.account
    if change.access_token is not None:
        row.sealed_access_token = _sealed_token(change.access_token, here)
    if change.enabled is not None:
        row.enabled = change.enabled
    row.updated_at = session.now
    session.add(row)
    after.add_task(here.directory.forget)
    return _out(row, here)


def _found(row: Channel | None) -> Channel:
    if row is None:
        raise NoSuchChannel("there is no channel of this name")
    return row
