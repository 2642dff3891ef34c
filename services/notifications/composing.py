"""What a message says: a template, what fills it, and a language make a subject and a text. No I/O after loading.

A template is a file `templates/<language>/<name>.txt`: a line `Subject: ...`, an empty line, the text.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from functools import cache
from pathlib import Path
from typing import Any

from jinja2 import FileSystemLoader, StrictUndefined, Template
from jinja2.sandbox import SandboxedEnvironment
from pydantic_core import to_jsonable_python

from services.notifications.errors import Uncomposable
from shared.spoken import speak_time

LANGUAGES = ("vi", "en")
SUBJECT_LIMIT = 150
"""Characters; what does not fit is cut."""

_DIRECTORY = Path(__file__).parent / "templates"
_CONTROL = re.compile(r"[\x00-\x08\x0b-\x1f\x7f-\x9f\u2028\u2029\u202a-\u202e\u2066-\u2069]")


class Kind(StrEnum):
    """The templates there are, each in every language."""

    ACKNOWLEDGEMENT = "acknowledgement"
    PROMISE_STATED = "promise_stated"
    PROMISE_REVISED = "promise_revised"
    PROMISE_AT_RISK = "promise_at_risk"
    PROMISE_BROKEN = "promise_broken"
    PROMISE_WAITING = "promise_waiting"
    PROMISE_RESUMED = "promise_resumed"
    PROMISE_PROGRESSED = "promise_progressed"
    ESCALATION = "escalation"
    INFORMATION = "information"
    TASK_STATED = "task_stated"
    TASK_REMINDER = "task_reminder"
    SATISFACTION = "satisfaction"
    CLOSING = "closing"


@dataclass(frozen=True, slots=True)
class Message:
    """`subject` is one line. Neither holds control characters."""

    subject: str
    text: str


def pack(details: Mapping[str, Any]) -> dict[str, Any]:
    """Details as JSON can hold them. An instant's name ends in `_at`, so that `unpack` knows it, in lists too."""
    packed: dict[str, Any] = to_jsonable_python(dict(details))
    return packed


def unpack(packed: Mapping[str, Any]) -> dict[str, Any]:
    return {name: _unpacked(name, value) for name, value in packed.items()}


def _unpacked(name: str, value: Any) -> Any:
    if isinstance(value, list):
        return [unpack(one) if isinstance(one, dict) else one for one in value]
    return datetime.fromisoformat(value) if name.endswith("_at") and isinstance(value, str) else value


def compose(kind: str, language: str, details: Mapping[str, Any]) -> Message:
    """Raises Uncomposable where a placeholder is unknown or empty, in whichever part of the text it stands."""
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
    """Without line breaks and control characters, so that it can stand in a header."""
    return " ".join(_CONTROL.sub(" ", said).split())


def _plain(said: str) -> str:
    return _CONTROL.sub("", said.replace("\r\n", "\n").replace("\r", "\n")).strip() + "\n"
