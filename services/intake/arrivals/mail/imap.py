"""One mailbox over IMAP (RFC 3501), looked at and never changed. Everything here blocks: each belongs to one thread.

The folder is opened by EXAMINE and mails are fetched by BODY.PEEK: none is marked as read, moved or deleted.
"""

from __future__ import annotations

import imaplib
import re
import select
import ssl
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from datetime import date
from io import BufferedReader
from time import monotonic
from typing import cast

import httpx
from imap_tools import AND, BaseMailBox, MailBox, MailBoxUnencrypted
from imap_tools.errors import ImapToolsError, MailboxFolderSelectError, MailboxLoginError

from services.intake.channels.providers.imap import Mailbox

TIMEOUT = 30.0
"""Seconds in which a server answers a command."""
BATCH = 20
BATCH_BYTES = 8 * 1024 * 1024
HEADER_BYTES = 256 * 1024
SLICE = 1.0
"""Seconds after which somebody who waits for mail looks whether to go on."""

_UID = re.compile(rb"UID (\d+)")
_SIZE = re.compile(rb"RFC822\.SIZE (\d+)")


class Trouble(Exception):
    """A mailbox cannot be read at present. One of few fixed sentences: they are counted."""


class Shut(Trouble):
    """It does not let us in: trying again soon would only get the user locked out."""


@dataclass(frozen=True, slots=True)
class Mail:
    """`body` is the whole mail as the server holds it; its headers alone where it `is_cut`."""

    uid: int
    body: bytes
    is_cut: bool = False


@contextmanager
def _in_plain_words() -> Iterator[None]:
    """What goes wrong, without the server's words: they may hold the customer's, or a user's name."""
    try:
        yield
    except MailboxLoginError as error:
        raise Shut("the mail server refuses this user and password") from error
    except MailboxFolderSelectError as error:
        raise Shut("the mail server has no such folder") from error
    except ssl.SSLCertVerificationError as error:
        raise Shut("the mail server's certificate is not to be trusted") from error
    except (OSError, imaplib.IMAP4.abort) as error:
        raise Trouble("the mail server cannot be reached") from error
    except (imaplib.IMAP4.error, ImapToolsError, ValueError, IndexError) as error:
        raise Trouble("the mail server does not answer as IMAP has it") from error


