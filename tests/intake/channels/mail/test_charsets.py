"""Charsets and transfer encodings as they are met: labels of every kind, wrong ones, and none."""

from __future__ import annotations

from base64 import b64encode

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.intake.channels.mail.charset_labels import codec_of
from services.intake.channels.mail.charsets import decode
from services.intake.channels.mail.encoded import decoded
from services.intake.channels.mail.message import part_of
from services.intake.channels.mail.transfer import content, from_base64, size
from tests.intake.channels.mail.writing import contact, mail, multipart
from tests.support.clocks import grows_with_size

LABELS = {
    # label: (codec that wrote it, what was written)
    "koi8-u": ("koi8_u", "Де моє"),
    "KOI8-R": ("koi8_r", "Где"),
    "x-mac-cyrillic": ("mac_cyrillic", "Привет"),
    "x-mac-ukrainian": ("mac_cyrillic", "Привет"),
    "macintosh": ("mac_roman", "é"),
    "x-mac-ce": ("mac_latin2", "ř"),
    "ISO-8859-8-I": ("iso8859_8", "שלום"),
    "visual": ("iso8859_8", "שלום"),
    "logical": ("iso8859_8", "שלום"),
    "csisolatin2": ("iso8859_2", "ř"),
    "l2": ("iso8859_2", "ř"),
    "ISO_8859-1:1987": ("cp1252", "€"),
    "ansi_x3.4-1968": ("cp1252", "€"),
    "iso-8859-9": ("cp1254", "ş"),
    "latin5": ("cp1254", "ş"),
    "iso-8859-11": ("cp874", "ก"),
    "dos-874": ("cp874", "ก"),
    "tis-620": ("cp874", "ก"),
    "gb2312": ("gb18030", "镕€"),
    "gb_2312-80": ("gb18030", "镕"),
    "x-gbk": ("gb18030", "镕"),
    "big5": ("big5hkscs", "你好"),
    "cn-big5": ("big5hkscs", "你好"),
    "hz-gb-2312": ("hz", "你好"),
    "euc-kr": ("cp949", "똠방각하"),
    "ks_c_5601-1987": ("cp949", "똠방각하"),
    "windows-949": ("cp949", "똠"),
    "iso-2022-kr": ("iso2022_kr", "한글"),
    "shift_jis": ("cp932", "①髙"),
    "x-sjis": ("cp932", "①"),
    "windows-31j": ("cp932", "①"),
    "x-euc-jp": ("euc_jp", "日本"),
    "windows-1258": ("cp1258", "Đơn"),
    "unicode-1-1-utf-7": ("utf_7", "Việt"),
    "utf-7": ("utf_7", "Việt"),
    "utf-16": ("utf_16_be", "Việt Nam"),
    "UTF-16": ("utf_16_le", "Việt Nam"),
    "utf-16le": ("utf_16_le", "Việt"),
    "utf-16be": ("utf_16_be", "Việt"),
    "utf-32": ("utf_32_be", "Việt"),
    "ucs-4": ("utf_32_le", "Việt"),
    "unicode-1-1-utf-8": ("utf_8", "Việt"),
    "x-unicode20utf8": ("utf_8", "Việt"),
    "ibm852": ("cp852", "ř"),
    "cp866": ("cp866", "Где"),
    "default": ("utf_8", "Việt"),
    "unknown-8bit": ("utf_8", "Việt"),
    "us-ascii": ("utf_8", "Việt"),
    "iso-8859-1": ("utf_8", "Việt"),
    "windows-1252": ("utf_8", "Việt"),
}


@pytest.mark.parametrize("label", LABELS)
def test_a_label_is_read_as_mail_programs_mean_it(label: str) -> None:
    codec, text = LABELS[label]
    for written in (label, label.upper(), f'"{label}"'):
        assert decode(text.encode(codec), written) == text


