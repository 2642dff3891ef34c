"""Nothing that is sent can stop the worker, or hold it up longer than its size (X2)."""

from __future__ import annotations

import tracemalloc
from base64 import b64encode
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.intake.channels.items import Contact, Item
from services.intake.channels.mail.message import part_of, read_mail
from services.intake.channels.mail.parts import MOST_DEPTH, MOST_PARTS, even, walk
from services.intake.channels.provider import Unreadable
from tests.intake.channels.mail.writing import (
    HEADER,
    PLAIN,
    contact,
    mail,
    multipart,
    recipient,
    report,
)
from tests.support.clocks import grows_with_size, seconds


def nested(depth: int, filling: bytes) -> bytes:
    """Multiparts in each other, each with a boundary of its own, and `filling` in the innermost."""
    opening = b"".join(b"Content-Type: multipart/mixed; boundary=b%dx\n\n--b%dx\n" % (i, i) for i in range(depth))
    return HEADER + opening + b"\n" + filling


class TestLimits:
    def test_no_header_is_no_mail(self) -> None:
        for raw in (b"", b"\n", b"hello", b"\x00\xff", b"\n\nFrom: a@b\n"):
            with pytest.raises(Unreadable):
                read_mail(raw)

    def test_parts_and_depth_end_somewhere(self) -> None:
        assert len(walk(multipart(*["Content-Type: a/b\n\nx"] * 5000))) == MOST_PARTS
        parts = walk(nested(3000, b"x\n"))
        assert max(part.depth for part in parts) == MOST_DEPTH
        assert len(contact(multipart(*["Content-Type: a/b\n\nx"] * 5000)).attachments) == 200

    @pytest.mark.parametrize(
        ("name", "make"),
        [
            ("newlines", lambda n: HEADER + b"\n" * n),
            ("deep", lambda n: nested(n // 100, b"a\n" * (n // 4))),
            ("near boundaries", lambda n: nested(10, b"--b9\n--b1\n" * (n // 10))),
            ("boundaries", lambda n: HEADER + b"Content-Type: multipart/mixed; boundary=b\n\n" + b"--b\n" * (n // 4)),
            (
                "boundary of blanks",
                lambda n: HEADER + b"Content-Type: multipart/mixed; boundary=b\n\n" + b"\n--b" + b" " * n,
            ),
            ("header without end", lambda n: HEADER + b"X: y\n" * (n // 5)),
            ("folds", lambda n: HEADER + b"X: y\n" + b" z\n" * (n // 3)),
            ("carriage returns", lambda n: HEADER + b"\r" * n),
            ("bare returns alone", lambda n: HEADER.replace(b"\n", b"\r") + b"\r" * n),
            (
                "quoted-printable",
                lambda n: HEADER + b"Content-Transfer-Encoding: quoted-printable\n\n" + b"=\n" * (n // 2),
            ),
            ("base64", lambda n: HEADER + b"Content-Transfer-Encoding: base64\n\n" + b"QQ==" * (n // 4)),
            ("html", lambda n: HEADER + b"Content-Type: text/html\n\n" + b"<div><b x=1>" * (n // 12)),
            ("references", lambda n: HEADER + b"References: " + b"<a@b> <" * (n // 7)),
            ("marks", lambda n: HEADER + b"\n" + b"kept-" * (n // 5)),
            ("report", lambda n: report(*[recipient("a@b")] * (n // 100))),
            ("no end of status", lambda n: report("\n" * n)),
            ("flowed", lambda n: HEADER + b"Content-Type: text/plain; format=flowed\n\n" + b"> a \n" * (n // 5)),
            ("from", lambda n: HEADER.replace(b"Lan", b"(" * n)),
            (
                "charset",
                lambda n: HEADER + b"Content-Type: text/plain; charset=" + b"x" * (n // 2) + b"\n\n" + b"a" * (n // 2),
            ),
        ],
    )
    def test_time_grows_with_the_size_alone(self, name: str, make: Any) -> None:
        def work(size: int) -> Any:
            raw = make(size)
            return lambda: read_mail(raw)

        grows_with_size(work, 50_000, most=2.0)

    def test_30_mb_take_a_few_seconds_and_little_memory(self) -> None:
        line = b64encode(bytes(range(57))) + b"\n"
        file = b"Content-Type: application/zip; name=a.zip\nContent-Transfer-Encoding: base64\n\n" + line * 390_000
        raw = multipart(PLAIN, file)
        assert len(raw) > 30_000_000
        assert seconds(lambda: read_mail(raw), tries=1) < 3
        tracemalloc.start()
        (found,) = contact(raw).attachments
        _, peak = tracemalloc.get_traced_memory()
        tracemalloc.stop()
        assert found.size == 57 * 390_000
        assert peak < 3 * len(raw)

    def test_30_mb_of_text_are_cut(self) -> None:
        raw = mail(body=b"Ch\xc3\xa0o b\xe1\xba\xa1n\n" * 2_000_000)
        assert seconds(lambda: read_mail(raw), tries=1) < 5
        assert len(contact(raw).text or "") <= 2 * 1024 * 1024


pieces = st.sampled_from(
    [
        b"From: a@b\n",
        b"Subject: =?utf-8?Q?=C4?=\n",
        b"\n",
        b"\r",
        b"\r\n",
        b"--b\n",
        b"--b--\n",
        b"--c\n",
        b" folded\n",
        b"\x00",
    ]
) | st.sampled_from(
    [
        b"Content-Type: multipart/mixed; boundary=b\n",
        b"Content-Type: multipart/report; boundary=c\n",
        b"Content-Type: message/delivery-status\n",
        b"Content-Type: message/rfc822\n",
        b"Content-Type: text/html; charset=utf-16\n",
        b"Content-Type: text/plain; charset=\xff; format=flowed\n",
        b"Content-Transfer-Encoding: base64\n",
        b"Content-Transfer-Encoding: quoted-printable\n",
        b"Content-Disposition: attachment; filename*0*=x'y'%F\n",
        b"Final-Recipient: rfc822; a@b\n",
        b"Action: failed\nStatus: 5.0.0\n",
        b"Date: Mon, 99 Foo 99999 99:99:99 +9999\n",
        b"In-Reply-To: <<>\n",
        b"Message-ID: <\n",
    ]
)


@given(st.binary(max_size=300) | st.lists(pieces | st.binary(max_size=8), max_size=30).map(b"".join))
def test_any_bytes_are_read_or_unreadable(raw: bytes) -> None:
    try:
        items = read_mail(raw)
    except Unreadable:
        return
    assert all(isinstance(item, Item) for item in items)
    first = items[0]
    assert isinstance(first, Contact)
    assert first.external_id
    for attachment in first.attachments:
        found = part_of(raw, attachment.part or 0)
        assert found is not None
        assert len(found[1]) == attachment.size
    assert [part.index for part in walk(even(raw))] == list(range(len(walk(even(raw)))))
