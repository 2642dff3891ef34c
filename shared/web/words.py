"""What pages say, in Vietnamese. English is the key; what is missing here is shown in English."""

from __future__ import annotations

from collections.abc import Callable

VIETNAMESE: dict[str, str] = {
    "This link does not work": "Liên kết này không dùng được",
    "This link was good once and has expired. Write to us and we send a new one.": (
        "Liên kết này đã hết hạn. Hãy nhắn cho chúng tôi để nhận liên kết mới."
    ),
    "This link is not one of ours, or a part of it is missing.": (
        "Liên kết này không phải của chúng tôi hoặc bị thiếu một phần."
    ),
    "Something did not work": "Đã có lỗi xảy ra",
}


def translator(language: str) -> Callable[[str], str]:
    """A function from the English sentence to the same in `language`."""
    if language == "vi":
        return lambda sentence: VIETNAMESE.get(sentence, sentence)
    return lambda sentence: sentence
