"""`python -m tests.commitments.gallery DIRECTORY`: pictures of the board and of a customer's page in every state.

Seeded through the interface on a database of its own, in both languages, at the widths of a phone, a tablet and a
screen. For looking at: no test compares them.
"""

from __future__ import annotations

import asyncio
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import timedelta
from pathlib import Path
from typing import Any, cast
from uuid import UUID

import httpx

from services.commitments import service
from services.commitments.store import Promises
from shared.broker.local import LocalBroker
from shared.clock import ManualClock
from shared.http import create_app
from shared.ids import new_id
from shared.runtime import Runtime
from shared.security import Links, Sessions
from shared.security.sessions import COOKIE
from tests.commitments.conftest import PUBLIC_URL, START, Commitments, known, settings_for
from tests.support.chromium import Tab, browsing, find_chromium, running
from tests.support.postgres import ScratchPostgres, scratch_postgres
from tests.support.scratch import migrated_template
from tests.support.serving import serving

WIDTHS = (390, 768, 1280)
LANGUAGES = ("vi", "en")
LONG = "Nghiêng" * 28
NAMES = (
    "Nguyễn Thị Lan",
    "Công Tằng Tôn Nữ Thị Ngọc Bích Phương Thảo Quỳnh Nghiêm Trương Hoàng Yến",
    LONG,
    None,
    "Trần Minh",
)
TEAMS = ("kỹ thuật miền Đông Nam Bộ", "kho", "kho")
WORDS = (
    "Đơn hàng 1042 tới nơi trong tay chị",
    "Kỹ thuật viên tới kiểm tra máy giặt, thay gioăng cửa nếu cần và hướng dẫn cách dùng",
    f"Mã đơn {LONG}",
    "We send the corrected invoice",
)
RICH = {
    "scope": "một lần kiểm tra tại nhà, gioăng cửa chính hãng",
    "exclusions": "các bộ phận khác, việc khiêng máy xuống cầu thang",
    "who": "Anh Minh, 12 năm sửa máy giặt, được hãng cấp chứng chỉ",
    "assumptions": [
        {"words": "Có người ở nhà từ 8 giờ", "whose": "customer", "confirmed": False},
        {"words": "Gioăng có sẵn trong kho", "whose": "us", "confirmed": True},
    ],
    "options": [
        {
            "name": "Nhanh",
            "words": "Gioăng tương đương, tới ngay chiều nay",
            "due_at": (START + timedelta(hours=5)).isoformat(),
            "cost": "250.000 đ",
            "quality": "bảo hành 3 tháng",
            "reason": "không phải chờ hàng chính hãng",
        },
        {
            "name": "Chính hãng",
            "words": "Đợi gioăng của hãng",
            "due_at": (START + timedelta(days=3)).isoformat(),
            "cost": "không mất phí",
            "quality": "bảo hành 24 tháng",
            "reason": "giải pháp chất lượng cao hơn, nên cần nhiều thời gian hơn",
        },
    ],
}


@asynccontextmanager
async def at_work(postgres: ScratchPostgres, template: str) -> AsyncIterator[Commitments]:
    name = postgres.make_database(template)
    settings, clock = settings_for(postgres.url(name)), ManualClock(START)
    made = service.build(settings, clock)
    runtime = Runtime(made, settings, clock=clock, role="api", broker=LocalBroker(postgres.url(name), topics=()))
    transport = httpx.ASGITransport(app=create_app(runtime, manage_runtime=False))
    async with httpx.AsyncClient(transport=transport, base_url=PUBLIC_URL) as http:
        yield Commitments(http, runtime, clock, cast("Promises", made.state))
    await runtime.stop()


def rich(**changes: Any) -> dict[str, Any]:
    steps = [
        {"words": "Gọi trước khi tới", "expected_at": (START + timedelta(hours=2)).isoformat()},
        {"words": "Kiểm tra và thay gioăng", "expected_at": (START + timedelta(hours=6)).isoformat()},
        {"words": "Chạy thử một vòng"},
    ]
    return {"words": WORDS[1], "cost": "không mất phí", "steps": steps, **RICH, **changes}


