"""Raw mail, written down by hand."""

from __future__ import annotations

from services.intake.channels.items import Contact
from services.intake.channels.mail.message import read_mail

MARK = "kept-" + "a2b3c4d5e6" * 4

HEADER = b"From: Lan <lan@example.com>\nTo: help@example.com\nSubject: x\nMessage-ID: <1@example.com>\n"
DATE = b"Date: Mon, 2 Mar 2026 15:30:00 +0700\n"


def mail(*fields: str, body: str | bytes = "Hello\n", header: bytes = HEADER + DATE) -> bytes:
    extra = "".join(field + "\n" for field in fields).encode()
    return header + extra + b"\n" + (body.encode() if isinstance(body, str) else body)


def contact(raw: bytes) -> Contact:
    first = read_mail(raw)[0]
    assert isinstance(first, Contact)
    return first


def multipart(*parts: str | bytes, kind: str = "mixed", header: bytes = HEADER + DATE) -> bytes:
    whole = b"".join(b"--b\n" + (part.encode() if isinstance(part, str) else part) + b"\n" for part in parts)
    return mail(
        f'Content-Type: multipart/{kind}; boundary="b"', body=b"preamble\n" + whole + b"--b--\nepilogue", header=header
    )


PLAIN = "Content-Type: text/plain; charset=utf-8\n\nchữ thường"
HTML = "Content-Type: text/html; charset=utf-8\n\n<p>HTML</p>"
FILE = (
    'Content-Type: application/pdf; name="a.pdf"\nContent-Disposition: attachment\n'
    "Content-Transfer-Encoding: base64\n\nQUJD"
)


def report(
    *recipients: str, returned: str | None = "Message-ID: <ours@kept>\nSubject: y\n\nx", kind: str = "report"
) -> bytes:
    status = "Content-Type: message/delivery-status\n\nReporting-MTA: dns; mx\n\n" + "\n".join(recipients)
    parts = ["Content-Type: text/plain\n\nIt did not arrive.", status]
    parts += [f"Content-Type: message/rfc822\n\n{returned}"] if returned is not None else []
    return multipart(*parts, kind=kind)


def recipient(address: str, action: str = "failed", status: str = "5.1.1", field: str = "Final-Recipient") -> str:
    return f"{field}: rfc822; {address}\nAction: {action}\nStatus: {status}\nDiagnostic-Code: smtp; 550 no\n"
