"""What is new in a reply, in the forms that mail programs give it, and never slower than its size."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.intake.channels.mail.reply import new_words
from tests.support.clocks import grows_with_size, seconds

SAMPLES = Path(__file__).parents[5] / "shared" / "data" / "webhooks" / "payloads" / "email_reply_text"

VI_GMAIL = """Mình chưa nhận được hàng, nhờ shop kiểm tra giúp.

Vào Th 2, 5 thg 8, 2024 vào lúc 10:00 Nguyễn Lan <lan@example.com> đã viết:

> Chào anh,
> Đơn hàng của anh đã được gửi.
"""
VI_GMAIL_WRAPPED = """Cảm ơn shop.

Vào Th 3, 6 thg 8, 2024 vào lúc 09:15 Chăm sóc khách hàng Kept <
help@example.com> đã viết:

> Shop đã gửi lại.
>
"""
VI_OUTLOOK = """Tôi vẫn chưa được hoàn tiền.

________________________________
Từ: Chăm sóc khách hàng <help@example.com>
Đã gửi: Thứ Hai, 5 tháng 8, 2024 10:00
Tới: Trần Minh <minh@example.com>
Chủ đề: Re: Hoàn tiền đơn 1234

Chào anh Minh, chúng tôi đã ghi nhận.
"""
VI_ORIGINAL = """Ok em, mai chị qua lấy.

---- Tin nhắn gốc ----
Đồ của chị đã sửa xong.
"""
VI_IPHONE = """Khi nào giao hàng vậy shop?

Đã gửi từ iPhone của tôi

> Vào 5 thg 8, 2024, lúc 10:00, Shop <help@example.com> đã viết:
>
> Đơn của bạn đang xử lý
"""
VI_INLINE = """> Anh cho em xin địa chỉ?

12 Lê Lợi, Quận 1

> Và số điện thoại ạ?

