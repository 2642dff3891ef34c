"""Forms with files, good and broken."""

from __future__ import annotations

import pytest

from services.intake.channels.multipart import read_form
from services.intake.channels.provider import Request, Unreadable
from services.intake.channels.registry import providers
from tests.intake.channels.posting import NOW, URL, form
from tests.intake.channels.test_mailgun import MAILGUN_KEY, mailgun_signature
from tests.support.clocks import seconds


class TestForms:
    def test_30_mb_are_read_quickly(self) -> None:
        """The signature of a form is in it, so it is read before the answer."""
        file = b"\r\n--xYzZ" * 3_700_000
        request = form(*mailgun_signature().items(), files=[("attachment-1", "a.bin", "a/b", file)])
        assert seconds(lambda: providers()["mailgun"].verify(request, [MAILGUN_KEY], NOW), tries=1) < 1.5
        assert read_form(request).files()[0].value == file

    @pytest.mark.parametrize(
        ("content_type", "body"),
        [
            ("multipart/form-data", b"--b\r\n"),
            ("multipart/form-data; boundary=", b"--\r\n"),
            ("multipart/form-data; boundary=b", b"nonsense"),
            ("multipart/form-data; boundary=b", b"--b\r\nno colon\r\n\r\n"),
            ("multipart/form-data; boundary=" + "b" * 2000, b"--b\r\n"),
            ("multipart/form-data; boundary=b", b'--b\r\nContent-Disposition: form-data; name="a"\r\n\r\n\r\n' * 1001),
            ("application/x-www-form-urlencoded", b"\xff"),
        ],
    )
    def test_what_is_no_form_says_so(self, content_type: str, body: bytes) -> None:
        with pytest.raises(Unreadable):
            read_form(Request(URL, {"content-type": content_type}, body))