@pytest.mark.parametrize("codec", ["utf_8_sig", "utf_16", "utf_32"])
@pytest.mark.parametrize("label", [None, "utf-8", "us-ascii"])
def test_a_byte_order_mark_says_more_than_a_label(codec: str, label: str | None) -> None:
    assert decode("Việt Nam".encode(codec), label) == "Việt Nam"


@pytest.mark.parametrize("text", ["①Ⅰ㈱№", "髙﨑", "ⅰ纊", "日本語テスト", "ＡＢ"])
def test_iso_2022_jp_is_read_as_windows_writes_it(text: str) -> None:
    """The place of a character of Shift_JIS in rows of 94 is what ISO-2022-JP holds."""
    pairs = bytearray()
    for one in text:
        lead, trail = one.encode("cp932")
        row = (lead - (0x81 if lead < 0xA0 else 0xC1)) * 2 + (trail >= 0x9F)
        cell = trail - 0x9F if trail >= 0x9F else trail - 0x40 - (trail > 0x7F)
        pairs += bytes((row + 0x21, cell + 0x21))
    raw = b"a \x1b$B" + bytes(pairs) + b"\x1b(B z"
    for label in ("iso-2022-jp", "ISO-2022-JP-MS", "cp50221", None, "us-ascii"):
        assert decode(raw, label) == f"a {text} z"


@pytest.mark.parametrize(
    ("raw", "text"),
    [
        (b"\x1b(I1\x1b(B", "ｱ"),
        (b"\x0e1\x0f", "ｱ"),
        (b"\x1b(J\\\x1b(B", "¥"),
        (b"\x1b$(D0!\x1b(B", "丂"),
        (b"\x1b$B4A\n\x1b(B", "漢\n"),
        (b"\x1b$B4", "\ufffd"),
    ],
)
def test_other_sets_of_iso_2022_jp(raw: bytes, text: str) -> None:
    assert decode(raw, "iso-2022-jp") == text


@given(st.binary(max_size=60), st.sampled_from([*LABELS, "iso-2022-jp", "tcvn", "viscii", None]))
def test_any_bytes_are_text_under_any_label(raw: bytes, label: str | None) -> None:
    assert isinstance(decode(raw, label, "windows-1251"), str)


def test_every_codec_is_there() -> None:
    for label in LABELS:
        codec = codec_of(label)
        assert codec is None or isinstance(b"a".decode(codec, "replace"), str)


@pytest.mark.parametrize(
    "html",
    [
        '<meta charset="windows-1251"><p>%s</p>',
        "<META content='text/html; charset=windows-1251' http-equiv=Content-Type><p>%s</p>",
        "<!-- <meta charset=koi8-r> --><html><head><meta charset = windows-1251></head>%s",
    ],
)
@pytest.mark.parametrize("declared", ["", "; charset=us-ascii", "; charset=default"])
def test_html_says_its_charset_where_the_header_does_not(html: str, declared: str) -> None:
    body = (html % "Когда придёт заказ?").encode("cp1251")
    assert contact(mail(f"Content-Type: text/html{declared}", body=body)).text == "Когда придёт заказ?"


def test_the_header_comes_before_the_html() -> None:
    body = '<meta charset="windows-1251"><p>Việt</p>'.encode()
    assert contact(mail("Content-Type: text/html; charset=utf-8", body=body)).text == "Việt"


@pytest.mark.parametrize("charset", ["windows-1251", "koi8-r", "utf-8"])
def test_bytes_in_a_header_are_in_the_charset_of_the_text(charset: str) -> None:
    header = "From: Анна <anna@kunde.example>\nSubject: Где мой заказ\nMessage-ID: <1@x>\n".encode(charset)
    found = contact(mail(f"Content-Type: text/plain; charset={charset}", body="Где?".encode(charset), header=header))
    assert (found.name, found.subject, found.text) == ("Анна", "Где мой заказ", "Где?")


