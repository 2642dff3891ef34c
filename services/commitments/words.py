"""The words of the promises that policy makes."""

from __future__ import annotations

from dataclasses import dataclass

from shared.contracts.commitments import CommitmentKind
from shared.contracts.intake import Language


@dataclass(frozen=True, slots=True)
class Says:
    words: str
    cost: str


SAYS: dict[CommitmentKind, dict[Language, Says]] = {
    CommitmentKind.RESPONSE: {
        "en": Says("A person answers your message.", "no charge"),
        "vi": Says("Nhân viên của chúng tôi trả lời tin nhắn của bạn.", "không mất phí"),
    },
    CommitmentKind.CALL_BACK: {
        "en": Says("We call you back.", "no charge"),
        "vi": Says("Chúng tôi gọi lại cho bạn.", "không mất phí"),
    },
}

PART_LATE: dict[Language, str] = {"en": "a part of it is late", "vi": "một phần của việc này đang bị trễ"}
"""Why a promise is warned of before its own time: what it is made of is late."""

NO_CHARGE: dict[Language, str] = {"en": "no charge", "vi": "không mất phí"}

NOT_NEEDED: dict[Language, str] = {"en": "no longer needed", "vi": "không còn cần nữa"}