async def crowd(kept: Commitments, count: int = 200) -> None:
    """Promises in every lane, with names and words of every length."""
    people = [new_id() for _ in NAMES]
    await kept.deliver(*(known(id_, name=name) for id_, name in zip(people, NAMES, strict=True)))
    ids = []
    for n in range(count):
        due = kept.now + timedelta(hours=3 + n * 7 % 60)
        owner = ("minh", "hoa.tran", "công.tằng.tôn.nữ.thị.ngọc.bích.phương", None)[n % 4]
        changes: dict[str, Any] = {"owner": owner} if owner else {}
        changes |= {"words": WORDS[n % len(WORDS)], "due_at": due.isoformat(), "team": TEAMS[n % 3]}
        made = await kept.promise(people[n % len(people)], **changes)
        ids.append(made["id"])
    for n, id_ in enumerate(ids[:60]):
        await act_on(kept, id_, n)
    await kept.deliver(*(kept.contact(person) for person in people[:3]))
    await kept.pass_time(hours=4)


async def act_on(kept: Commitments, id_: str, n: int) -> None:
    later = (kept.now + timedelta(days=4)).isoformat()
    match n % 6:
        case 0:
            await kept.call("POST", f"/{id_}/wait", json={"reason": "Ảnh chụp hóa đơn và số máy phía sau tủ lạnh"})
        case 1:
            body = {"revision": 1, "reason": "Hôm đó tôi đi công tác", "proposed_due_at": later}
            await kept.call("POST", f"/{id_}/decline", json=body)
        case 2:
            await kept.call("POST", f"/{id_}/warn", json={"reason": "Xe giao hàng hỏng"})
        case 3:
            await kept.call("POST", f"/{id_}/fulfil")
        case 4:
            await kept.call("POST", f"/{id_}/agree", json={"revision": 1})


async def states(kept: Commitments) -> dict[str, str]:
    """Tokens of customers' pages, by what state they show."""
    lan = new_id()
    await kept.deliver(known(lan, name=NAMES[1]))
    later = {"due_at": (START + timedelta(days=2)).isoformat(), "reason": "Bão số 3 làm đứt đường", "cost": "giảm 50%"}
    one: dict[str, Any] = {"revision": 1}
    acts: dict[str, list[tuple[str, Any]]] = {
        "stated": [],
        "agreed": [("agree", one)],
        "revised": [("agree", one), ("revise", later)],
        "revised-agreed": [("agree", one), ("revise", later), ("agree", {"revision": 2})],
        "refused-change": [
            ("agree", one),
            ("revise", later),
            ("decline", {"revision": 2, "reason": "Quá muộn", "proposed_due_at": later["due_at"]}),
        ],
        "declined": [("decline", {**one, "reason": "Tôi cần sớm hơn"})],
        "countered": [("decline", {**one, "reason": "another_time", "proposed_due_at": later["due_at"]})],
        "progress": [
            ("agree", one),
            (
                "progress",
                {
                    "now_doing": "Đã lấy gioăng ở kho",
                    "problems": "Đường ngập",
                    "solution": "Đi vòng qua cầu Sài Gòn",
                    "next_step": "Tới nhà chị",
                    "next_contact_at": (START + timedelta(hours=3)).isoformat(),
                    "steps_done": 1,
                },
            ),
        ],
        "at-risk": [("agree", one), ("warn", {"reason": "Xe giao hàng hỏng ở Long An"})],
        "waiting": [("agree", one), ("wait", {"reason": "Ảnh chụp hóa đơn"})],
        "withdrawn": [("withdraw", {"reason": "Chuyển nhà"})],
        "void": [("void", {"reason": "Nhầm khách"})],
        "kept": [("agree", one), ("fulfil", None)],
    }
    tokens = {}
    for name, steps in acts.items():
        made = await kept.promise(lan, **rich())
        for path, body in steps:
            await kept.call("POST", f"/{made['id']}/{path}", json=body)
        tokens[name] = token_of(kept, made["id"])
    day = await kept.promise(lan, due_at=None, due_on="2026-03-02", words=f"Trả lời {LONG}")
    tokens["day-long"] = token_of(kept, day["id"])
    return tokens