def test_bytes_in_a_file_name_are_in_the_charset_of_the_text() -> None:
    file = 'Content-Type: application/pdf; name="счёт.pdf"\nContent-Disposition: attachment\n\nx'.encode("cp1251")
    raw = multipart("Content-Type: text/plain; charset=windows-1251\n\nx", file)
    assert [one.name for one in contact(raw).attachments] == ["счёт.pdf"]


@pytest.mark.parametrize(
    ("written", "meant"),
    [
        ("=?utf-8?Q?Really??=", "Really?"),
        ("=?utf-8?Q?Where is it??= x", "Where is it? x"),
        ("=?utf-8?B?xJDGoW4g?==?utf-8?B?aMOgbmc=?=", "Đơn hàng"),
        ("=?UTF-8?q?=C4?= =?utf-8?B?kMah?=", "Đơ"),
        ("=?koi8-u?B?5MU=?=", "Де"),
        ("=?iso-2022-jp?B?GyRCLSEbKEI=?=", "①"),
    ],
)
def test_encoded_words_as_they_are_met(written: str, meant: str) -> None:
    assert decoded(written) == meant


UU = "begin 644 note.txt\n::&5L;&\\@9G)O;2!A;B!O;&0@<V-A;FYE<@H \n`\nend\n"
SAID = b"hello from an old scanner\n"


@pytest.mark.parametrize(
    ("raw", "encoding", "meant"),
    [
        (UU, "x-uuencode", SAID),
        (UU.replace("H \n", "H\n"), "X-UUE", SAID),
        ("no such thing", "uuencode", b"no such thing"),
        (b64encode(b"one").decode() + b64encode(b"more").decode(), "base64", b"onemore"),
        (b64encode(b"four").decode() + "\n" + b64encode(b"more").decode(), "base64", b"fourmore"),
        (b64encode(b"four").decode() + "\n--\nFooter of a list\n", "base64", b"four"),
        ("!ZG 9n*Z w==", "base64", b"dogg"),
        ("ZG9nZw", '"BASE64"', b"dogg"),
        ("a=\nb= \nc=\t\r\nd", "quoted-printable", b"abcd"),
        ("a=\rb", "quoted-printable", b"ab"),
        ("a=ZZ=3d=", "quoted-printable", b"a=ZZ="),
        ("=41", "x-unknown", b"=41"),
    ],
)
def test_transfer_encodings_as_they_are_met(raw: str, encoding: str, meant: bytes) -> None:
    assert content(raw.encode(), encoding) == meant
    assert size(raw.encode(), encoding) == len(meant)


def test_a_file_in_the_middle_of_a_text() -> None:
    raw = mail(body=f"See this:\n{UU}{UU.replace('note', 'other')}Bye\n")
    found = contact(raw)
    assert found.text == "See this:\nBye"
    assert [(one.name, one.size) for one in found.attachments] == [("note.txt", 26), ("other.txt", 26)]
    assert [part_of(raw, one.part or 0) for one in found.attachments] == [("text/plain", SAID)] * 2
    assert part_of(raw, 5000) is None


@pytest.mark.parametrize(
    "text", ["begin 644 people\nwho are here\nend", "begin at once\nend", "begin 644 a\nend", f"x\n{UU[:-4]}"]
)
def test_what_begins_like_a_file_and_is_none_is_text(text: str) -> None:
    found = contact(mail(body=text))
    assert (found.text, found.attachments) == (text.rstrip("\n"), ())


@pytest.mark.parametrize("line", ["begin 644 a\n", "begin 644 a\n#0V%T\n", "=", "A=\n"])
def test_time_grows_with_the_size_alone(line: str) -> None:
    grows_with_size(lambda n: lambda: contact(mail(body=line * (n // len(line)))), 15_000, most=1.0)


def test_padding_inside_costs_no_more() -> None:
    grows_with_size(lambda n: lambda: from_base64(b"QQ==\n" * (n // 5)), 15_000, most=1.0)
