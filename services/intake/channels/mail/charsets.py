"""Bytes of a declared charset as text, whatever was declared. Nothing here raises."""

from __future__ import annotations

import codecs
from collections.abc import Mapping
from encodings.aliases import aliases
from typing import Final
from unicodedata import normalize

_NO_TEXT = frozenset({"base64_codec", "bz2_codec", "hex_codec", "mbcs", "quopri_codec", "rot_13", "uu_codec"})
_KNOWN: Final[Mapping[str, str]] = {
    name: codec for alias, codec in aliases.items() if codec not in _NO_TEXT | {"zlib_codec"} for name in (alias, codec)
}
"""Codecs by name. A name that is none of these is never looked up: Python keeps each one it was ever asked for, and
some (idna, punycode) take quadratic time."""

_MEANT: Final[Mapping[str, str]] = {
    "ascii": "utf_8",
    "latin_1": "cp1252",
    "gb2312": "gb18030",
    "gbk": "gb18030",
    "shift_jis": "cp932",
    "iso_8859_9": "cp1254",
    "euc_kr": "cp949",
    "tis_620": "cp874",
}
"""What is written under a name is more than what the name says (WHATWG Encoding, 4.2)."""

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


_VIETNAMESE: Final[Mapping[str, str]] = {
    **dict.fromkeys(
        ("tcvn", "tcvn_5712", "tcvn5712", "tcvn5712_1", "tcvn_5712_1", "x_viet_tcvn5712", "x_viet_tcvn", "tcvn3"),
        _table(_VN1_LOW, _VN1_HIGH),
    ),
    **dict.fromkeys(("viscii", "csviscii", "viscii1.1_1", "x_viet_viscii"), _table(_VISCII_LOW, _VISCII_HIGH)),
}
"""TCVN 5712:1993 (VN1) and VISCII (RFC 1456), which Python does not have: the character of each byte."""


def decode(raw: bytes, charset: str | None) -> str:
    """In the declared charset; where there is none, or it does not hold, as UTF-8, else as Windows-1252.

    What no charset explains becomes U+FFFD. Vietnamese vowels come out composed (NFC), as they are typed.
    """
    name = (charset or "").strip("\"' \t").lower()[:40].replace("-", "_").replace(" ", "_")
    if table := _VIETNAMESE.get(name):
        return normalize("NFC", codecs.charmap_decode(raw, "replace", table)[0])
    codec = _KNOWN.get(name, _KNOWN.get(name.removeprefix("x_"), "utf_8"))
    codec = _MEANT.get(codec, codec)
    for one in dict.fromkeys((codec, "utf_8")):
        try:
            text = raw.decode(one)
        except ValueError:
            continue
        return normalize("NFC", text) if one == "cp1258" else text
    return raw.decode(codec, "replace") if codec != "utf_8" else _nearly_utf8(raw)


def _nearly_utf8(raw: bytes) -> str:
    """A few broken characters do not make it another charset; as many as there are marked letters do."""
    text = raw.decode("utf_8", "replace")
    marked = len(raw.translate(None, _ASCII))
    return text if text.count("\ufffd") * 2 < marked else raw.decode("cp1252", "replace")
