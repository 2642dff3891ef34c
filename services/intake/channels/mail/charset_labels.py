"""The names of charsets in mail, and the codec of Python that reads each as mail programs mean it.

The labels are those of the WHATWG Encoding Standard (4.2, "Names and labels"), where one name stands for more than it
says (us-ascii and iso-8859-1 for windows-1252, gb2312 for gb18030, euc-kr for windows-949, shift_jis for windows-31j),
and of what mail has besides: UTF-7, UTF-32, code pages of DOS, charsets of the old Macintosh.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from encodings.aliases import aliases
from functools import lru_cache
from typing import Final

_TABLE = """
    big5hkscs: 950 big5 big5eten big5hkscs big5tw cnbig5 cp950 csbig5 ms950 windows950 xmacchinesetrad xxbig5
    cp037: cp37 ibm37
    cp1006: cp1006 ibm1006
    cp1125: cp1125 ibm1125
    cp1140: cp1140 ibm1140
    cp1250: cp1250 windows1250 xcp1250
    cp1251: cp1251 windows1251 xcp1251
    cp1252: ansi ansix341968 ascii cp1252 cp819 csisolatin1 ibm819 iso88591 iso885911987 isoir100 l1 latin1 usascii
        windows1252 xcp1252 xuserdefined
    cp1253: cp1253 windows1253 xcp1253
    cp1254: cp1254 csisolatin5 iso88599 iso885991989 isoir148 l5 latin5 windows1254 xcp1254
    cp1255: cp1255 windows1255 xcp1255
    cp1256: cp1256 windows1256 xcp1256
    cp1257: cp1257 windows1257 xcp1257
    cp1258: cp1258 ms1258 windows1258 xcp1258
    cp437: 437 cp437 ibm437
    cp500: cp500 ibm500
    cp720: cp720 ibm720
    cp737: cp737 ibm737
    cp775: cp775 ibm775
    cp850: 850 cp850 ibm850
    cp852: 852 cp852 ibm852
    cp855: 855 cp855 ibm855
    cp856: cp856 ibm856
    cp857: 857 cp857 ibm857
    cp858: cp858 ibm858
    cp860: cp860 ibm860
    cp861: cp861 ibm861
    cp862: 862 cp862 ibm862
    cp863: cp863 ibm863
    cp864: cp864 ibm864
    cp865: cp865 ibm865
    cp866: 866 cp866 csibm866 ibm866
    cp869: cp869 ibm869
    cp874: cp874 dos874 iso885911 tis620 windows874
    cp932: 932 cp932 csshiftjis csshiftjis2004 ms932 mskanji shiftjis sjis windows31j windows932 xmacjapanese xsjis
    cp949: 949 cp949 cseuckr csksc56011987 euckr isoir149 korean ksc5601 ksc56011987 ksc56011989 ms949 uhc
        windows949 xmackorean xwindows949
    euc_jp: cp51932 cseucpkdfmtjapanese eucjp eucjpms eucjpwin ujis xeucjp
    gb18030: 936 chinese cp936 csgb2312 csiso58gb231280 gb18030 gb2312 gb231280 gbk isoir58 ms936 windows936 xgbk
        xmacchinesesimp
    hz: hz hzgb2312
    iso2022_jp: cp50220 cp50221 cp50222 csiso2022jp iso2022jp iso2022jp1 iso2022jp2 iso2022jp3 iso2022jpms jis jis7
        xiso2022jp
    iso2022_kr: csiso2022kr iso2022kr
    iso8859_10: csisolatin6 iso885910 isoir157 l6 latin6
    iso8859_13: iso885913
    iso8859_14: iso885914
    iso8859_15: csisolatin9 iso885915 l9
    iso8859_16: iso885916
    iso8859_2: csisolatin2 iso88592 iso885921987 isoir101 l2 latin2
    iso8859_3: csisolatin3 iso88593 iso885931988 isoir109 l3 latin3
    iso8859_4: csisolatin4 iso88594 iso885941988 isoir110 l4 latin4
    iso8859_5: csisolatincyrillic cyrillic iso88595 iso885951988 isoir144
    iso8859_6: arabic asmo708 csiso88596e csiso88596i csisolatinarabic ecma114 iso88596 iso885961987 iso88596e
        iso88596i isoir127
    iso8859_7: csisolatingreek ecma118 elot928 greek greek8 iso88597 iso885971987 isoir126 suneugreek
    iso8859_8: csiso88598e csiso88598i csisolatinhebrew hebrew iso88598 iso885981988 iso88598e iso88598i isoir138
        logical visual
    koi8_r: cskoi8r koi koi8 koi8r
    koi8_t: koi8t
    koi8_u: koi8ru koi8u
    kz1048: kz1048 rk1048 strk10482002
    mac_arabic: xmacarabic
    mac_croatian: xmaccroatian
    mac_cyrillic: maccyrillic xmaccyrillic xmacukrainian
    mac_greek: xmacgreek
    mac_iceland: xmacicelandic
    mac_latin2: maccentraleurope xmacce xmaccentraleurroman
    mac_roman: csmacintosh mac macintosh xmacroman
    mac_romanian: xmacromanian
    mac_turkish: xmacturkish
    ptcp154: cp154 ptcp154
    utf_16: csunicode iso10646ucs2 ucs2 unicode unicodefeff utf16
    utf_16_be: unicodefffe utf16be
    utf_16_le: utf16le
    utf_32: iso10646ucs4 ucs4 utf32
    utf_32_be: utf32be
    utf_32_le: utf32le
    utf_7: csunicode11utf7 unicode11utf7 utf7 xunicode20utf7
    utf_8: unicode11utf8 unicode20utf8 utf8 xunicode20utf8
"""
"""A codec and its labels, without their hyphens and other signs."""

_NO_TEXT = frozenset(
    {"base64_codec", "bz2_codec", "hex_codec", "mbcs", "quopri_codec", "rot_13", "uu_codec", "zlib_codec"}
)
_UNKNOWN: Final = frozenset(
    {"", "default", "unknown", "unknown8bit", "xunknown", "8bit", "7bit", "binary", "none", "null"}
)
"""What programs write that do not know it either."""
_SIGNS = re.compile(r"[^a-z0-9]")


def plain(label: str) -> str:
    """A label without what is written in many ways: `ISO_8859-1` is `iso88591`."""
    return _SIGNS.sub("", label[:80].lower())


_CODECS: Final[Mapping[str, str]] = {
    **{plain(alias): codec for alias, codec in aliases.items() if codec not in _NO_TEXT},
    **{label: line.partition(":")[0].strip() for line in re.sub(r"\n {8,}", " ", _TABLE).split("\n") if ":" in line
       for label in line.partition(":")[2].split()},
}  # fmt: skip
"""Codecs by label. What is none of these is never looked up: Python keeps each name it was ever asked for, and some
codecs (idna, punycode) take quadratic time."""


@lru_cache(maxsize=512)
def codec_of(label: str | None) -> str | None:
    """The codec, or None where the label says nothing that is known."""
    name = plain(label or "")
    if name in _UNKNOWN:
        return None
    return _CODECS.get(name) or _CODECS.get(name.removeprefix("x"))
