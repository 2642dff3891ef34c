"""Bytes of a declared charset as text, whatever was declared. Nothing here raises."""

from __future__ import annotations

import codecs
import re
from collections.abc import Mapping
from typing import Final
from unicodedata import normalize

from services.intake.channels.mail import japanese
from services.intake.channels.mail.charset_labels import codec_of, plain

_VN1_LOW: Final = "\0ÚỤ\3ỪỬỮ\7\b\t\n\v\f\r\16\17\20ỨỰỲỶỸÝỴ"
_VN1_HIGH: Final = (
    "ÀẢÃÁẠẶẬÈẺẼÉẸỆÌỈĨÍỊÒỎÕÓỌỘỜỞỠỚỢÙỦŨ\xa0ĂÂÊÔƠƯĐăâêôơưđẰ\u0300\u0309\u0303\u0301\u0323àảãáạẲằẳẵắẴ"
    "ẮẦẨẪẤỀặầẩẫấậèỂẻẽéẹềểễếệìỉỄẾỒĩíịòỔỏõóọồổỗốộờởỡớợùỖủũúụừửữứựỳỷỹýỵỐ"
)
_VISCII_LOW: Final = "\0\1Ẳ\3\4ẴẪ\7\b\t\n\v\f\r\16\17\20\21\22\23Ỷ\25\26\27\30Ỹ\32\33\34\35Ỵ\37"
_VISCII_HIGH: Final = (
    "ẠẮẰẶẤẦẨẬẼẸẾỀỂỄỆỐỒỔỖỘỢỚỜỞỊỎỌỈỦŨỤỲÕắằặấầẩậẽẹếềểễệốồổỗỠƠộờởịỰỨỪỬơớƯ"
    "ÀÁÂÃẢĂẳẵÈÉÊẺÌÍĨỳĐứÒÓÔạỷừửÙÚỹỵÝỡưàáâãảăữẫèéêẻìíĩỉđựòóôõỏọụùúũủýợỮ"
)
_ASCII: Final = bytes(range(128))


def _table(low: str, high: str) -> str:
    return low + "".join(map(chr, range(len(low), 128))) + high


_TABLES: Final[Mapping[str, str]] = {
    **dict.fromkeys(
        ("tcvn", "tcvn5712", "tcvn57121", "tcvn57121993", "xviettcvn5712", "xviettcvn", "tcvn3", "xtcvn"),
        _table(_VN1_LOW, _VN1_HIGH),
    ),
    **dict.fromkeys(("viscii", "csviscii", "viscii111", "xvietviscii", "xviscii"), _table(_VISCII_LOW, _VISCII_HIGH)),
}
"""TCVN 5712:1993 (VN1) and VISCII (RFC 1456), which Python does not have: the character of each byte."""

_BOMS: Final = ((codecs.BOM_UTF8, "utf_8_sig"), (codecs.BOM_UTF32_LE, "utf_32"), (codecs.BOM_UTF32_BE, "utf_32"),
                (codecs.BOM_UTF16_LE, "utf_16"), (codecs.BOM_UTF16_BE, "utf_16"))  # fmt: skip
_PLAIN: Final = frozenset({None, "utf-8", "UTF-8", "us-ascii", "US-ASCII", "iso-8859-1", "ISO-8859-1"})
"""Labels of most mail, under which bytes of ASCII are ASCII: the short way."""
_WIDE: Final = frozenset({"utf_16", "utf_32"})
_LATIN: Final = frozenset({"cp1252", "iso8859_15"})
"""Names that programs write without looking: where the bytes are UTF-8, they are."""
_JIS = re.compile(rb"\x1b\$[@B]")


def decode(raw: bytes, charset: str | None, guess: str | None = None) -> str:
    """In the declared charset; where there is none, or it does not hold, as UTF-8, then as `guess`, else Windows-1252.

    A byte order mark says more than any name. What no charset explains becomes U+FFFD. Vietnamese vowels come out
    composed (NFC), as they are typed.
    """
    if charset in _PLAIN and raw.isascii() and b"\x1b" not in raw:
        return raw.decode("ascii")
    if table := _TABLES.get(plain(charset or "")):
        return normalize("NFC", codecs.charmap_decode(raw, "replace", table)[0])
    codec = codec_of(charset)
    for mark, of_mark in _BOMS:
        if raw.startswith(mark):
            return raw.decode(of_mark, "replace").removeprefix("\ufeff")
    if codec in _WIDE:
        codec = _endian(raw, codec)
    if codec == "iso2022_jp" or (codec in (None, "cp1252") and _JIS.search(raw)):
        return japanese.decode(raw)
    for one in dict.fromkeys(("utf_8" if codec in _LATIN else codec or "utf_8", codec or "utf_8", "utf_8")):
        try:
            text = raw.decode(one)
        except ValueError:
            continue
        return normalize("NFC", text) if one == "cp1258" else text
    if codec not in (None, "utf_8"):
        return raw.decode(codec, "replace")
    return _nearly_utf8(raw, codec_of(guess) if guess and plain(guess) not in _TABLES else None, guess)


def _endian(raw: bytes, codec: str) -> str:
    """Without a mark: which half of the characters is zero. Else little, as Windows writes it."""
    step = 2 if codec == "utf_16" else 4
    big = raw[0:4096:step].count(0) > raw[step - 1 : 4096 : step].count(0)
    return f"{codec}_{'be' if big else 'le'}"


def _nearly_utf8(raw: bytes, guess: str | None, label: str | None) -> str:
    """A few broken characters do not make it another charset; as many as there are marked letters do."""
    text = raw.decode("utf_8", "replace")
    marked = len(raw.translate(None, _ASCII))
    if text.count("\ufffd") * 2 < marked:
        return text
    if label and guess != "utf_8":
        found = decode(raw, label)
        if "\ufffd" not in found:
            return found
    return raw.decode("cp1252", "replace")
