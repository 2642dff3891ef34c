"""Header fields and charsets, good and broken."""

from __future__ import annotations

import subprocess
from shutil import which

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.intake.channels.mail.charsets import decode
from services.intake.channels.mail.headers import Headers, addresses, decoded, media_type, parameters, split
from services.intake.channels.mail.transfer import content, from_base64, size
from tests.support.clocks import grows_with_size

WORDS = "Đơn hàng của tôi bị trễ, ạ"


@pytest.mark.parametrize(
    ("written", "meant"),
    [
        ("=?UTF-8?B?xJDGoW4gaMOgbmc=?=", "Đơn hàng"),
        ("=?utf-8?q?=C4=90=C6=A1n_h=C3=A0ng?=", "Đơn hàng"),
        ("=?utf-8?B?xJDGoW4=?= =?utf-8?B?IGjDoG5n?=", "Đơn hàng"),
        ("=?utf-8?B?xJDG?= =?utf-8?B?oW4=?=", "Đơn"),
        ("Re: =?utf-8?Q?=C4=90=C6=A1n?= 5", "Re: Đơn 5"),
        ("=?windows-1258?Q?=D0=F5n?=", "Đơn"),
        ("=?utf-8*vi?Q?=C4=90?=", "Đ"),
        ("=?utf-8?B?xJDGoW4?=", "Đơn"),
        ("=?utf-8?B?!!!?=", ""),
        ("=?nonsense?Q?=C4=90=C6=A1n?=", "Đơn"),
        ("=?utf-8?Q?=ZZ=?=", "=ZZ"),
        ("=?utf-8?X?abc?=", "=?utf-8?X?abc?="),
        ("=?utf-8?Q?unfinished", "=?utf-8?Q?unfinished"),
        ("=?utf-8?Q?a b?=", "a b"),
    ],
)
def test_encoded_words(written: str, meant: str) -> None:
    assert decoded(written) == meant


@pytest.mark.parametrize(
    ("raw", "charset", "text"),
    [
        (WORDS.encode(), None, WORDS),
        (WORDS.encode(), "us-ascii", WORDS),
        (WORDS.encode("utf-16"), "utf-16", WORDS),
        ("vi\u1ec7t".encode() + b"\xff" + WORDS.encode(), "utf-8", "vi\u1ec7t\ufffd" + WORDS),
        ("café".encode("latin-1"), "utf-8", "café"),
        ("café – “x”".encode("cp1252"), "iso-8859-1", "café – “x”"),
        (b"\xd0\xf5n h\xe0ng", "windows-1258", "Đơn hàng"),
        (b"ti\xea\xecng Vi\xea\xf2t", "x-cp1258", "tiếng Việt"),
        (b"\xa7\xa5n h\xb5ng", "TCVN-5712", "ĐƠn hàng"),
        (b"\xd0\xbdn", "VISCII", "Đơn"),
        ("日本".encode("iso2022_jp"), "iso-2022-jp", "日本"),
        (b"abc", "zip", "abc"),
        (b"abc", "idna", "abc"),
        (b"abc", "no such\x00charset" * 99, "abc"),
        (b"a\x00b", "utf-8", "a\x00b"),
        (b"\x81\x8d", None, "\ufffd\ufffd"),
    ],
)
def test_charsets(raw: bytes, charset: str | None, text: str) -> None:
    assert decode(raw, charset) == text


@pytest.mark.process
@pytest.mark.parametrize(("declared", "theirs"), [("tcvn", "TCVN5712-1"), ("viscii", "VISCII")])
def test_the_vietnamese_tables_are_those_of_iconv(declared: str, theirs: str) -> None:
    if which("iconv") is None:
        pytest.skip("there is no iconv to ask")
    for code in range(256):
        asked = subprocess.run(
            ["iconv", "-f", theirs, "-t", "utf-8"], input=bytes([code]), capture_output=True, check=False
        )
        if asked.returncode:
            pytest.skip("this iconv does not know it")
        assert decode(bytes([code]), declared) == asked.stdout.decode()


def test_a_header_is_cut_out_and_unfolded() -> None:
    raw = b"From: a\r\nSubject: one\r\n two\r\nX-8bit: \xc4\x90\xc6\xa1n\r\nsubject: later\r\n\r\nbody\r\n"
    headers, body = split(raw, 0, len(raw))
    assert headers.raw("subject") == "one two"
    assert headers.all("subject") == ("one two", "later")
    assert headers.text("x-8bit") == "Đơn"
    assert raw[body:] == b"body\r\n"


@pytest.mark.parametrize(
    ("raw", "names", "body"),
    [
        (b"", set(), b""),
        (b"\r\nbody", set(), b"body"),
        (b"\n\nbody", set(), b"\nbody"),
        (b"no header\nbody", set(), b"no header\nbody"),
        (b"From a@b Mon\nTo: x\n\nbody", {"to"}, b"body"),
        (b"To: x\nthe blank line is missing\n\nmore", {"to"}, b"the blank line is missing\n\nmore"),
        (b"To: x", {"to"}, b""),
        (b"To: x\r\r\nCc: y\r\r\n\r\r\nbody", {"to", "cc"}, b"body"),
        (b" folded first\nTo: x\n\n", set(), b" folded first\nTo: x\n\n"),
        (b"To : x\n\n", {"to"}, b""),
        (b"\x00\xff: x\n\n", set(), b"\x00\xff: x\n\n"),
    ],
)
def test_headers_that_are_none_or_broken(raw: bytes, names: set[str], body: bytes) -> None:
    headers, at = split(raw, 0, len(raw))
    assert set(headers.fields) == names
    assert raw[at:] == body


