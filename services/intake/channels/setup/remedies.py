"""Remedies for refusals: the meaning of each reason and what to do, for a fixed list of reasons."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Protocol

QUIET = timedelta(days=1)
"""A channel that took a request in within this time works, whatever a stranger sent it since."""


class Heard(Protocol):
    """What a doctor knows of a channel."""

    channel: str
    provider: str
    webhook_url: str
    last_received_at: datetime | None
    changed_at: datetime | None


class Counted(Protocol):
    reason: str | None
    last_at: datetime | None


@dataclass(frozen=True, slots=True)
class Remedy:
    """`of_strangers`: it carries no proof at all, as whoever finds the address sends it and a provider hardly does."""

    marks: tuple[str, ...]
    advice: Callable[[Heard], str]
    of_strangers: bool = False


def _compare(heard: Heard) -> str:
    if heard.provider in SIGN_THE_ADDRESS:
        return (
            f"The signature does not hold for {heard.webhook_url}, the address as we signed it: the provider must call"
            " exactly this one (KEPT_PUBLIC_URL is its beginning), and the channel's secret must be the provider's."
        )
    return (
        "The signature does not hold: compare the channel's secret with the provider's. A proxy before Kept must pass"
        " the body on as it came."
    )


SIGN_THE_ADDRESS = frozenset({"twilio"})
"""Providers whose signature covers the address they call."""

REMEDIES = (
    Remedy(
        ("too far from our clock",),
        lambda _: (
            "Requests are signed with a time that is far from ours: set this machine's clock (timedatectl, NTP)."
            " An old request that is sent again is refused for the same reason."
        ),
    ),
    Remedy(
        ("there is no signature", "there is no webhook-id", "there is no timestamp", "a header that was signed"),
        lambda _: (
            "Requests come without the header that proves them: a stranger's, or signing is not switched on at"
            " the provider, or a proxy before Kept drops the header."
        ),
        of_strangers=True,
    ),
    Remedy(
        ("there is no bearer token",),
        lambda _: (
            "Requests come without `Authorization: Bearer TOKEN`: a stranger's, or the token is not set at the"
            " provider."
        ),
        of_strangers=True,
    ),
    Remedy(
        ("wrong user or password",),
        lambda _: (
            "The user or the password in the webhook's address is not the channel's secret: set"
            " https://USER:PASSWORD@... anew at the provider, with this secret."
        ),
    ),
    Remedy(("wrong token",), lambda _: "The token sent is not the channel's secret: set the same on both sides."),
    Remedy(
        ("wrong verify token", "handshake", "challenge"),
        lambda heard: (
            f"The verify token at the provider is not this channel's: GET /intake/channels/{heard.channel} shows it."
        ),
    ),
    Remedy(
        ("does not hold", "cannot be checked", "cannot be read", "not the one that was signed"),
        _compare,
    ),
    Remedy(
        ("the body is over",),
        lambda _: "A request was larger than this provider's requests may be, and will be each time it is sent again.",
    ),
    Remedy(("switched off",), lambda heard: f"It was switched off when it was called: kept channel on {heard.channel}"),
    Remedy(
        ("another topic", "not at SNS", "does not confirm", "no type of SNS"),
        lambda _: "It is signed, but for another topic: the channel's secret is the topic's ARN.",
    ),
    Remedy(
        ("certificate",),
        lambda _: (
            "The provider's certificate could not be had or is not valid: see that this machine reaches the"
            " internet, and its clock."
        ),
    ),
    Remedy(("does not listen", "no handshake", "read, not written"), lambda _: "", of_strangers=True),
    Remedy(
        ("at present", "to be stored", "being changed", "no room", "too slow"),
        lambda _: "We could not take it in just then; the provider sends it again.",
    ),
)


def remedy_of(reason: str | None) -> Remedy | None:
    return next((one for one in REMEDIES if any(mark in (reason or "") for mark in one.marks)), None)


def advice_on(heard: Heard, refusals: Sequence[Counted]) -> list[str]:
    """What to do about these, each advice once."""
    said = [remedy.advice(heard) for one in refusals if (remedy := remedy_of(one.reason))]
    return list(dict.fromkeys(advice for advice in said if advice))


def that_matter(heard: Heard, refusals: Sequence[Counted], now: datetime) -> list[Counted]:
    """The refusals that may be the provider's and that nothing has healed: those after the last accepted request,
    where that was long ago or before the channel was changed. What carries no proof matters while nothing ever came."""
    last = heard.last_received_at
    if last is None:
        return [one for one in refusals if not _is_noise(one)]
    works = now - last < QUIET and (heard.changed_at is None or heard.changed_at <= last)
    return [one for one in refusals if not works and one.last_at and one.last_at > last and not _of_strangers(one)]


def _of_strangers(one: Counted) -> bool:
    remedy = remedy_of(one.reason)
    return remedy is not None and remedy.of_strangers


def _is_noise(one: Counted) -> bool:
    """A browser that looks at the address."""
    reason = one.reason or ""
    return "does not listen" in reason or "no handshake" in reason