0901234567
"""
VI_DECOMPOSED = (
    "Được nhé\n\nVa\u0300o Th 2, 5 thg 8, 2024 vào lúc 10:00 Lan <lan@example.com> đa\u0303 viê\u0301t:\n\nCũ"
)

CASES = {
    "vi gmail": (VI_GMAIL, "Mình chưa nhận được hàng, nhờ shop kiểm tra giúp."),
    "vi gmail wrapped": (VI_GMAIL_WRAPPED, "Cảm ơn shop."),
    "vi outlook": (VI_OUTLOOK, "Tôi vẫn chưa được hoàn tiền."),
    "vi outlook with Đến and no rule": (
        VI_OUTLOOK.replace("_", "").replace("Tới:", "Đến:"),
        "Tôi vẫn chưa được hoàn tiền.",
    ),
    "vi original": (VI_ORIGINAL, "Ok em, mai chị qua lấy."),
    "vi iphone": (VI_IPHONE, "Khi nào giao hàng vậy shop?"),
    "vi inline": (VI_INLINE, "12 Lê Lợi, Quận 1\n\n0901234567"),
    "vi letters and marks apart": (VI_DECOMPOSED, "Được nhé"),
    "en gmail": ("Yes\n\nOn Mon, Aug 5, 2024 at 10:00 AM Lan <lan@example.com> wrote:\n\n> Shall we?\n", "Yes"),
    "en wrapped": (
        "Yes\n\nOn Mon, Aug 5, 2024 at 10:00 AM A Very Long Name\n<lan@example.com>\nwrote:\n\n> ok\n",
        "Yes",
    ),
    "en apple, no address": ("Yes\n\nOn Aug 5, 2024, at 10:00, Lan wrote:\n\nShall we?\n", "Yes"),
    "en bottom": ("On Mon, Aug 5, 2024 Lan wrote:\n> Shall we?\n\nYes, at noon.\n", "Yes, at noon."),
    "en outlook": ("Yes\n\nFrom: Lan\nSent: Monday\nTo: Minh\nSubject: lunch\n\nShall we?", "Yes"),
    "en outlook bold": ("Yes\n\n*From:* Lan\n*Date:* Monday\n*Subject:* lunch\n\nShall we?", "Yes"),
    "en original": ("Yes\n\n-----Original Message-----\nFrom: Lan\n\nShall we?", "Yes"),
    "en outlook on a phone": (
        "Yes\n\nGet Outlook for iOS<https://aka.ms/o0ukef>\n"
        + "_" * 32
        + "\nFrom: L <l@example.com>\nSent: x\nSubject: y\n",
        "Yes",
    ),
    "signature": ("Yes\n-- \nLan\nA company", "Yes"),
    "signature without its space": ("Yes\n\n--\nLan\nA company\n\n> Shall we?", "Yes"),
    "helpdesk line": ("Yes\n\n##- Please type your reply above this line -##\n\nTicket 5", "Yes"),
    "de": ("Ja\n\nAm 05.08.2024 um 10:00 schrieb Lan <lan@example.com>:\n> Geht das?", "Ja"),
    "fr": ("Oui\n\nLe lun. 5 août 2024 à 10:00, Lan <lan@example.com> a écrit :\n\n> Bon?", "Oui"),
    "es": ("Sí\n\nEl lun, 5 ago 2024 a las 10:00, Lan (<lan@example.com>) escribió:\n\n> ¿Bien?", "Sí"),
    "ja": ("はい\n\n2024年8月5日(月) 10:00 Lan <lan@example.com>:\n\n> いいですか", "はい"),
    "pl": ("Tak\n\npon., 5 sie 2024 o 10:00 Lan <lan@example.com> napisał(a):\n\n> Dobrze?", "Tak"),
}

NOTHING_TO_CUT = {
    "all new": "Where is my order?\n\nThanks,\nLan\n",
    "only a quote": "> Shall we?\n> Yes?\n",
    "only a signature": "Sent from my iPhone",
    "empty": "",
    "a forward": "See below.\n\n---------- Forwarded message ---------\nFrom: L\nDate: x\nSubject: y\n\n> Broken",
    "a vi forward": "Xem giúp em\n\n---------- Thư đã chuyển tiếp ----------\nTừ: Lan\nNgày: x\nChủ đề: y\n\nHỏng rồi",
    "a trip is no header": "Cho mình hỏi vé\nTừ: Hà Nội\nĐến: Đà Nẵng\nNgày: 5/8\nCảm ơn",
    "sent from a town": "Hàng gửi cho em chưa tới.\nGửi từ Hà Nội ngày 5/8 mà nay vẫn chưa thấy",
    "a sentence that ends in a colon": "Vào lúc 10:00 ngày 5/8 tôi đã viết cho shop như sau:\nHàng lỗi, xin đổi.",
    "on is no header": "On your remote host you can run:\n\n   telnet 127.0.0.1 52698",
    "stars": "My rating:\n*****",
    "two dashes in a long text": "First\n--\n" + "\n".join(f"Point {i}" for i in range(12)),
}


@pytest.mark.parametrize("name", CASES)
def test_what_is_new_is_found(name: str) -> None:
    text, new = CASES[name]
    assert new_words(text) == new
    assert new_words(text.replace("\n", "\n\n")) is not None, "also with every line ended twice"


@pytest.mark.parametrize("name", NOTHING_TO_CUT)
def test_where_all_is_new_or_nothing_would_be_left_there_is_no_reply(name: str) -> None:
    assert new_words(NOTHING_TO_CUT[name]) is None


@pytest.mark.parametrize("subject", ["Fwd: broken", "FW: hỏng", "Chuyển tiếp: hỏng"])
def test_a_forward_by_its_subject_is_not_cut(subject: str) -> None:
    assert new_words(VI_OUTLOOK, subject) is None
    assert new_words(VI_OUTLOOK, "Re: " + subject) == "Tôi vẫn chưa được hoàn tiền."


SAMPLED: dict[str, str | None] = {
    "email-reply-parser__email_1_1": "Hi folks…-Abhishek Kona",
    "email-reply-parser__email_1_2": 'Hi,…to delete them all individually."',
    "email-reply-parser__email_1_3": "Oh thanks.…-Abhishek Kona",
    "email-reply-parser__email_1_6": "I get proper rendering as well.",
    "email-reply-parser__email_2_1": "Outlook with a reply",
    "email-reply-parser__email_BlackBerry": "Here is another email",
    "email-reply-parser__email_gmail": "This is a test for inbox replying to a github message.",
    "email-reply-parser__email_iPhone": "Here is another email",
    "email-reply-parser__email_one_is_not_on": "Thank, this is really helpful.…when I run...",
    "email-reply-parser__email_partial_quote_header": "On your remote host…the tunnel is not working.",
    "email-reply-parser__greedy_on": "On your remote host…the tunnel is not working.",
    "email-reply-parser__pathological": "I think you're onto something.…get back to a computer.",
    "mail-parser-reply__email_danish_1": "Hej Peter,…Anders Andersen",
    "mail-parser-reply__email_ja_1_1": None,
    "mail-parser-reply__email_nl_1_1": "Hallo allemaal,…-Maarten de Jong",
    "mail-parser-reply__email_pl_1_1": None,
}
"""How what is new begins and ends; None: all of it, or nothing."""


@pytest.mark.parametrize("name", SAMPLED)
def test_samples_of_others_parsers(name: str) -> None:
    path = SAMPLES / f"{name}.txt"
    if not path.exists():
        pytest.skip("the samples are not here")
    found = new_words(path.read_bytes().decode().replace("\r\n", "\n"))
    expected = SAMPLED[name]
    if expected is None:
        assert found is None
        return
    start, _, end = expected.partition("…")
    assert found is not None
    assert found.startswith(start)
    assert found.endswith(end or start)
    assert not any(line.startswith(">") for line in found.split("\n"))


HOSTILE: dict[str, Any] = {
    "newlines": lambda n: "\n" * n,
    "On and quotes": lambda n: "On " + "a " * (n // 2) + "\n" + "> x\n" * (n // 4),
    "On lines": lambda n: "On a\n" * (n // 5),
    "On lines with quotes between": lambda n: "On a\n> x\n" * (n // 9),
    "From lines": lambda n: "From: a\n" * (n // 8),
    "From, then blank lines": lambda n: "From: a\n\n\n" * (n // 10),
    "dashes": lambda n: "--\n" * (n // 3),
    "rules": lambda n: ("_" * 30 + "\n") * (n // 31),
    "signatures": lambda n: "\nSent from my iPhone\n" * (n // 21),
    "one long line": lambda n: "Vào " + "lúc 5@ " * (n // 7),
    "wrote": lambda n: "On 5 a@b wrote:\n" * (n // 16),
    "spaces": lambda n: " " * n,
    "quote marks": lambda n: ">" * n,
    "marks on one letter": lambda n: "On a" + "\u0301" * n,
}


@pytest.mark.parametrize("name", HOSTILE)
def test_time_grows_with_the_size_alone(name: str) -> None:
    """15 kB and 150 kB; others take seconds and more for what is here."""
    make = HOSTILE[name]

    def work(size: int) -> Any:
        text = make(size)
        return lambda: new_words(text)

    grows_with_size(work, 15_000, most=1.0)


pieces = st.sampled_from(
    ("\n", "On ", "Vào ", "a ", "> x", "From: a", "Từ: a", "Subject: b", "Sent: c", " wrote:", "đã viết:", "-- ", "--")
) | st.sampled_from(
    ("_" * 40, "5", "@", "-----Original Message-----", "---------- Forwarded message", "Sent from my iPhone", " ", ":")
)


@given(st.lists(pieces | st.text(max_size=5), max_size=12), st.sampled_from([None, "Re: x", "Fwd: x"]))
def test_any_mixture_is_read_in_its_time_and_nothing_is_made_up(found: list[str], subject: str | None) -> None:
    pattern = "".join(found) or "\n"
    text = pattern * (20_000 // len(pattern) + 1)
    assert seconds(lambda: new_words(text, subject), tries=1) < 1.0
    new = new_words(pattern, subject)
    if new is not None:
        lines = [line.strip() for line in pattern.split("\n")]
        assert {line.strip() for line in new.split("\n")} <= {*lines, ""}