def test_a_huge_header_is_cut_and_what_follows_is_read() -> None:
    raw = b"".join(b"X-%d: y\n" % i for i in range(50_000)) + b"Subject: z\n\nbody"
    headers, body = split(raw, 0, len(raw))
    assert len(headers.fields) == 1000
    assert raw[body:] == b"body"
    long = b"Subject: " + b"x" * 10_000_000 + b"\n\nbody"
    headers, body = split(long, 0, len(long))
    assert len(headers.raw("subject")) <= 64 * 1024
    assert long[body:] == b"body"


@pytest.mark.parametrize(
    ("field", "found"),
    [
        ("Lan <lan@example.com>", [("Lan", "lan@example.com")]),
        ('"Nguyễn, Lan" <lan@example.com>, b@example.com', [("Nguyễn, Lan", "lan@example.com"), ("", "b@example.com")]),
        ("=?utf-8?Q?Nguy=E1=BB=85n,_Lan?= <lan@example.com>", [("Nguyễn, Lan", "lan@example.com")]),
        ("lan@example.com (Lan)", [("Lan", "lan@example.com")]),
        ("Team: a@example.com, b@example.com;", [("", "a@example.com"), ("", "b@example.com")]),
        ("undisclosed-recipients:;", []),
        ("Mail Delivery System", []),
        ("", []),
        ("<>", []),
        ("(" * 5000, []),
        ('"' * 5000, []),
    ],
)
def test_addresses(field: str, found: list[tuple[str, str]]) -> None:
    assert addresses(field) == found


@pytest.mark.parametrize(
    ("value", "found"),
    [
        ('text/plain; charset="utf-8"; format=flowed', {"charset": "utf-8", "format": "flowed"}),
        ("a/b; filename*=UTF-8''%C4%90%C6%A1n.pdf", {"filename": "Đơn.pdf"}),
        ("a/b; filename*0*=UTF-8''%C4%90; filename*1=\"on.pdf\"", {"filename": "Đon.pdf"}),
        ('a/b; name="=?utf-8?B?xJDGoW4=?="', {"name": "Đơn"}),
        ('a/b; name="a\\"b;c"', {"name": 'a"b;c'}),
        ("a/b; name=a b.pdf", {"name": "a b.pdf"}),
        ("a/b; name*9999=x; =; ;;", {}),
    ],
)
def test_parameters(value: str, found: dict[str, str]) -> None:
    assert parameters(value) == found


@pytest.mark.parametrize(
    ("value", "found"), [("Text/HTML; x=y", "text/html"), ("text", None), ("", None), ("a/b/c", None), ("a b/c", None)]
)
def test_media_types(value: str, found: str | None) -> None:
    assert media_type(value) == found


@pytest.mark.parametrize(
    ("raw", "plain"),
    [
        (b"xJDGoW4=", "Đơn".encode()),
        (b"xJDG\r\noW4", "Đơn".encode()),
        (b"xJ!D*G oW4==\n-- \nfooter", "Đơn".encode()),
        (b"x", b""),
        (b"", b""),
        (b"====", b""),
    ],
)
def test_base64_that_is_broken(raw: bytes, plain: bytes) -> None:
    assert from_base64(raw) == plain
    assert size(raw, " BASE64 ") == len(plain)


def test_quoted_printable_that_is_broken() -> None:
    assert content(b"a=C4=90=\r\nb=ZZ", "Quoted-Printable") == "aĐb=ZZ".encode()
    assert content(b"raw", "x-unknown") == b"raw"


@given(st.binary(max_size=200), st.sampled_from(["base64", "quoted-printable", "7bit", "", "x-uuencode"]))
def test_any_content_has_the_size_it_says(raw: bytes, encoding: str) -> None:
    assert size(raw, encoding) == len(content(raw, encoding))


@given(
    st.text(max_size=200)
    | st.lists(st.sampled_from(["=?", "?=", "utf-8", "?Q?", "?B?", "=", " ", ";", '"', "*0*="])).map("".join)
)
def test_nothing_is_raised(value: str) -> None:
    decoded(value)
    addresses(value)
    parameters("a/b;" + value)
    assert isinstance(Headers.of([("a", value)]).text("a"), str | None)


@given(
    st.binary(max_size=60), st.text(max_size=30) | st.sampled_from(["utf-7", "utf-16", "hz", "tcvn", "punycode", "hex"])
)
def test_any_bytes_in_any_charset_are_text(raw: bytes, charset: str) -> None:
    assert isinstance(decode(raw, charset), str)


@pytest.mark.parametrize("piece", ["=?", "=?utf-8?Q?", "=?utf-8?Q?a?= ", "a@b, ", ";a=", ';a="', "("])
def test_time_grows_with_the_size_alone(piece: str) -> None:
    def work(length: int) -> object:
        value = piece * (length // len(piece))
        return lambda: (decoded(value), addresses(value), parameters(value))

    grows_with_size(work, 6_000, most=0.5)  # type: ignore[arg-type]
