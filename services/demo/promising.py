"""The promises of the played day to one customer: kept, changed, broken, and one that waited for her."""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime, timedelta
from typing import Any

from services.demo.interface import Interface
from services.demo.played import Played

ZONE = "Asia/Ho_Chi_Minh"
ONE_PIXEL = bytes.fromhex(
    "89504e470d0a1a0a0000000d4948445200000001000000010802000000907753de"
    "0000000c49444154789c63f8cfc0000003010100c9fe92ef0000000049454e44ae426082"
)
"""The smallest PNG there is, as the photo that she sends."""


class Promising:
    def __init__(self, api: Interface, played: Played) -> None:
        self.api, self.played = api, played

    async def play(self) -> None:
        await asyncio.gather(self._kept(), self._changed(), self._broken(), self._waited_for())
        await self.api.post(
            "/intake/interactions",
            {
                "customer_id": self.played.heroine,
                "kind": "call",
                "channel_kind": "phone",
                "text": "Đã gọi, xác nhận giao trước 18h.",
            },
        )

    async def _kept(self) -> None:
        """Stated, agreed by the customer on her page, kept in time."""
        id_ = await self._state("kept", "Đơn hàng DH-2026 tới tay chị trước 18:00.", timedelta(hours=6))
        link = await self._link(id_)
        self.played.statuses["old revision"] = await self.api.submit(link, "/agree", {"revision": "7"})
        self.played.statuses["agree"] = await self.api.submit(link, "/agree", {"revision": "1"})
        await self.api.event(self.played.heroine, "commitment.agreed", commitment_id=id_)
        await self.api.post(f"/commitments/{id_}/fulfil")

    async def _changed(self) -> None:
        """Changed before it is due, with a reason; the customer agrees to the change."""
        id_ = await self._state("changed", "Kỹ thuật viên tới lắp máy giặt lúc 9:00 mai.", timedelta(hours=20))
        link = await self._link(id_)
        await self.api.submit(link, "/agree", {"revision": "1"})
        due = (datetime.now(UTC) + timedelta(hours=26)).isoformat()
        await self.api.post(f"/commitments/{id_}/revise", {"due_at": due, "reason": "Kỹ thuật viên bị ốm"})
        await self.api.submit(link, "/agree", {"revision": "2"})
        await self.api.post(f"/commitments/{id_}/fulfil")

    async def _broken(self) -> None:
        """Nobody keeps it: the customer is warned, and at its time it breaks on its own."""
        id_ = await self._state("broken", "Chúng tôi gửi lại hóa đơn đã sửa.", timedelta(seconds=20))
        await self.api.event(self.played.heroine, "commitment.broken", commitment_id=id_)

    async def _waited_for(self) -> None:
        """Offered in two ways, of which she takes one; it waits for her photo; then it is done."""
        soon = datetime.now(UTC) + timedelta(days=1)
        dearer = {
            "name": "Ngay chiều nay",
            "words": "Lắp máy lạnh phòng ngủ trong chiều nay.",
            "due_at": (soon - timedelta(hours=18)).isoformat(),
            "cost": "350.000 đồng",
            "quality": "Thợ trưởng, có hút bụi",
            "reason": "Phải gọi thêm một thợ ngoài giờ.",
            "kind": "dearer",
        }
        id_ = await self._state(
            "waited for", "Lắp máy lạnh phòng ngủ trong ngày mai.", timedelta(days=1), options=[dearer]
        )
        choice = {"revision": "1", "option": dearer["name"]}
        link = await self._link(id_)
        self.played.statuses["choose"] = await self.api.submit(link, "/choose", choice)
        task = await ask_for(self.api, id_, "Gửi ảnh chỗ định treo máy và cho biết tường gì.")
        self.played.tasks["done"] = task["id"]
        answers = {"f_wall": "Gạch", "sent": "1"}
        photo = {"files": ("phòng ngủ.png", ONE_PIXEL)}
        await asyncio.sleep(1)  # so that there is a pause to be seen
        self.played.statuses["task"] = await self.api.submit(await self._link(task["id"]), "", answers, photo)
        await self.api.event(self.played.heroine, "commitment.resumed", commitment_id=id_)
        await self.api.post(f"/commitments/{id_}/fulfil")

    async def _state(self, name: str, words: str, due_in: timedelta, **more: Any) -> str:
        body = {
            "customer_id": self.played.heroine,
            "words": words,
            "due_at": (datetime.now(UTC) + due_in).isoformat(),
            "zone": ZONE,
            "cost": "không mất phí",
            "scope": "Giao tận nhà, một lần gọi trước",
            "owner": "Lan",
            "tell": True,
        }
        id_: str = (await self.api.post("/commitments", body | more))["id"]
        self.played.promises[name] = id_
        return id_

    async def _link(self, commitment: str) -> str:
        return await self.api.link(self.played.address, commitment)


async def ask_for(api: Interface, promise: str, words: str) -> dict[str, Any]:
    """Asks a photo and an answer of the customer; our clock stands still until they come. The task."""
    wall = {"name": "wall", "label": "Tường gì?", "kind": "choice", "choices": ["Gạch", "Thạch cao"], "required": True}
    due = (datetime.now(UTC) + timedelta(hours=4)).isoformat()
    task = {"words": words, "due_at": due, "zone": ZONE, "wants": "upload", "fields": [wall]}
    made: dict[str, Any] = await api.post(f"/commitments/{promise}/tasks", task)
    return made
