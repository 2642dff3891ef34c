"""Values that have broken programs: each may stand in any field, parameter or header."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta, timezone
from typing import Any
from uuid import UUID

from shared.paging import encode

_DEEP: list[Any] = []
for _ in range(200):
    _DEEP = [_DEEP]

INSTANTS = (
    "0001-01-01T00:00:00Z",
    "0001-01-01T00:00:00+23:59",
    "9999-12-31T23:59:59Z",
    "9999-12-31T23:59:59.999999-23:59",
    "1969-12-31T23:59:59Z",
    "2200-01-01T00:00:00Z",
    "2026-03-02T09:00:00+23:59",
    "2026-03-02T24:00:00Z",
    "2026-03-29T02:30:00",
    "-62135596800",
    "253402300799",
    "1e300",
    "P1D",
)
DAYS = ("0001-01-01", "9999-12-31", "2026-02-30", "9999-12", "0000-00")
NUMBERS = (
    "-1",
    "0",
    "2147483648",
    "9223372036854775808",
    "-9223372036854775809",
    "1" * 400,
    "NaN",
    "Infinity",
    "1e999",
)
CURSORS = tuple(
    encode(at, UUID(int=1))
    for at in (
        datetime(1, 1, 1, tzinfo=timezone(timedelta(hours=23))),
        datetime(9999, 12, 31, tzinfo=timezone(-timedelta(hours=23))),
        datetime(1, 1, 1, tzinfo=UTC),
    )
)
"""Places in a list that are spelled as we spell them."""
TEXTS = (
    "",
    " ",
    "\0",
    "a\0b",
    "\ud800",
    "a\udfffb",
    "\u202eevil\u202c",
    "\u200b",
    "\ufeff",
    "%",
    "%00",
    "{{7*7}}",
    "' OR 1=1 --",
    "../../etc/passwd",
    "line\r\nSet-Cookie: a=b",
    "\U0001f469\u200d\U0001f469",
    "ا" * 300,
    "00000000-0000-0000-0000-000000000000",
)

WORDS = (*INSTANTS, *DAYS, *NUMBERS, *TEXTS, *CURSORS)
"""What can be said in letters: in a query, a path or a header, too."""

JSON: tuple[Any, ...] = (
    *WORDS,
    "x" * 100_000,
    None,
    True,
    False,
    0,
    -1,
    2**31,
    2**63,
    -(2**63) - 1,
    10**400,
    1e308,
    -0.0,
    float("nan"),
    float("inf"),
    [],
    {},
    [None],
    ["\0"],
    [[["x"]]],
    {"": {"\0": None}},
    list(range(5000)),
    _DEEP,
)
BODIES = (b"", b"{", b"null", b"[]", b'"x"', b"\xff\xfe{", b'{"a":' * 5000, b"1" * 5000, b"\0", b"{}" + b" " * 70_000)
"""What stands where JSON is expected."""
