"""A quarter of promises and cases, for the scorecard and the standards: many owners, every outcome, every verdict."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from tests.commitments.conftest import START, Commitments
from tests.commitments.seeds import LONG, TEAMS
from tests.commitments.stories import Story

OWNERS = (
    *("minh", "hoa.tran", "công.tằng.tôn.nữ.thị.ngọc.bích.phương", LONG, None),
    *(f"Nguyễn Hoàng Phương Thảo {n}" for n in range(7)),
)
HOURS = (3, 10, 30, 100)
PER_WEEK = 60


async def quarter(kept: Commitments, weeks: int = 13) -> None:
    """Promises of every length and what became of them, week by week; and cases beside them."""
    for week in range(weeks):
        open_ = []
        for n in range(PER_WEEK):
            owner = OWNERS[n % len(OWNERS)]
            changes: dict[str, Any] = {"owner": owner} if owner else {}
            made = await kept.promise(
                words=f"Giao đơn {week}-{n}",
                team=TEAMS[n % 3],
                category=("giao hàng", "hóa đơn")[n % 2],
                due_at=(kept.now + timedelta(hours=HOURS[n % 4])).isoformat(),
                **changes,
            )
            open_.append((n, made["id"]))
        stories = [Story(kept, owner=OWNERS[n] or "front-desk") for n in range(3)]
        for n, story in enumerate(stories):
            await story.tell(story.contact(), *([story.answer(), story.resolved()] if n else []))
        await end(kept, open_, week)
        kept.clock.set(START + timedelta(weeks=week + 1))
        await kept.fire()


async def end(kept: Commitments, open_: list[tuple[int, str]], week: int) -> None:
    """Some soon, some late, some never; the more of them in time, the later the week."""
    for hours in (2, 5, 20, 60):
        await kept.pass_time(hours=hours)
        for n, id_ in list(open_):
            if (n * 7 + week) % 5 and (n + week + hours) % 3 == 0:
                await kept.call("POST", f"/{id_}/fulfil")
                open_.remove((n, id_))


# (measure, target, words in Vietnamese and in English)
STANDARDS = (
    ("kept_as_promised", 0.2, "Chúng tôi giữ đúng lời hứa ban đầu.", "We keep what we first promised."),
    ("kept_as_agreed", 0.99, "Chúng tôi giữ lời, kể cả khi đã đổi hẹn.", "We keep our word, also after a change."),
    ("told_before_break", 0.9, f"Chúng tôi báo trước khi trễ {LONG}", f"We tell you before we are late {LONG}"),
    ("called_back_in_time", 0.9, "Chúng tôi gọi lại trong 4 giờ.", "We call back within 4 hours."),
    ("first_contact", 0.66, "Chúng tôi giải quyết ngay lần đầu.", "We solve it at the first contact."),
)


async def standards(kept: Commitments) -> None:
    for measure, target, vi, en in STANDARDS:
        body = {"name": measure.replace("_", "-"), "measure": measure, "target": target}
        await kept.call("PUT", "/standards", json=body | {"words_vi": vi, "words_en": en}, expect=201)
