"""A message as a mail on the wire (RFC 5322, 2045, 2047), written by hand.

The standard library's EmailMessage parses and folds what it is given: two to three milliseconds a mail, several
times what all the rest of a sending costs. What is written here is one shape of mail only: plain text in UTF-8.
"""

from __future__ import annotations

import re
from base64 import b64encode
from binascii import b2a_qp
from email.utils import format_datetime

from services.notifications.providers.handover import Account, Outgoing

_WORD = 39
"""Bytes of text in one encoded word: 64 characters with its frame, so that its line stays within RFC 2047's 76."""


_ID = re.compile(r"<[!-;=?-~]{1,990}>")
"""A Message-ID that can stand in a header as it is: a stranger wrote it."""


class UnsafeHeader(ValueError):
    """The error of a header whose value holds what could end it, or what is no ASCII. Nothing is sent."""


def message_id(message: Outgoing, account: Account) -> str:
    """The Message-ID, the same at every attempt, so that a second mail can be told. It holds the mark of the case."""
    domain = account.address.rpartition("@")[2]
    return f"<{message.notification_id}{'.' + message.mark if message.mark else ''}@{domain}>"


def mail_of(message: Outgoing, account: Account, to: str) -> bytes:
    """The mail. Raises UnsafeHeader.

    The mark of its case stands in the Message-ID, which an answer names, and in the last line, which an answer quotes;
    where the account takes a plus also in the address that is answered to (`name+mark@domain`).

    An answer to a mail names that mail and says that nobody wrote it (RFC 3834, 3.1.5 to 3.1.7); Exchange and Outlook
    go by X-Auto-Response-Suppress.
    """
    local, _, domain = account.address.rpartition("@")
    mark = message.mark
    answers = message.answers if message.answers and _ID.fullmatch(message.answers) else None
    head = [
        _header("Message-ID", message_id(message, account)),
        _header("Date", format_datetime(message.written_at)),
        _header("From", f"{encoded(account.shown_as)}\r\n <{account.address}>"),
        _header("To", to),
        _header("Subject", encoded(message.subject)),
        _header("Auto-Submitted", "auto-replied" if answers else "auto-generated"),
        _header("X-Auto-Response-Suppress", "All"),
        _header("MIME-Version", "1.0"),
        _header("Content-Type", "text/plain; charset=utf-8"),
        _header("Content-Transfer-Encoding", "quoted-printable"),
    ]
    if answers:
        head += [_header("In-Reply-To", answers), _header("References", answers)]
    if mark and account.takes_plus:
        head.append(_header("Reply-To", f"<{local}+{mark}@{domain}>"))
    if message.traceparent:
        head.append(_header("traceparent", message.traceparent))
    text = f"{message.text.rstrip()}\n\nRef. {mark}\n" if mark else message.text
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
