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