class OpenMailbox:
    """`validity` and `next_uid` are the folder's UIDVALIDITY and UIDNEXT."""

    def __init__(self, mailbox: Mailbox) -> None:
        """Connects, logs in, opens the folder. Raises Trouble."""
        with _in_plain_words():
            self._box = _connected(mailbox)
        try:
            with _in_plain_words():
                _log_in(self._box, mailbox)
                self._box.folder.set(mailbox.folder, readonly=True)
                self.validity = self._number("UIDVALIDITY")
                self.next_uid = self._number("UIDNEXT", default=0) or max(self.after(0), default=0) + 1
                self.can_idle = b"IDLE" in b" ".join(self._box.client.capability()[1]).upper().split()
        except Trouble:
            self.close()
            raise

    def _number(self, name: str, default: int | None = None) -> int:
        """What the server said with the folder. Raises ValueError where it must have and has not."""
        value = self._box.client.response(name)[1][0]
        if isinstance(value, bytes):
            return int(value)
        if default is None:
            raise ValueError(name)
        return default

    def after(self, uid: int) -> list[int]:
        """The UIDs above it, in order. (`*` names the last one also where that is not above it: RFC 3501, 6.4.8.)

        Where there are none, the server has told of no mail that this look did not see: it tells of each once, with
        the answer to whatever is asked next, and who waits for news from then on would never hear of it again.
        """
        with _in_plain_words():
            self._box.client.noop()
            while True:
                self._has_told_of_mail()
                found = self._box.uids(f"UID {uid + 1}:*", charset=None)
                new = sorted(number for number in map(int, found) if number > uid)
                if new or not self._has_told_of_mail():
                    return new

    def _has_told_of_mail(self) -> bool:
        """Whether an EXISTS has come since this was last asked."""
        return self._box.client.response("EXISTS")[1] != [None]

    def first_since(self, day: date) -> int:
        """The first UID of what came in on that day or later; where there is none, the next that will be given."""
        with _in_plain_words():
            found = self._box.uids(AND(date_gte=day), charset=None)
            return min(map(int, found), default=self.next_uid)

    def fetch(self, uids: Sequence[int], limit: int) -> tuple[list[Mail], int]:
        """The mails of the first of them, and the last UID of those: a batch of bounded size, one mail at least.

        One over `limit` bytes comes by its headers alone; one that is gone meanwhile does not come.
        """
        with _in_plain_words():
            uids = uids[:BATCH]
            sizes = self._sizes(uids)
            mails: list[Mail] = []
            taken = 0
            last = uids[0]
            for uid in uids:
                is_cut = sizes.get(uid, 0) > limit
                taken += HEADER_BYTES if is_cut else sizes.get(uid, 0)
                if mails and taken > BATCH_BYTES:
                    break
                body = self._literal(uid, f"BODY.PEEK[HEADER]<0.{HEADER_BYTES}>" if is_cut else "BODY.PEEK[]")
                if body is not None:
                    mails.append(Mail(uid, body, is_cut))
                last = uid
            return mails, last

    def _sizes(self, uids: Sequence[int]) -> dict[int, int]:
        found: dict[int, int] = {}
        for line in self._fetched(",".join(map(str, uids)), "(UID RFC822.SIZE)"):
            uid, size = (pattern.search(line) if isinstance(line, bytes) else None for pattern in (_UID, _SIZE))
            if uid and size:
                found[int(uid[1])] = int(size[1])
        return found

    def _literal(self, uid: int, what: str) -> bytes | None:
        for part in self._fetched(str(uid), f"(UID {what})"):
            if isinstance(part, tuple) and b"BODY[" in part[0]:
                return bytes(part[1])
        return None

    def _fetched(self, uids: str, what: str) -> list[bytes | tuple[bytes, bytes] | None]:
        status, found = self._box.client.uid("FETCH", uids, what)
        if status != "OK":
            raise imaplib.IMAP4.error(status)
        return list(found)

    def wait(self, seconds: float, is_over: Callable[[], bool]) -> None:
        """Until the server tells of something (RFC 2177), the time is up, or it is over."""
        end = monotonic() + seconds
        with _in_plain_words():
            self._box.idle.start()  # type: ignore[no-untyped-call]
            while not is_over() and monotonic() < end and not self._speaks():
                pass
            self._box.idle.stop()  # type: ignore[no-untyped-call]

    def _speaks(self) -> bool:
        """Whether the server says something within a slice of time, or is gone.

        Nothing is read: whoever asks the library reads half a line where the other half is still on its way, and does
        not see what came with the answer before.
        """
        if self._is_at_hand():
            return True
        news = select.poll()
        news.register(self._box.client.sock, select.POLLIN)
        return bool(news.poll(SLICE * 1000))

    def _is_at_hand(self) -> bool:
        """Whether more has come than was read: since Python 3.14 it lies in a list, before in a file's buffer."""
        client = self._box.client
        if hasattr(client, "_readbuf"):
            return bool(client._readbuf or getattr(client.sock, "pending", int)())
        client.sock.settimeout(0)
        try:
            return bool(cast("BufferedReader", client.file).peek(1))
        except OSError:
            return False
        finally:
            client.sock.settimeout(TIMEOUT)

    def close(self) -> None:
        """Whatever the server says to it."""
        with suppress(OSError, imaplib.IMAP4.error, ImapToolsError):
            self._box.logout()
        with suppress(OSError):
            self._box.client.shutdown()


def _connected(mailbox: Mailbox) -> BaseMailBox:
    if not mailbox.is_tls:
        return MailBoxUnencrypted(mailbox.host, mailbox.port, TIMEOUT)
    # Without a context of ours the standard library would trust any certificate.
    return MailBox(mailbox.host, mailbox.port, TIMEOUT, ssl_context=httpx.create_ssl_context())


def _log_in(box: BaseMailBox, mailbox: Mailbox) -> None:
    log_in = box.login if (mailbox.user + mailbox.password).isascii() else box.login_utf8
    try:
        log_in(mailbox.user, mailbox.password, None)
    except imaplib.IMAP4.abort:
        raise
    except imaplib.IMAP4.error as error:
        raise MailboxLoginError(("NO", None), "OK") from error
