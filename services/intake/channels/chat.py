"""Parts that chat providers share: the writer, a place as words, and a file asked for with a token."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable
from typing import Any
from urllib.parse import urlsplit

from services.intake.channels.items import Address
from services.intake.channels.provider import Download, NoDownload, Unreadable
from services.intake.channels.reading import identifier, json_object
from shared.contracts.intake import HandleKind

_NUMBER = re.compile(r"\+?([0-9]{7,15})", re.ASCII)
_TOKEN = re.compile(r"[!-~]{1,4096}")
_REF = re.compile(r"[A-Za-z0-9_-]{1,300}")


def chat_address(value: object, scope: str = "") -> Address | None:
    """Somebody by the id that a chat gives them; None where there is none."""
    found = identifier(value)
    return Address(HandleKind.CHAT, found, scope) if found else None


def phone_address(value: object) -> Address | None:
    """An international number, which providers write without its plus; None for anything else."""
    found = _NUMBER.fullmatch(value) if isinstance(value, str) else None
    return Address(HandleKind.PHONE, f"+{found[1]}") if found else None


def lines(*parts: object) -> str | None:
    """The texts among these, each on a line of its own; None where there is none."""
    return "\n".join(part for part in parts if isinstance(part, str) and part.strip()) or None


def place(latitude: object, longitude: object, *words: object) -> str | None:
    """A place as words: its name and address, and where it is in degrees."""
    degrees = [str(x) for x in (latitude, longitude) if isinstance(x, int | float | str) and not isinstance(x, bool)]
    return lines(*words, ", ".join(degrees) if len(degrees) == 2 else None)


def is_at(url: object, hosts: Iterable[str]) -> bool:
    """Whether it is an https address at one of these hosts or under one, on the usual port and without a user."""
    try:
        parts = urlsplit(url) if isinstance(url, str) else None
        host = (parts.hostname or "") if parts else ""
        return (
            parts is not None
            and parts.scheme == "https"
            and parts.netloc.lower() in {host, f"{host}:443"}
            and any(host == one or host.endswith(f".{one}") for one in hosts)
        )
    except ValueError:
        return False


def with_bearer(
    url: object, access_token: str | None, hosts: Iterable[str], then: Callable[[bytes], Download] | None = None
) -> Download:
    """A download with the channel's access token, which goes to these hosts alone. Raises NoDownload."""
    if not isinstance(url, str) or not is_at(url, hosts):
        raise NoDownload("the address is not the provider's")
    return Download(url, {"Authorization": f"Bearer {usable_token(access_token)}"}, then)


def usable_token(access_token: str | None) -> str:
    """Raises NoDownload where there is none, or where no header could hold it."""
    if not access_token or not _TOKEN.fullmatch(access_token):
        raise NoDownload("the channel has no usable access token")
    return access_token


def usable_ref(ref: str | None) -> str:
    """A provider's media id, as it can stand in a path. Raises NoDownload."""
    if not ref or not _REF.fullmatch(ref):
        raise NoDownload("the provider's id of it is none that can be asked for")
    return ref


def answer_of(body: bytes) -> dict[str, Any]:
    """The object in a provider's answer. Raises NoDownload."""
    try:
        return json_object(body)
    except Unreadable as error:
        raise NoDownload("the provider's answer cannot be read") from error