async def late_states(kept: Commitments) -> dict[str, str]:
    """States that only time brings."""
    lan, tokens = new_id(), {}
    await kept.deliver(known(lan, name="Lan"))
    for name in ("broken", "broken-done", "overdue"):
        made = await kept.promise(lan, **rich(due_at=(kept.now + timedelta(hours=1)).isoformat()))
        tokens[name] = token_of(kept, made["id"])
        if name != "overdue":
            await kept.pass_time(hours=2)
        if name == "broken-done":
            await kept.call("POST", f"/{made['id']}/fulfil")
    kept.clock.advance(timedelta(hours=2))
    return tokens


def token_of(kept: Commitments, id_: str) -> str:
    return Links(kept.runtime.settings, kept.clock, service.LINK_PURPOSE).token(UUID(id_), lifetime=timedelta(days=9))


async def sign_in(kept: Commitments, tab: Tab, url: str) -> None:
    await tab.cookie(url, COOKIE, Sessions(kept.runtime.settings, kept.clock).open("staff"))


async def pictures(directory: Path, template: str, postgres: ScratchPostgres, tab: Tab, only: str) -> None:
    async def take(url: str, name: str) -> None:
        if only not in name:
            return
        for lang in LANGUAGES:
            for width in WIDTHS:
                await tab.size(width)
                await tab.goto(url + ("&" if "?" in url else "?") + f"lang={lang}")
                await tab.picture(directory / f"{name}-{lang}-{width}.png")
                wide = await tab.value("document.documentElement.scrollWidth")
                if wide > width:
                    sys.stdout.write(f"{name} {lang} {width}: scrolls sideways to {wide}\n")

    async with at_work(postgres, template) as kept, serving(kept.runtime) as url:
        await sign_in(kept, tab, url)
        await take(f"{url}/commitments/board", "board-empty")
        for name, token in (await states(kept)).items():
            await take(f"{url}/commitments/p/{token}", f"page-{name}")
        for name, token in (await late_states(kept)).items():
            await take(f"{url}/commitments/p/{token}", f"page-{name}")
        await take(f"{url}/commitments/p/wrong", "page-wrong-link")
    async with at_work(postgres, template) as kept, serving(kept.runtime) as url:
        await sign_in(kept, tab, url)
        await crowd(kept)
        await take(f"{url}/commitments/board", "board-crowded")
        opened = next(p for p in await kept.all() if p.is_open and p.waiting_since is None and p.terms[0].steps == ())
        await take(f"{url}/commitments/board?q=nothing-like-it", "board-nothing-fits")
        await take(f"{url}/commitments/board?open={opened.id}", "board-open")
    sys.stdout.write(f"{len(list(directory.glob('*.png')))} pictures in {directory}; {tab.errors or 'no complaints'}\n")


async def main(directory: Path, only: str) -> None:
    directory.mkdir(parents=True, exist_ok=True)
    chromium = find_chromium()
    if chromium is None:
        raise SystemExit("no Chromium to look with")
    with scratch_postgres() as postgres:
        template = await asyncio.to_thread(migrated_template, postgres, Path(service.__file__).parent / "migrations")
        with running(chromium) as profile:
            async with browsing(profile) as tab:
                await pictures(directory, template, postgres, tab, only)


if __name__ == "__main__":
    asyncio.run(main(Path(sys.argv[1]), sys.argv[2] if len(sys.argv) > 2 else ""))
