"""A raw mail (RFC 5322, 2045) becomes a contact, and what it tells of mail of ours.

Whatever the bytes are, nothing but Unreadable is raised, and the time it takes grows with their size alone.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from datetime import datetime
from hashlib import sha256
from itertools import islice
from mimetypes import guess_type

from services.intake.channels.html import to_text
from services.intake.channels.items import Address, Attachment, Contact, Item, SenderCheck, Writer
from services.intake.channels.mail import authentication, bounce, pictures, thread, uu
from services.intake.channels.mail.automatic import origin, reply_to
from services.intake.channels.mail.headers import Headers
from services.intake.channels.mail.parts import MOST_DEPTH, MOST_PARTS, MOST_TEXT, Part, even, walk
from services.intake.channels.mail.reply import new_words
from services.intake.channels.mail.writer import Writer as Known
from services.intake.channels.mail.writer import writer
from services.intake.channels.provider import Unreadable
from services.intake.channels.reading import mail_date
from shared.contracts.intake import HandleKind, InteractionKind

MOST_ATTACHMENTS = 200
MOST_TEXTS = 50
"""Parts of one mail that are read as its text."""
TNEF = "application/ms-tnef"

_SIGNED = ("from", "to", "date", "subject")
"""What the first server wrote, and no later one: a mail without an id is known by it, and by its content."""
_FLOWED_PREFIX = re.compile(r">*")


def read_mail(
    raw: bytes, *, external_id: str | None = None, at: datetime | None = None, checked: SenderCheck | None = None
) -> list[Item]:
    """The contact, then what it says of mail of ours, where it is a delivery report. Raises Unreadable.

    `external_id` is the provider's, where it has one; else it is the Message-ID, else a digest. `at` stands in for
    a date that is missing or none. `checked` is what the provider says of its sender.
    """
    raw = even(raw)
    parts = walk(raw)
    headers = parts[0].headers
    if not headers.fields:
        raise Unreadable("there is no header: it is no mail")
    text = text_of(parts)
    failed = bounce.failures(parts, text)
    about = bounce.original_id(parts, text) if failed else None
    contact = contact_of(
        headers,
        external_id=external_id or id_of(headers, raw[parts[0].body :]),
        text=text,
        attachments=_attachments(parts),
        also_answers=(about,) if about else (),
        is_report=bool(failed),
        at=at,
        checked=checked,
    )
    return [contact, *bounce.items(failed, about, contact)]


def part_of(raw: bytes, part: int) -> tuple[str, bytes] | None:
    """(content type, content) of the part with this number in walk order, or None where there is none.

    A file in the middle of a text (`uu`) has the number of its part, and MOST_PARTS for each file up to it.
    """
    parts = walk(even(raw))
    place, part = divmod(part, MOST_PARTS)
    if not 0 <= part < len(parts):
        return None
    if place:
        block = next(islice(_blocks(parts[part]), place - 1, None), None)
        return (_type_by_name(block.name), block.content) if block else None
    return _type_of(parts[part]), parts[part].content()


def contact_of(
    headers: Headers,
    *,
    external_id: str,
    text: str | None,
    attachments: Sequence[Attachment],
    sender: tuple[str, str] | None = None,
    also_answers: tuple[str, ...] = (),
    is_report: bool = False,
    at: datetime | None = None,
    checked: SenderCheck | None = None,
) -> Contact:
    """What is true of mail whoever took it apart. `sender` is (name, address) of From as the provider read it."""
    who = writer(headers, sender)
    whence = origin(headers, who.address, is_report=is_report, is_stand_in=who.is_stand_in)
    subject = headers.text("subject")
    date = mail_date(headers.raw("date")[:200])
    return Contact(
        external_id=external_id,
        kind=InteractionKind.MESSAGE,
        address=Address(HandleKind.EMAIL, who.address) if who.address else None,
        occurred_at=date or at,
        name=who.name or None,
        subject=subject,
        text=text,
        reply=new_words(text, subject) if text else None,
        automatic=whence.is_machine,
        may_be_person=whence.may_be_person,
        no_automatic_answer=not whence.is_answerable,
        reply_to=_reply_to(headers, who, is_report=is_report),
        attachments=tuple(attachments[:MOST_ATTACHMENTS]),
        references=tuple(dict.fromkeys((*also_answers, *thread.references(headers)))),
        marks=thread.marks(headers, text, *also_answers),
        message_id=thread.message_id(headers.raw("message-id")),
        checked=checked,
        claims=authentication.claims(headers),
    )


def id_of(headers: Headers, *content: bytes) -> str:
    """The Message-ID, else a digest of what is the same whenever and however often this mail is brought."""
    if found := thread.message_id(headers.raw("message-id")):
        return found
    digest = sha256()
    for piece in (*(headers.raw(name).encode("utf-8", "replace") for name in _SIGNED), *content):
        digest.update(b"%d:" % len(piece))
        digest.update(piece)
    return f"digest:{digest.hexdigest()}"


def _reply_to(headers: Headers, who: Known, *, is_report: bool) -> Writer | None:
    """For channels on which Reply-To says who wrote: a machine sent it there, and a person filled the form in."""
    wanted = reply_to(headers)
    if wanted is None or (wanted[1].lower() == who.address.lower() and not who.is_stand_in):
        return None
    name, address = wanted
    found = origin(headers.without("auto-submitted"), address, is_report=is_report, is_stand_in=True)
    return Writer(Address(HandleKind.EMAIL, address), name or None, found.is_machine, not found.is_answerable)


def text_of(parts: Sequence[Part]) -> str | None:
    """All texts in their order; of a text in several forms the plain one, else the HTML."""
    written = [part for part in parts if _is_text(part)]
    plain = {p.index: _plain(p) for p in written[:MOST_TEXTS] if p.content_type == "text/plain"}
    has_plain = {p.alternative for p in written if plain.get(p.index, "").strip()}
    found: list[str] = []
    left = MOST_TEXT
    for part in written[:MOST_TEXTS]:
        is_plain = part.content_type == "text/plain"
        if left <= 0 or (part.alternative is not None and is_plain != (part.alternative in has_plain)):
            continue
        text = plain[part.index] if is_plain else to_text(part.text()) if _is_html(part) else part.text()
        left -= part.end - part.body
        if text.strip():
            found.append(text.strip("\n"))
    return "\n\n".join(found)[:MOST_TEXT] or None


def _is_text(part: Part) -> bool:
    """A multipart that has no parts is a text that says it is a multipart."""
    if part.is_opened or part.is_attachment or part.name:
        return False
    is_empty = part.content_type.startswith("multipart/") and part.depth < MOST_DEPTH
    return is_empty or part.content_type == "text/plain" or _is_html(part)


def _is_html(part: Part) -> bool:
    return part.content_type == "text/html"


def _blocks(part: Part) -> Iterator[uu.Block]:
    return uu.blocks(part.text().split("\n"))


def _type_by_name(name: str) -> str:
    return guess_type(name)[0] or "application/octet-stream"


def _files_in(part: Part) -> list[Attachment]:
    """Those that an old program wrote into the text."""
    if b"\nbegin " not in part.raw[max(part.body - 1, 0) : part.end]:
        return []
    return [
        Attachment(block.name, _type_by_name(block.name), len(block.content), part=part.index + MOST_PARTS * place)
        for place, block in enumerate(_blocks(part), 1)
    ]


def _without_files(text: str) -> str:
    if "begin " not in text:
        return text
    lines = text.split("\n")
    for block in reversed(list(uu.blocks(lines))):
        del lines[block.start : block.end]
    return "\n".join(lines)


def _plain(part: Part) -> str:
    text = _without_files(part.text())
    if part.parameters.get("format", "").lower() != "flowed":
        return text
    return _unflowed(text, drops_space=part.parameters.get("delsp", "").lower() == "yes")


def _unflowed(text: str, *, drops_space: bool) -> str:
    """Paragraphs in one line again (RFC 3676): a space at the end says that the next line goes on."""
    done: list[str] = []
    line: list[str] = []
    depth = -1
    for written in text.split("\n"):
        quotes = _FLOWED_PREFIX.match(written)
        marks = quotes.end() if quotes else 0
        words = written[marks:].removeprefix(" ")
        if line and marks != depth:
            done.append("".join(line))
            line = []
        if not line:
            line, depth = [">" * marks + " " if marks else ""], marks
        goes_on = words.endswith(" ") and words != "-- "
        line.append(words[:-1] if goes_on and drops_space else words)
        if not goes_on:
            done.append("".join(line))
            line = []
    return "\n".join([*done, "".join(line)] if line else done)


def _attachments(parts: Sequence[Part]) -> list[Attachment]:
    kept = [part for part in parts if not part.is_opened and not _is_text(part) and not _is_another_form(part)]
    shown = pictures.shown_by(part.text() for part in parts if _is_html(part))
    found = [
        Attachment(p.name, _type_of(p), p.size, part=p.index, in_text=pictures.is_shown(p, shown))
        for p in kept[:MOST_ATTACHMENTS]
    ]
    texts = [part for part in parts if _is_text(part) and part.content_type == "text/plain"]
    return found + [one for part in texts[:MOST_TEXTS] for one in _files_in(part)]


def _is_another_form(part: Part) -> bool:
    """One more form of the text (AMP, enriched). An invitation is more than that."""
    is_text = part.content_type.startswith("text/") and part.content_type != "text/calendar"
    return is_text and part.alternative is not None and not part.name and not part.is_attachment


def _type_of(part: Part) -> str:
    return TNEF if (part.name or "").lower() == "winmail.dat" else part.content_type
