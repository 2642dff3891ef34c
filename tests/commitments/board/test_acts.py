"""Acting on the board: a small form for each command, an answer on the board, a refusal in words beside the slip.

Rows: C15, C17, C18, C34.
"""

from __future__ import annotations

import re
from typing import Any

import httpx
import pytest

from services.commitments.promise.core import Status
from shared.contracts import commitments as told
from shared.ids import new_id
from tests.commitments.conftest import Commitments, refuse_after_saving
from tests.commitments.people import sign_in


@pytest.fixture
async def staff(kept: Commitments) -> Commitments:
    """Signed in in a browser."""
    sign_in(kept)
    return kept


async def look(kept: Commitments, **query: Any) -> str:
    answer = await kept.http.get("/commitments/board", params=query, headers={"accept": "text/html"})
    assert answer.status_code == 200, answer.text
    return answer.text


async def send(kept: Commitments, id_: str, act: str, *, csrf: str | None = None, **form: str) -> httpx.Response:
    """As the browser does: with what the form holds."""
    if csrf is None:
        found = re.search(r'name="csrf" value="([^"]+)"', await look(kept, open=id_))
        assert found is not None
        csrf = found[1]
    return await kept.http.post(
        f"/commitments/board/{id_}/{act}",
        params={"owner": "lan", "lang": "en"},
        data=form | {"csrf": csrf},
        headers={"accept": "text/html"},
    )


async def test_every_act_goes_back_to_the_board_with_a_notice(staff: Commitments) -> None:
    id_ = (await staff.promise())["id"]
    change = {"revision": "1", "due_day": "2026-03-04", "due_hour": "09:00", "reason": "Bão", "words": "", "cost": "½"}
    how = {"now_doing": "packing", "next_step": "the lorry", "contact_day": "2026-03-03", "contact_hour": "08:00"}
    for act, form in (
        ("progress", how),
        ("warn", {"reason": "the lorry is late"}),
        ("revise", change),
        ("wait", {"reason": "a photo of the invoice"}),
        ("resume", {}),
        ("fulfil", {}),
    ):
        done = await send(staff, id_, act, **form)
        assert done.status_code == 303, (act, done.text)
        assert done.headers["location"] == f"/commitments/board?owner=lan&said={act}&lang=en#p-{id_}"
        assert 'role="status"' in await look(staff, said=act)
    promise = await staff.only()
    assert promise.status is Status.FULFILLED
    assert [t.due_at.isoformat() for t in promise.terms][1] == "2026-03-04T02:00:00+00:00", "nine o'clock in Saigon"
    (said,) = await staff.facts(told.CommitmentRevised)
    assert (said.by, said.terms.cost, said.terms.reason) == ("an", "½", "Bão")
    other = (await staff.promise())["id"]
    assert (await send(staff, other, "withdraw", reason="moved house")).status_code == 303


async def test_c18_a_refusal_stands_beside_the_slip_and_nothing_typed_is_lost(staff: Commitments) -> None:
    id_ = (await staff.promise(owner="lan"))["id"]
    typed = {"revision": "1", "due_day": "2026-03-01", "due_hour": "09:00", "reason": "Vì <bão>", "words": "Khác"}
    past = await send(staff, id_, "revise", **typed)
    assert past.status_code == 422
    for kept_ in ("2026-03-01", "09:00", "Vì &lt;bão&gt;", "Khác", "Please choose a time in the future."):
        assert kept_ in past.text, kept_
    assert f'<details id="act-revise-{id_}" open>' in past.text
    assert f'aria-describedby="revise-due_day-{id_}-error"' in past.text
    empty = await send(staff, id_, "revise", **(typed | {"due_day": "2026-03-04", "reason": " "}))
    assert empty.status_code == 422
    assert f'aria-describedby="revise-reason-{id_}-hint revise-reason-{id_}-error"' in empty.text
    assert len((await staff.only()).terms) == 1


async def test_c17_a_change_on_the_board_is_weighed_by_the_limits_of_its_author(staff: Commitments) -> None:
    """C17: an agent promises ninety days ahead at most, in a browser too; a manager any time."""
    id_ = (await staff.promise(owner="lan"))["id"]
    far = {"revision": "1", "due_day": "2026-09-01", "reason": "Hàng hết"}
    sign_in(staff, "an", "agent")
    refused = await send(staff, id_, "revise", **far)
    assert refused.status_code == 409
    assert "over what you may decide alone" in refused.text
    assert 'value="2026-09-01"' in refused.text
    sign_in(staff, "an", "manager")
    assert (await send(staff, id_, "revise", **far)).status_code == 303


async def test_c15_an_update_given_on_the_board_promises_the_next(staff: Commitments) -> None:
    """C15: as by the API."""
    lan = new_id()
    await staff.deliver(staff.case(lan), staff.answer(lan))
    await staff.pass_time(days=6)
    await staff.deliver(staff.answer(lan))
    await staff.pass_time(days=1)
    sign_in(staff)
    update = await staff.only(lan)
    assert (await send(staff, str(update.id), "fulfil")).status_code == 303
    assert [p.status for p in await staff.all(lan)] == [Status.FULFILLED, Status.STATED]


