"""N10: an owner hears that a promise will rather break than not, before three quarters of its time are over."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

import pytest

from services.commitments.board.warnings import _UNWARNED, LOOK
from shared.ids import new_id
from tests.commitments.board.test_reading import plan
from tests.commitments.conftest import START, Commitments
from tests.commitments.histories import learn
from tests.commitments.people import everything

SLOW = [5.0] * 50 + [float(hours) for hours in range(31, 81)]
"""Half are done in five hours. Who takes longer takes thirty-one to eighty."""


async def told(kept: Commitments, due: float, **changes: Any) -> str:
    """Due after so many hours, told now."""
    body = {
        "customer_id": str(new_id()),
        "words": "We repair it",
        "due_at": (START + timedelta(hours=due)).isoformat(),
        "cost": "no charge",
        "category": "repair",
        "owner": "minh",
        "override_reason": "they have waited long enough",
        "tell": True,
    }
    return str((await kept.call("POST", "", json=body | changes, expect=201, **everything(kept)))["id"])


async def warned(kept: Commitments, owner: str = "minh") -> list[tuple[str, str]]:
    found = await kept.call("GET", "/warnings", params={"owner": owner})
    return [(each["why"], each["promise"]["id"]) for each in found]


async def board(kept: Commitments, lang: str = "en", **more: str) -> str:
    headers = kept.token("commitments:read", "commitments:write")
    answer = await kept.http.get("/commitments/board", params={"lang": lang} | more, headers=headers)
    assert answer.status_code == 200
    return answer.text


async def test_n10_the_owner_is_warned_once_it_will_rather_break_than_not(kept: Commitments) -> None:
    """N10: of those that are open after five hours, all take thirty-one or more; three quarters are over at thirty."""
    await learn(kept, "repair", SLOW)
    id_ = await told(kept, due=40)
    assert await warned(kept) == []
    await kept.pass_time(hours=4.9)
    assert await warned(kept) == []
    await kept.pass_time(hours=0.1)
    assert await warned(kept) == [("likely_to_break", id_)]
    assert await warned(kept, "hoa") == []
    await kept.pass_time(hours=25)
    assert await warned(kept) == [("at_risk", id_)], "then the clock itself has gone off, and the customer is warned"
    await kept.pass_time(hours=6)
    assert await warned(kept) == [("last_call", id_)]


async def test_n10_the_owner_is_offered_a_time_that_nine_in_ten_of_such_promises_keep(kept: Commitments) -> None:
    """N10: not a day more, but by when nine in ten of those that came as far were done; the customer is asked of it."""
    await learn(kept, "repair", SLOW)
    id_ = await told(kept, due=40)
    await told(kept, due=40, category="paint")
    await kept.pass_time(hours=30.5)
    offered = [
        (each["promise"]["category"], each["suggested_due_at"])
        for each in await kept.call("GET", "/warnings", params={"owner": "minh"})
    ]
    done_by = START + timedelta(hours=75)  # 31 to 80 are left, of which the 45th takes 75
    ((paint, nothing), (repair, suggested)) = sorted(offered)
    assert (paint, nothing, repair) == ("paint", None, "repair")
    assert done_by <= datetime.fromisoformat(suggested) < done_by + timedelta(days=1)
    change = {"due_at": suggested, "reason": "the part is late"}
    await kept.call("POST", f"/{id_}/revise", json=change, **everything(kept))


async def test_n10_who_changes_a_date_on_the_board_sees_that_time_beside_the_field(kept: Commitments) -> None:
    """N10, C20: the new date is one that can be kept, not a day more."""
    await learn(kept, "repair", SLOW)
    id_, paint = [await told(kept, due=40, category=category) for category in ("repair", "paint")]
    await kept.pass_time(hours=30.5)
    for lang, words in (("en", "are done by Thursday 5 March 2026"), ("vi", "xong trước Thứ Năm ngày 5 tháng 3")):
        assert words in await board(kept, lang, open=id_)
    assert "Nine in ten" not in await board(kept, open=paint)


async def test_n10_the_customer_is_not_told_of_a_chance(kept: Commitments) -> None:
    await learn(kept, "repair", SLOW)
    await told(kept, due=40)
    await kept.pass_time(hours=10)
    assert {fact.type for fact in await kept.facts()} == {"kept.commitment.drafted.v1", "kept.commitment.stated.v1"}


async def test_n10_the_board_shows_it_at_risk_in_both_languages(kept: Commitments) -> None:
    await learn(kept, "repair", SLOW)
    id_ = await told(kept, due=40)
    assert "Likely to break" not in await board(kept)
    await kept.pass_time(hours=5)
    page = await board(kept)
    risk = page[page.index('id="lane-risk"') : page.index('id="lane-waiting"')]
    assert f'id="p-{id_}"' in risk
    assert "Likely to break" in risk
    assert "Nhiều khả năng sẽ trễ" in await board(kept, "vi")
    await kept.call("POST", f"/{id_}/warn", json={"reason": "the part is late"})
    page = await board(kept)
    assert "Likely to break" not in page, "the owner has spoken, so now it is at risk"


@pytest.mark.parametrize(
    "unlike",
    [{"category": "paint"}, {"category": None}, {"kind": "goal"}, {"due": 90.0}],
    ids=["another category", "no category", "a goal", "time enough"],
)
async def test_n10_where_history_does_not_say_so_nobody_is_alarmed(kept: Commitments, unlike: dict[str, Any]) -> None:
    await learn(kept, "repair", SLOW)
    await learn(kept, None, SLOW)
    await told(kept, **({"due": 40.0} | unlike))
    await kept.pass_time(hours=10)
    assert await warned(kept) == []
    assert "Likely to break" not in await board(kept)


async def test_n10_while_the_customer_has_something_to_do_it_does_not_grow_older(kept: Commitments) -> None:
    await learn(kept, "repair", SLOW)
    id_ = await told(kept, due=40)
    await kept.pass_time(hours=4)
    await kept.call("POST", f"/{id_}/wait", json={"reason": "a photo"})
    await kept.pass_time(hours=20)
    assert await warned(kept) == []
    await kept.call("POST", f"/{id_}/resume")
    assert await warned(kept) == []
    await kept.pass_time(hours=1)
    assert await warned(kept) == [("likely_to_break", id_)]


async def test_n10_a_later_time_that_was_agreed_is_enough(kept: Commitments) -> None:
    await learn(kept, "repair", SLOW)
    id_ = await told(kept, due=32)
    await kept.pass_time(hours=6)
    assert await warned(kept) == [("likely_to_break", id_)]
    change = {"due_at": (START + timedelta(hours=79)).isoformat(), "reason": "the part is late"}
    await kept.call("POST", f"/{id_}/revise", json=change)
    await kept.call("POST", f"/{id_}/agree", json={"revision": 2})
    assert await warned(kept) == []


async def test_n10_an_owners_promises_are_read_by_their_index_and_no_further_than_needed(kept: Commitments) -> None:
    values = {"owner": "agent 1", "now": START, "look": LOOK}
    did = await plan(kept, _UNWARNED, **values)
    (scan,) = [node for node in did if node.get("Relation Name") == "commitment"]
    assert (scan["Node Type"], scan["Index Name"]) == ("Index Scan", "commitment_open_owner"), did
    assert scan["Actual Rows"] <= LOOK
