"""Cases as intake tells them, from their opening on, and a share in short."""

from __future__ import annotations

from typing import Any

from shared.contracts import Payload
from shared.contracts import intake as heard
from shared.ids import new_id
from tests.commitments.conftest import Commitments


def share(view: dict[str, Any]) -> tuple[int, int]:
    return view["count"], view["n"]


def facts_of(case: heard.CaseOpened, **changes: Any) -> dict[str, Any]:
    return case.model_dump(exclude={"opened_at"}) | changes


class Story:
    """One case, told to commitments as intake tells it."""

    def __init__(self, kept: Commitments, owner: str = "front-desk", **changes: Any) -> None:
        self.kept, self.customer = kept, changes.pop("customer_id", None) or new_id()
        opened = kept.case(self.customer).model_copy(update={"owner": owner} | changes)
        self.case = opened
        self.told: list[Payload] = [opened]

    async def tell(self, *facts: Payload) -> None:
        await self.kept.deliver(*self.told, *facts)
        self.told = []

    def contact(self, **changes: Any) -> heard.InteractionReceived:
        return self.kept.contact(self.customer, case_id=self.case.case_id, **changes)

    def answer(self) -> heard.InteractionSent:
        return self.kept.answer(self.customer, case_id=self.case.case_id)

    def owned(self, owner: str) -> heard.CaseUpdated:
        self.case = self.case.model_copy(update={"owner": owner})
        return heard.CaseUpdated(**facts_of(self.case))

    def resolved(self) -> heard.CaseResolved:
        return heard.CaseResolved(**facts_of(self.case), resolved_at=self.kept.now, summary="xong", by="minh")

    def reopened(self) -> heard.CaseReopened:
        return heard.CaseReopened(**facts_of(self.case), reopened_at=self.kept.now, reason="chưa ổn", by="minh")
