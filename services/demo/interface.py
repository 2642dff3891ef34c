"""The public interface as a program uses it, with patience: what is eventual is waited for."""

from __future__ import annotations

import asyncio
import re
from base64 import urlsafe_b64decode
from collections.abc import Awaitable, Callable
from time import monotonic
from typing import Any, TypeVar
from urllib.parse import urlsplit
from uuid import UUID

import httpx

from services.demo.senders import Delivery

T = TypeVar("T")

PATIENCE = 30.0
"""Seconds to wait for something that follows by itself."""


def is_of(entry: dict[str, Any], type_: str) -> bool:
    """Whether an entry of the timeline tells an event of this type, of whatever version."""
    told: str = entry["event_type"]
    return told.rpartition(".")[0] == f"kept.{type_}"


class NotInTime(AssertionError):
    """What should have followed did not."""


class Interface:
    def __init__(self, url: str, token: str) -> None:
        self.url = url.rstrip("/")
        # A connection that rests as long as the server lets it is closed just when it is used again.
        usual: dict[str, Any] = {"timeout": 20, "trust_env": False, "limits": httpx.Limits(keepalive_expiry=2)}
        self._staff = httpx.AsyncClient(base_url=self.url, headers={"authorization": f"Bearer {token}"}, **usual)
        self._stranger = httpx.AsyncClient(base_url=self.url, **usual)

    async def close(self) -> None:
        await self._staff.aclose()
        await self._stranger.aclose()

    async def get(self, path: str, **query: Any) -> Any:
        answer = await self._staff.get(path, params={k: str(v) for k, v in query.items()})
        answer.raise_for_status()
        return answer.json()

    async def post(self, path: str, body: dict[str, Any] | None = None) -> Any:
        answer = await self._staff.post(path, json=body or {})
        if answer.is_error:
            raise NotInTime(f"POST {path}: {answer.status_code} {answer.text[:500]}")
        return answer.json()

    async def deliver(self, delivery: Delivery, **changed: str) -> int:
        """As a provider does. Returns the status."""
        headers = {**delivery.headers, **changed}
        answer = await self._stranger.post(delivery.path, content=delivery.body, headers=headers)
        return answer.status_code

    async def status_of(self, path: str) -> int:
        return (await self._stranger.get(path)).status_code

    async def submit(
        self, link: str, action: str, form: dict[str, str], files: dict[str, tuple[str, bytes]] | None = None
    ) -> int:
        """A customer sends a form on a page of theirs. Returns the status after redirects."""
        path = urlsplit(link).path + action
        answer = await self._stranger.post(path, data=form, files=files, follow_redirects=True)
        return answer.status_code

    async def link(self, address: str, id_: str) -> str:
        """The customer's own way to a page, out of the mail that brought it: nothing else has it."""

        async def look() -> str | None:
            mails = await self.get("/mailbox/messages.json", to=address)
            links = [link for mail in mails for link in _LINK.findall(mail["text"])]
            return next((link for link in links if _id_in(link) == UUID(id_)), None)

        return await until(look, f"a mail to {address} with the link to {id_}")

    async def timeline(self, customer: str) -> list[dict[str, Any]]:
        """Every entry, the oldest first."""
        entries: list[dict[str, Any]] = []
        query: dict[str, Any] = {"order": "oldest", "limit": 200}
        while True:
            page = await self.get(f"/intake/customers/{customer}/timeline", **query)
            entries += page["items"]
            if page["next"] is None:
                return entries
            query["cursor"] = page["next"]

    async def event(self, customer: str, type_: str, **data: Any) -> dict[str, Any]:
        """The first entry of this type with these data, waited for."""

        async def look() -> dict[str, Any] | None:
            for entry in await self.timeline(customer):
                if is_of(entry, type_) and data.items() <= entry["data"].items():
                    return entry
            return None

        return await until(look, f"{type_} {data} on the timeline")


_LINK = re.compile(r"https?://\S+/(?:commitments/[pt]|feedback/s)/[\w-]{56}")


def _id_in(link: str) -> UUID:
    """A link begins with the id of what it leads to."""
    return UUID(bytes=urlsafe_b64decode(link.rpartition("/")[2])[:16])


async def until(look: Callable[[], Awaitable[T | None]], what: str, *, seconds: float = PATIENCE) -> T:
    """Looks again and again. Raises NotInTime."""
    deadline = monotonic() + seconds
    while monotonic() < deadline:
        found = await look()
        if found:
            return found
        await asyncio.sleep(0.15)
    raise NotInTime(f"not within {seconds:.0f} s: {what}")
