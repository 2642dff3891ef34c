"""What the board costs: however many promises are open, each filter reads an index in order and stops. Rows: C39."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import TextClause, text

from services.commitments.board.lanes import MOST
from services.commitments.board.reading import LATELY, LIMIT, LOOK, Filters, ended, opened
from shared.ids import new_id
from tests.commitments.conftest import START, Commitments, known

OPEN = 12_000
_FILL = text("""
    INSERT INTO commitment (id, customer_id, kind, obligor, owner, team, status, terms, binding, answered, first,
                            first_due_at, due_at, closed_at)
    SELECT gen_random_uuid(), gen_random_uuid(), 'promise', 'us', 'agent ' || i % 2, 'team ' || i % 20, status,
           CAST('[{"words": "Hàng tới nơi"}]' AS jsonb), 1, 1, 1, now(),
           CAST(:start AS timestamptz) + make_interval(mins => i),
           CASE WHEN status = 'agreed' THEN NULL ELSE CAST(:start AS timestamptz) - make_interval(secs => i) END
    FROM generate_series(1, :count) i CROSS JOIN unnest(CAST(:statuses AS text[])) AS status
""")

FILTERS = {
    "none": (Filters(), "commitment_open"),
    "owner": (Filters(owner="agent 1"), "commitment_open_owner"),
    "team": (Filters(team="team 3"), "commitment_open"),
    "kind": (Filters(kind="call_back"), "commitment_open"),
    "text": (Filters(q="nowhere to be found"), "commitment_open"),
    "all": (Filters(owner="agent 1", team="team 3", kind="promise", q="hàng"), "commitment_open_owner"),
}


def nodes(plan: dict[str, Any]) -> Iterator[dict[str, Any]]:
    yield plan
    for below in plan.get("Plans", []):
        yield from nodes(below)


async def plan(kept: Commitments, statement: TextClause, **values: Any) -> list[dict[str, Any]]:
    """What PostgreSQL did, node by node, on a table large enough to mind."""
    async with kept.runtime.database.write() as session:
        if not (await session.execute(text("SELECT 1 FROM commitment LIMIT 1"))).first():
            fill = {"start": START, "count": OPEN, "statuses": ["agreed", "fulfilled", "broken"]}
            await session.execute(_FILL, fill)
            await session.execute(text("ANALYZE commitment"))
        explain = text(f"EXPLAIN (ANALYZE, FORMAT JSON) {statement.text}")
        found = (await session.execute(explain, values)).scalar_one()
    whole = json.loads(found) if isinstance(found, str) else found
    return list(nodes(whole[0]["Plan"]))


@pytest.mark.parametrize(("filters", "index"), FILTERS.values(), ids=FILTERS)
@pytest.mark.parametrize("waiting", [False, True], ids=["ours", "theirs"])
async def test_open_promises_are_read_by_an_index_and_no_further_than_needed(
    kept: Commitments, filters: Filters, index: str, waiting: bool
) -> None:
    statement = opened(filters, waiting=waiting)
    did = await plan(kept, statement, **filters.values(), look=LOOK, limit=LIMIT + 1)
    (scan,) = [node for node in did if node.get("Relation Name") == "commitment"]
    assert (scan["Node Type"], scan["Index Name"]) == ("Index Scan", index), did
    assert scan["Actual Rows"] <= LOOK, "a filter that finds nothing ends all the same"
    if filters == Filters() and not waiting:
        assert scan["Actual Rows"] == LIMIT + 1, "the limit stops it early"
    sorted_ = [node["Actual Rows"] for node in did if node["Node Type"] == "Sort"]
    assert all(rows <= LIMIT + 1 for rows in sorted_), "no more is sorted than is shown"


@pytest.mark.parametrize("filters", [pytest.param(f, id=name) for name, (f, _) in FILTERS.items()])
async def test_what_ended_is_read_by_an_index_and_no_further_than_needed(kept: Commitments, filters: Filters) -> None:
    values = filters.values() | {"since": START - LATELY, "look": LOOK, "limit": MOST + 1}
    did = await plan(kept, ended(filters), **values)
    (scan,) = [node for node in did if node.get("Relation Name") == "commitment"]
    assert (scan["Node Type"], scan["Index Name"]) == ("Index Scan", "commitment_closed"), did
    assert scan["Actual Rows"] <= LOOK


async def board(kept: Commitments, **query: str) -> str:
    headers = kept.token("commitments:read", "commitments:write") | {"accept": "text/html"}
    answer = await kept.http.get("/commitments/board", params=query, headers=headers)
    assert answer.status_code == 200, answer.text
    return answer.text


def shown(html: str) -> set[str]:
    return set(re.findall(r'id="w-[^"]+" [^>]*>(.*?)</a>', html))


async def test_filters_by_owner_team_kind_and_text_and_all_of_them(kept: Commitments) -> None:
    lan, minh = new_id(), new_id()
    await kept.deliver(known(lan, name="Nguyễn Thị LAN"), known(minh, name="Trần Minh"))
    await kept.promise(lan, words="Đơn hàng tới nơi", owner="hoa", team="kho")
    await kept.promise(minh, words="Bảo hành ÁO MƯA", owner="hoa", team="bảo hành")
    await kept.deliver(kept.contact(minh))
    every = shown(await board(kept))
    assert len(every) == 3
    for query, found in (
        ({"owner": "hoa"}, {"Đơn hàng tới nơi", "Bảo hành ÁO MƯA"}),
        ({"team": "kho"}, {"Đơn hàng tới nơi"}),
        ({"kind": "promise"}, {"Đơn hàng tới nơi", "Bảo hành ÁO MƯA"}),
        ({"q": "áo mưa"}, {"Bảo hành ÁO MƯA"}),
        ({"q": "THỊ lan"}, {"Đơn hàng tới nơi"}),
        ({"q": "%"}, set()),
        ({"owner": "hoa", "team": "kho", "kind": "promise", "q": "minh"}, set()),
        ({"owner": "hoa", "q": "minh"}, {"Bảo hành ÁO MƯA"}),
    ):
        assert shown(await board(kept, **query)) == found, query
    assert "Nothing fits" in await board(kept, q="%")


async def test_what_waits_crowds_out_nothing(kept: Commitments) -> None:
    """Promises that wait keep an early due time for ever, and there may be many."""
    for _ in range(3):
        id_ = (await kept.promise())["id"]
        await kept.call("POST", f"/{id_}/wait", json={"reason": "Ảnh hóa đơn"})
    await kept.pass_time(hours=20)
    async with kept.runtime.database.write() as session:
        await session.execute(
            text("""INSERT INTO commitment
                    SELECT (jsonb_populate_record(c, jsonb_build_object('id', gen_random_uuid()))).*
                    FROM commitment c CROSS JOIN generate_series(1, 100)""")
        )
    late = (await kept.promise(words="Ours"))["id"]
    html = await board(kept)
    assert "Ours" in html
    assert late in html
    assert f'<span class="count">{MOST}+</span>' in html
    assert "Waits for: Ảnh hóa đơn" in html


async def test_c39_the_rate_of_an_owner_stands_beside_their_promises(kept: Commitments) -> None:
    for _ in range(3):
        id_ = (await kept.promise(owner="hoa"))["id"]
        await kept.call("POST", f"/{id_}/fulfil")
    await kept.promise(owner="hoa")
    await kept.pass_time(hours=11)
    last = (await kept.promise(owner="hoa"))["id"]
    assert "Kept 3 of the last 4." in await board(kept, owner="hoa")
    assert "Kept 3 of the last 4." in await board(kept, open=last), "before they promise anything new"
    assert "of the last" not in await board(kept, owner="minh")
    kept.clock.advance(timedelta(days=91))
    assert "of the last" not in await board(kept, owner="hoa")
