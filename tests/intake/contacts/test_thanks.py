"""What is thanks alone, and what says more."""

from __future__ import annotations

import pytest

from services.intake.contacts.thanks import are_thanks_alone


@pytest.mark.parametrize(
    "text",
    [
        "Thank you!",
        "Thanks a lot :-)",
        "Hi Lan,\n\nthank you very much for your quick help!\n\nBest regards,\nMinh Tran",
        "Ok, got it. Thanks!",
        "Cảm ơn shop nhiều ạ!",
        "Dạ em cảm ơn anh chị.",
        "Cảm ơn bạn đã hỗ trợ.\n\nTrân trọng,\nNguyễn Lan",
        "Vielen Dank für Ihre Hilfe!",
        "Merci beaucoup !",
        "ありがとうございました。",
        "谢谢",
        "감사합니다",
        "ขอบคุณมากครับ",
        "Спасибо большое!",
    ],
)
def test_thanks_alone(text: str) -> None:
    assert are_thanks_alone(text)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "Hello",
        "Thanks, but it is still broken.",
        "Thank you. When do you come?",
        "Thanks. Please call 0901234567",
        "Thanks for nothing, the door does not close",
        "Cảm ơn shop, nhưng máy vẫn hỏng",
        "Cảm ơn. Cho em hỏi bao giờ có hàng",
        "Vielen Dank, leider geht es nicht",
        "Best regards, Lan",
        "Thanks.\n\nBest regards,\nLan\nThe lamp is broken too",
        "Thank you " * 100,
    ],
)
def test_what_says_more_is_no_thanks_alone(text: str) -> None:
    assert not are_thanks_alone(text)
