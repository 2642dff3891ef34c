"""The words of a message: a template, what fills it, and a language make a subject and a text. No I/O after loading.

A template is a file `templates/<language>/<name>.txt`: a line `Subject: ...`, an empty line, the text.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

from jinja2 import FileSystemLoader, StrictUndefined, Template
from jinja2.sandbox import SandboxedEnvironment

from services.notifications.errors import Uncomposable
from services.notifications.messages.leading import leads
from shared.spoken import speak_time

LANGUAGES = ("vi", "en")
SUBJECT_LIMIT = 150
"""Characters; what does not fit is cut."""

_DIRECTORY = Path(__file__).parent / "templates"
_CONTROL = re.compile(r"[\x00-\x08\x0b-\x1f\x7f-\x9f\u2028\u2029\u202a-\u202e\u2066-\u2069]")


_ANSWERS = re.compile(
    r"^(?:(?:re|aw|sv|vs|antw|odp|ynt|rif|res|trả lời|tl|回复|回覆|答复)(?:\[\d{1,3}\])?\s{0,3}[:：]\s{0,3}){1,20}",
    re.IGNORECASE,
)


@dataclass(frozen=True, slots=True)
class Message:
    """A message in words. `subject` is one line. Neither holds control characters."""

    subject: str
    text: str


def compose(kind: str, language: str, details: Mapping[str, Any]) -> Message:
    """Fills the template of a kind.

    Raises Uncomposable where a placeholder is unknown or empty, in whichever part of the text it stands.
    """
    try:
        rendered = _template(kind, language).render(details, language=language)
    except Exception as error:  # whatever a template does with what it was given: it cannot be sent
        raise Uncomposable(kind, language, repr(error)) from error
    head, _, body = rendered.partition("\n\n")
    label, _, subject = head.partition(":")
    if label != "Subject" or not subject.strip() or not body.strip():
        raise Uncomposable(kind, language, "it has no subject or no text")
    return Message(one_line(subject)[:SUBJECT_LIMIT].rstrip(), _plain(body))


def _filled(value: Any) -> Any:
    if value is None:
        raise ValueError("a placeholder is empty")
    return value


@cache
def _environment() -> SandboxedEnvironment:
    environment = SandboxedEnvironment(
        loader=FileSystemLoader(_DIRECTORY),
        undefined=StrictUndefined,
        finalize=_filled,
        autoescape=False,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.filters["when"] = speak_time
    environment.filters["one_line"] = one_line
    return environment


@cache
def _template(kind: str, language: str) -> Template:
    return _environment().get_template(f"{language}/{kind}.txt")


def one_line(said: str) -> str:
    """A text without line breaks and control characters, so that it can stand in a header."""
    return " ".join(_CONTROL.sub(" ", said).split())


def answer_to(subject: str | None) -> str | None:
    """The subject of an answer: `Re: ` and theirs, without the answers before it.

    None where theirs is empty, or leads somewhere: whoever wrote it would have us send the address to another.
    """
    bare = _ANSWERS.sub("", one_line(subject or "")).strip()
    return f"Re: {bare}"[:SUBJECT_LIMIT].rstrip() if bare and not leads(bare) else None


def _plain(said: str) -> str:
    return _CONTROL.sub("", said.replace("\r\n", "\n").replace("\r", "\n")).strip() + "\n"