async def test_c18_after_due_it_is_broken_not_rewritten(staff: Commitments) -> None:
    id_ = (await staff.promise(owner="lan"))["id"]
    staff.clock.advance(staff.now.replace(hour=20) - staff.now)
    late = await send(staff, id_, "revise", revision="1", due_day="2026-03-05", reason="Bão")
    assert late.status_code == 409
    assert "It can be fulfilled late, not rewritten." in late.text
    assert 'value="2026-03-05"' in late.text, "what was typed is there, though the form is offered no more"


async def test_c34_somebody_changed_it_meanwhile(staff: Commitments) -> None:
    id_ = (await staff.promise(owner="lan"))["id"]
    form = {"revision": "1", "due_day": "2026-03-04", "reason": "Bão"}
    assert (await send(staff, id_, "revise", **form)).status_code == 303
    stale = await send(staff, id_, "revise", **form)
    assert stale.status_code == 409
    assert "The promise was changed while you wrote." in stale.text
    assert 'name="revision" value="2"' in stale.text, "sent again, it is about what is true now"


async def test_a_promise_that_left_the_board_shows_its_refusal_all_the_same(staff: Commitments) -> None:
    id_ = (await staff.promise(owner="hoa"))["id"]
    csrf = re.search(r'name="csrf" value="([^"]+)"', await look(staff, open=id_))
    assert csrf is not None
    await staff.call("POST", f"/{id_}/withdraw", json={"reason": "gone"})
    refused = await send(staff, id_, "wait", csrf=csrf[1], reason="typed")
    assert refused.status_code == 409
    assert "the promise has moved on" in refused.text
    assert "typed" in refused.text


async def test_forged_unknown_and_foreign(staff: Commitments) -> None:
    id_ = (await staff.promise())["id"]
    for csrf in ("", "wrong", "é"):
        assert (await send(staff, id_, "fulfil", csrf=csrf)).status_code == 403
    assert (await staff.only()).is_open
    csrf_ = re.search(r'name="csrf" value="([^"]+)"', await look(staff, open=id_))
    assert csrf_ is not None
    nobody = "00000000-0000-7000-8000-000000000000"
    assert (await send(staff, nobody, "fulfil", csrf=csrf_[1])).status_code == 404
    assert (await send(staff, id_, "agree", csrf=csrf_[1])).status_code == 422
    staff.http.cookies.clear()
    assert (await send(staff, id_, "fulfil", csrf=csrf_[1])).status_code == 401
    reader = staff.token("commitments:read")
    refused = await staff.http.post(f"/commitments/board/{id_}/fulfil", headers=reader)
    assert refused.status_code == 403
    page = await staff.http.get("/commitments/board", headers=reader)
    assert "data-open href" not in page.text, "who may only read is offered nothing"


@pytest.mark.parametrize("form", [{"reason": "a\0b"}, {"reason": "x" * 1001}, {"files": "1"}])
async def test_what_does_not_hold_changes_nothing(staff: Commitments, form: dict[str, str]) -> None:
    id_ = (await staff.promise())["id"]
    assert (await send(staff, id_, "wait", **form)).status_code == 422
    assert (await staff.only()).waiting_since is None


async def test_a_counter_proposal_stands_on_the_board_with_its_time(staff: Commitments) -> None:
    first, second = [(await staff.promise())["id"] for _ in range(2)]
    wish = {"reason": "Tôi đi công tác", "proposed_due_at": "2026-03-05T02:00:00Z"}
    await staff.call("POST", f"/{first}/decline", json=wish | {"revision": 1})
    await staff.call("POST", f"/{second}/revise", json={"due_at": "2026-03-06T02:00:00Z", "reason": "Bão"})
    await staff.call("POST", f"/{second}/decline", json=wish | {"revision": 2})
    html = await look(staff)
    assert html.count("The customer proposes") == 2, "the one declined, and the one whose change was refused"
    assert html.count("09:00 Thu 5 Mar 2026") == 2
    assert html.count("The customer says: Tôi đi công tác") == 2


async def test_the_script_is_served_once_and_for_all(staff: Commitments) -> None:
    page = await look(staff)
    address = re.search(r'<script src="([^"]+)"', page)
    assert address is not None
    script = await staff.http.get(address[1])
    assert script.headers["content-type"].startswith("text/javascript")
    assert "immutable" in script.headers["cache-control"]
    assert '<noscript><meta http-equiv="refresh" content="20"></noscript>' in page, "and without it the page refreshes"
    id_ = (await staff.promise())["id"]
    assert "http-equiv" not in await look(staff, open=id_), "but not under somebody's hands"


async def test_a_refusal_that_comes_after_the_writing_leaves_nothing_of_it(
    staff: Commitments, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The board is shown with the refusal, so its unit of work is committed: what was refused is not in it."""
    id_ = (await staff.promise())["id"]
    before = await staff.only(), await staff.facts(), await staff.timers()
    refuse_after_saving(monkeypatch)
    for act, form in (("fulfil", {}), ("wait", {"reason": "a photo of the invoice"})):
        assert (await send(staff, id_, act, **form)).status_code == 409
    assert (await staff.only(), await staff.facts(), await staff.timers()) == before
