"""Names and types that strangers gave their files, as a browser is told them."""

from __future__ import annotations

from email.message import Message
from urllib.parse import unquote

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from services.intake.contacts.files.filenames import LONGEST, disposition, media_type, safe_name, served_type

anything = st.text(st.characters(), max_size=400)


@pytest.mark.parametrize(
    ("given_name", "safe"),
    [
        ("photo.jpg", "photo.jpg"),
        ("Hóa đơn tháng 3.pdf", "Hóa đơn tháng 3.pdf"),
        ("Ho\u0301a \u0111o\u031bn.pdf", "Hóa đơn.pdf"),
        ("../../etc/passwd", "_.._etc_passwd"),
        ("C:\\boot\\x.ini", "C__boot_x.ini"),
        ('a"b\r\nX: y.txt', "a_b X_ y.txt"),
        ("a;filename=x.exe", "a_filename=x.exe"),
        ("gpj\u202eexe.jpg", "gpjexe.jpg"),
        ("\x00\x1f", "attachment"),
        ("...", "attachment"),
        ("   ", "attachment"),
        (None, "attachment"),
    ],
)
def test_safe_names(given_name: str | None, safe: str) -> None:
    assert safe_name(given_name) == safe


def test_a_long_name_keeps_its_ending() -> None:
    cut = safe_name("ệ" * 500 + ".pdf")
    assert cut.endswith("ệ.pdf")
    assert LONGEST - 3 <= len(cut.encode()) <= LONGEST
    assert len(safe_name("x" * 500).encode()) == LONGEST
    assert len(safe_name("a." + "x" * 500).encode()) == LONGEST


def test_a_vietnamese_name_is_told_in_both_ways() -> None:
    said = disposition("Đơn hàng số 5.pdf")
    assert said == (
        "attachment; filename=\"Don hang so 5.pdf\"; filename*=UTF-8''%C4%90%C6%A1n%20h%C3%A0ng%20s%E1%BB%91%205.pdf"
    )


@given(anything)
@example('";filename="x')
@example("ﷺ" * 100)
def test_whatever_a_file_is_called_the_header_holds_one_safe_name(name: str) -> None:
    said = disposition(name)
    assert said.isascii()
    assert said.isprintable()
    plain = said.partition('filename="')[2].partition('"')[0]
    full = unquote(said.partition("filename*=UTF-8''")[2])
    assert said.count('"') == 2
    assert full == safe_name(name)
    for one in (plain, full):
        assert one
        assert len(one.encode()) <= LONGEST
        assert not set(one) & set('/\\"\r\n\x00;%')
        assert not one.startswith(".")
    message = Message()
    message["Content-Disposition"] = said
    assert message.get_content_disposition() == "attachment"
    assert message.get_param("filename", header="content-disposition") in (plain, ("UTF-8", "", full))


@pytest.mark.parametrize(
    "runs",
    [
        *("text/html", "TEXT/HTML; charset=utf-8", "image/svg+xml", "application/xhtml+xml", "text/xml"),
        *("application/xml", "application/javascript", "text/javascript", "application/atom+xml", "text/css"),
        *("", "nonsense", "text/html\r\nX: y", "a/b/c", None),
    ],
)
def test_what_a_browser_might_run_is_only_bytes_to_it(runs: str | None) -> None:
    assert served_type(runs) == "application/octet-stream"


def test_other_types_are_told_as_they_are() -> None:
    for plain in ("image/png", "application/pdf", "text/plain", "audio/ogg", "application/vnd.ms-excel"):
        assert served_type(plain) == plain
    assert served_type("Image/PNG; name=x") == "image/png"


@given(anything)
def test_a_type_is_one_or_none(header: str) -> None:
    found = media_type(header)
    assert found is None or (found.isascii() and found.count("/") == 1 and found.isprintable() and " " not in found)
