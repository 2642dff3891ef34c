"""The words of the promises that policy makes, and of an attempt to call."""

from __future__ import annotations

from dataclasses import dataclass

from services.commitments.policies.model import PolicyKind
from shared.contracts.intake import Language


@dataclass(frozen=True, slots=True)
class Says:
    """The words of one kind of promise, in both languages. `{who}` is the person who was named."""

    words: str
    cost: str


NO_CHARGE: dict[Language, str] = {"en": "no charge", "vi": "không mất phí"}


def _says(en: str, vi: str) -> dict[Language, Says]:
    return {"en": Says(en, NO_CHARGE["en"]), "vi": Says(vi, NO_CHARGE["vi"])}


SAYS: dict[PolicyKind, dict[Language, Says]] = {
    PolicyKind.RESPONSE: _says(
        "A person answers your message.",
        "Nhân viên của chúng tôi trả lời tin nhắn của anh/chị.",
    ),
    PolicyKind.NEXT_RESPONSE: _says(
        "A person answers your further message.",
        "Nhân viên của chúng tôi trả lời tin nhắn tiếp theo của anh/chị.",
    ),
    PolicyKind.COMPLAINT: _says(
        "A person answers your complaint and says who sees to it.",
        "Nhân viên của chúng tôi trả lời khiếu nại của anh/chị và cho biết ai phụ trách.",
    ),
    PolicyKind.CALL_BACK: _says(
        "We call you back.",
        "Chúng tôi gọi lại cho anh/chị.",
    ),
    PolicyKind.UPDATE: _says(
        "We tell you how your case goes, whether or not there is news.",
        "Chúng tôi cho anh/chị biết tình hình vụ việc, dù có tin mới hay chưa.",
    ),
    PolicyKind.FOLLOW_UP: _says(
        "We ask you whether what we did still holds.",
        "Chúng tôi hỏi lại anh/chị xem việc đã xử lý có còn ổn không.",
    ),
    PolicyKind.ESCALATION: _says(
        "{who} speaks with you.",
        "{who} liên lạc với anh/chị.",
    ),
    PolicyKind.INFORMATION: _says(
        "{who} gives you the information you asked for: {question}",
        "{who} trả lời câu hỏi: {question}",
    ),
}

PART_LATE: dict[Language, str] = {"en": "a part of it is late", "vi": "một phần của việc này đang bị trễ"}
"""Why a promise is warned of before its own time: what it is made of is late."""

NOT_NEEDED: dict[Language, str] = {"en": "no longer needed", "vi": "không còn cần nữa"}
REACHED_NOBODY: dict[Language, tuple[str, str]] = {
    "en": ("We called you and reached nobody.", "We call again. Tell us if another time suits you better."),
    "vi": (
        "Chúng tôi đã gọi nhưng chưa gặp được.",
        "Chúng tôi sẽ gọi lại. Nếu giờ khác tiện hơn, xin cho chúng tôi biết.",
    ),
}
"""What we do now, and what comes next."""
