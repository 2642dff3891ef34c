"""The pages of the console: the list of customers, and one customer's whole timeline."""

from __future__ import annotations

from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Query
from fastapi.responses import HTMLResponse

from services.intake.customers import routes as customers
from services.intake.staff.browser import Staff
from services.intake.timeline import routes as timeline
from services.intake.timeline.routes import Entry
from shared.paging import Cursor
from shared.routing import Reading, router
from shared.web.screen import On

pages: APIRouter = router("/intake/console", include_in_schema=False)

LISTED = 50
ENTRIES = 100


def sender(entry: Entry) -> str | None:
    """What was found out about where a mail came from, in the words of RFC 8601; None where nothing was."""
    found = entry.data.get("authentication") or {}
    checks = [f"{name.upper()} {found[name]}" for name in ("spf", "dkim", "dmarc") if found.get(name)]
    return f"{', '.join(checks)} ({found['by']})" if checks else None


def side(entry: Entry) -> str:
    """Whose act it was: `in` the customer's, `out` ours, `plain` the system's."""
    noun, _, fact = entry.event_type.removeprefix("kept.").rpartition(".")[0].partition(".")
    if (noun, fact) in {
        ("interaction", "received"),
        ("commitment", "agreed"),
        ("commitment", "declined"),
        ("feedback", "received"),
    }:
        return "in"
    return "out" if noun in {"interaction", "notification", "commitment", "survey"} else "plain"


@pages.get("")
async def console(
    screen: On, session: Reading, who: Staff, q: Annotated[str, Query(max_length=200)] = ""
) -> HTMLResponse:
    return screen.render("console.html", customers=await customers.search(session, q, LISTED), q=q)


@pages.get("/customers/{id}")
async def customer_page(
    screen: On,
    id: UUID,  # noqa: A002
    session: Reading,
    who: Staff,
    order: timeline.Order = "oldest",
    cursor: Cursor = None,
) -> HTMLResponse:
    customer = await customers.whole(session, id)
    entries = await timeline.page(session, [c.id for c in customer.family], order, cursor, ENTRIES)
    screen = screen.under("/intake/console", screen.words.gettext("Customers"))
    return screen.render("customer.html", customer=customer, entries=entries, order=order, side=side, sender=sender)
