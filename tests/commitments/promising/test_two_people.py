"""Two named people in two browsers: what one may not decide alone the other does, and each act says whose it was.

Rows: C17, X2.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable
from contextlib import AsyncExitStack
from typing import Any

import httpx
import pytest

from services.intake.staff.roles import scopes_of
from shared.contracts import commitments as told
from shared.ids import new_id
from shared.security import Sessions
from tests.commitments.conftest import PUBLIC_URL, Commitments
from tests.commitments.people import vnd


class Browser:
    """The browser of one of our people, who signed in with these roles."""

    def __init__(self, kept: Commitments, subject: str, *roles: str) -> None:
        sessions = Sessions(kept.runtime.settings, kept.clock)
        cookie = sessions.open(subject, scopes_of(roles), roles=roles)
        session = sessions.read(cookie)
        assert session is not None
        self.http = httpx.AsyncClient(
            transport=kept.http._transport,
            base_url=PUBLIC_URL,
            cookies={sessions.cookie.name: cookie},
            headers={"x-csrf-token": session.csrf},
        )

    async def post(self, path: str, **body: Any) -> httpx.Response:
        return await self.http.post(f"/commitments{path}", json=body)


async def _drafts(browser: Browser, kept: Commitments) -> str:
    """The id of a draft over an agent's and a lead's limits."""
    due_at = kept.now.replace(hour=20).isoformat()
    body = {"customer_id": str(new_id()), "words": "Your money comes back", "due_at": due_at, "cost": "no charge"}
    answer = await browser.post("", **body, concession=vnd("9000000", reason="late twice"))
    assert answer.status_code == 201, answer.text
    assert answer.json()["approval"] == "needed"
    return str(answer.json()["id"])


@pytest.fixture
async def browser(kept: Commitments) -> AsyncIterator[Callable[..., Browser]]:
    async with AsyncExitStack() as stack:
        opened: list[Browser] = []

        def open_(subject: str, *roles: str) -> Browser:
            opened.append(Browser(kept, subject, *roles))
            stack.push_async_callback(opened[-1].http.aclose)
            return opened[-1]

        yield open_


async def test_c17_an_approval_is_never_the_authors_between_two_people_in_two_browsers(
    kept: Commitments, browser: Callable[..., Browser]
) -> None:
    agent, manager = browser("an@shop.example", "agent"), browser("minh@shop.example", "manager")
    id_ = await _drafts(agent, kept)
    own = await agent.post(f"/{id_}/approve", reason="I may")
    assert (own.status_code, own.json()["type"]) == (403, "urn:kept:problem:own-approval"), own.text
    assert (await manager.post(f"/{id_}/approve", reason="twice late")).json()["approval"] == "approved"
    (drafted,) = await kept.facts(told.CommitmentDrafted)
    (reviewed,) = await kept.facts(told.CommitmentReviewed)
    assert (drafted.by, reviewed.by) == ("an@shop.example", "minh@shop.example")


async def test_c17_nor_the_authors_after_a_promotion_nor_anybodys_whose_role_is_below(
    kept: Commitments, browser: Callable[..., Browser]
) -> None:
    id_ = await _drafts(browser("an@shop.example", "agent"), kept)
    own = await browser("an@shop.example", "manager").post(f"/{id_}/approve", reason="I may now")
    assert (own.status_code, own.json()["type"]) == (403, "urn:kept:problem:own-approval")
    below = await browser("minh@shop.example", "lead").post(f"/{id_}/approve", reason="so do I")
    assert (below.status_code, below.json()["type"]) == (403, "urn:kept:problem:over-authority")
    assert await kept.facts(told.CommitmentReviewed) == []


@pytest.mark.parametrize("roles", [("auditor",), ("partner",), ()])
async def test_who_may_not_write_drafts_nothing(browser: Callable[..., Browser], roles: tuple[str, ...]) -> None:
    who = browser("an@shop.example", *roles)
    assert (await who.post("", words="x")).status_code == 403
    assert (await who.http.get("/commitments/approvals")).status_code == (200 if "auditor" in roles else 403)
