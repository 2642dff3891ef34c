"""Promises and tasks in every state, with names and words of every length: for pictures and for tests in a browser."""

from __future__ import annotations

from datetime import timedelta
from typing import Any
from uuid import UUID

from shared.ids import new_id
from shared.security import CustomerPage, Links
from tests.commitments.conftest import PUBLIC_URL, START, Commitments, known

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
    return Links(kept.runtime.settings, kept.clock, CustomerPage.PROMISE).token(UUID(id_), lifetime=timedelta(days=9))


METER = {"name": "meter", "label": "Số công tơ, ghi ở góc dưới bên trái của đồng hồ", "kind": "text", "required": True}
FLOORS = ["Tầng trệt", LONG, "Từ tầng hai trở lên, có thang máy"]
FORM = [
    METER,
    {"name": "seen", "label": "Từ ngày nào?", "kind": "date"},
    {"name": "people", "label": "Số người trong nhà", "kind": "number"},
    {
        "name": "floor",
        "label": "Tầng",
        "kind": "choice",
        "choices": ["Tầng trệt", LONG, "Từ tầng hai trở lên, có thang máy"],
    },
]
PHOTO = "Chụp giúp chúng tôi mặt trước đồng hồ nước, thấy rõ các chữ số"


async def ask(kept: Commitments, parent: str, words: str = PHOTO, hours: int = 48, **changes: Any) -> dict[str, Any]:
    """A task under a promise of ours: what the interface answers."""
    body = {"words": words, "due_at": (kept.now + timedelta(hours=hours)).isoformat()}
    made: dict[str, Any] = await kept.call("POST", f"/{parent}/tasks", json=body | changes, expect=201)
    return made


async def task_states(kept: Commitments) -> dict[str, str]:
    """Addresses of customers' pages about what they are to do, by what state they show."""
    lan, pages = new_id(), dict[str, str]()
    await kept.deliver(known(lan, name=NAMES[1]))
    asked: dict[str, dict[str, Any]] = {
        "anything": {},
        "form": {"wants": "form", "fields": FORM},
        "upload": {"wants": "upload", "fields": FORM[2:3]},
        "message": {"wants": "message", "words": f"Cho chúng tôi biết mã đơn {LONG}"},
        "aside": {"blocks": False},
        "late": {"hours": 1},
        "done": {},
        "done-another-waits": {},
        "gone": {},
    }
    for name, changes in asked.items():
        parent = (await kept.promise(lan, **rich()))["id"]
        task = await ask(kept, parent, **changes)
        pages[f"task-{name}"] = address_of(kept, task)
        if name == "gone":
            await kept.call("POST", f"/{task['id']}/withdraw", json={"reason": "không cần nữa"})
        if name == "done-another-waits":
            await ask(kept, parent, f"Gửi mã {LONG}", hours=60)
            pages["page-waiting-for-two"] = f"/commitments/p/{token_of(kept, parent)}"
        if name == "aside":
            pages["page-task-aside"] = f"/commitments/p/{token_of(kept, parent)}"
    await kept.pass_time(hours=2)
    for name in ("done", "done-another-waits"):
        await kept.http.post(
            pages[f"task-{name}"], data={"note": "Đây ạ", "sent": "1"}, headers={"accept": "text/html"}
        )
    return pages


def address_of(kept: Commitments, task: dict[str, Any]) -> str:
    return kept.link(task["id"], CustomerPage.TASK).removeprefix(PUBLIC_URL)
