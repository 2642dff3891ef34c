"""Changes of channels, as the API and the command both make them."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

from sqlmodel import col, select

from services.intake.channels.provider import Provider
from services.intake.channels.registry import providers
from services.intake.channels.strength import unusable
from services.intake.errors import ChannelExists, NoSuchChannel
from services.intake.state import Intake
from services.intake.tables import Channel, ChannelChange
from shared.database import ReadSession, WriteSession
from shared.ids import new_id
from shared.problems import Invalid

NAME = re.compile(r"[a-z0-9][a-z0-9-]{0,62}")
MOST_SECRETS = 10


def provider_named(name: str) -> Provider:
    """Raises Invalid."""
    try:
        return providers()[name]
    except KeyError:
        raise Invalid(f"there is no provider of this name; there are {', '.join(providers())}") from None


async def all_of(session: ReadSession) -> Sequence[Channel]:
    return (await session.exec(select(Channel).order_by(col(Channel.name)))).all()


@dataclass(frozen=True, slots=True)
class ChannelOrder:
    """A channel that is wanted. `name` is a part of its webhook's URL."""

    name: str
    provider: str
    secrets: Sequence[str]
    account: str = ""
    access_token: str | None = None
    reply_to_is_writer: bool = False


async def make(session: WriteSession, here: Intake, order: ChannelOrder, *, by: str) -> Channel:
    """Raises Invalid for a name, a provider or a secret that is none, ChannelExists."""
    if not NAME.fullmatch(order.name):
        raise Invalid("a name is made of a-z, 0-9 and -, at most 63 of them")
    if not 1 <= len(order.secrets) <= MOST_SECRETS:
        raise Invalid(f"a channel has 1 to {MOST_SECRETS} secrets")
    known = provider_named(order.provider)
    sealed = _sealed(order.secrets, known, here)
    access_token = _sealed_token(order.access_token, here) if order.access_token else None
    if await session.get(Channel, order.name):
        raise ChannelExists(f"there is a channel {order.name!r} already")
    row = Channel(
        name=order.name,
        provider=known.name,
        kind=known.kind.value,
        account=order.account,
        sealed_secrets=sealed,
        sealed_access_token=access_token,
        enabled=True,
        reply_to_is_writer=order.reply_to_is_writer,
        created_at=session.now,
        updated_at=session.now,
    )
    session.add(row)
    note(session, row.name, by, f"made, {row.provider}, {len(sealed)} secrets")
    return row


async def change(
    session: WriteSession,
    here: Intake,
    name: str,
    *,
    by: str,
    secrets: Sequence[str] | None = None,
    account: str | None = None,
    access_token: str | None = None,
    enabled: bool | None = None,
    reply_to_is_writer: bool | None = None,
) -> Channel:
    """What is None stays. New secrets replace all the old ones. Raises NoSuchChannel, Invalid."""
    row = await session.get(Channel, name, with_for_update=True)
    if row is None:
        raise NoSuchChannel("there is no channel of this name")
    if secrets is not None:
        row.sealed_secrets = _sealed(secrets, provider_named(row.provider), here)
    if access_token is not None:
        row.sealed_access_token = _sealed_token(access_token, here)
    row.account = row.account if account is None else account
    row.enabled = row.enabled if enabled is None else enabled
    row.reply_to_is_writer = row.reply_to_is_writer if reply_to_is_writer is None else reply_to_is_writer
    row.updated_at = session.now
    session.add(row)
    said = {
        "new secrets": secrets is not None,
        "new access token": access_token is not None,
        f"account {row.account!r}": account is not None,
        f"Reply-To says who wrote: {'yes' if row.reply_to_is_writer else 'no'}": reply_to_is_writer is not None,
        "switched on" if row.enabled else "switched off": enabled is not None,
    }
    note(session, name, by, ", ".join(what for what, was_said in said.items() if was_said) or "nothing")
    return row


async def changes_of(session: ReadSession, name: str) -> Sequence[ChannelChange]:
    """Who changed what, the newest first (X2)."""
    query = select(ChannelChange).where(ChannelChange.channel == name)
    return (await session.exec(query.order_by(col(ChannelChange.at).desc(), col(ChannelChange.id).desc()))).all()


def note(session: WriteSession, channel: str, by: str, what: str) -> None:
    """Notes who did what with a channel, beside its changes."""
    session.add(ChannelChange(id=new_id(), channel=channel, at=session.now, by=by, what=what))


def _sealed_token(access_token: str, here: Intake) -> str:
    if fault := unusable(access_token):
        raise Invalid(f"the access token {fault}")
    return here.vault.seal(access_token)


def _sealed(secrets: Sequence[str], provider: Provider, here: Intake) -> list[str]:
    for number, value in enumerate(secrets, 1):
        if fault := unusable(value) or provider.secret_fault(value):
            raise Invalid(f"secret {number} {fault}")
    return [here.vault.seal(value) for value in secrets]
