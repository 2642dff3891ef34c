"""A letter as a mail on the wire (RFC 5322, 2045, 2047), written by hand.

The standard library's EmailMessage parses and folds what it is given: two to three milliseconds a mail, several
times what all the rest of a sending costs. What is written here is one shape of mail only: plain text in UTF-8.
"""

from __future__ import annotations

from base64 import b64encode
from binascii import b2a_qp
from email.utils import format_datetime

from services.notifications.providers.protocol import Letter

_WORD = 39
"""Bytes of text in one encoded word: 64 characters with its frame, so that its line stays within RFC 2047's 76."""


class UnsafeHeader(ValueError):
    """A header's value holds what could end it, or what is no ASCII. Nothing of it is sent."""


def mail_of(letter: Letter, *, sender: str, name: str, answer_to_mark: bool = False) -> bytes:
    """Its Message-ID is the same at every attempt, so that a second one can be told. Raises UnsafeHeader.

    The mark of its case stands in the Message-ID, which an answer names, and in the last line, which an answer quotes;
    with `answer_to_mark` also in the address that is answered to (`name+mark@domain`).
    """
    local, _, domain = sender.rpartition("@")
    mark = letter.mark
    head = [
        _header("Message-ID", f"<{letter.notification_id}{'.' + mark if mark else ''}@{domain}>"),
        _header("Date", format_datetime(letter.written_at)),
        _header("From", f"{encoded(name)}\r\n <{sender}>"),
        _header("To", letter.to),
        _header("Subject", encoded(letter.subject)),
        _header("Auto-Submitted", "auto-generated"),
        _header("MIME-Version", "1.0"),
        _header("Content-Type", "text/plain; charset=utf-8"),
        _header("Content-Transfer-Encoding", "quoted-printable"),
    ]
    if mark and answer_to_mark:
        head.append(_header("Reply-To", f"<{local}+{mark}@{domain}>"))
    if letter.traceparent:
        head.append(_header("traceparent", letter.traceparent))
    text = f"{letter.text.rstrip()}\n\nRef. {mark}\n" if mark else letter.text
    return "".join(head).encode() + b"\r\n" + _body(text)


def encoded(text: str) -> str:
    """`text` for a header: encoded words of whole characters, each on a line of its own. RFC 2047, section 5 (3).

    Always encoded, so that no text is taken for an encoded word, an address or a comment.
    """
    words, word = [], b""
    for character in text:
        piece = character.encode()
        if len(word) + len(piece) > _WORD:
            words.append(word)
            word = b""
        word += piece
    words.append(word)
    return "\r\n ".join(f"=?utf-8?b?{b64encode(word).decode()}?=" for word in words)


def _header(name: str, value: str) -> str:
    plain = value.replace("\r\n ", " ")
    if not (plain.isascii() and plain.isprintable()):
        raise UnsafeHeader(f"the header {name} holds what it must not")
    return f"{name}: {value}\r\n"


def _body(text: str) -> bytes:
    """Quoted-printable, with the line ends of the wire."""
    return b2a_qp(text.encode(), istext=True).replace(b"\n", b"\r\n")
