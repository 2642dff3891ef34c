"""The check of a task's form against its questions. Pure: values in, answers or sentences out."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date

from services.commitments.tasks.files import MOST_FILES, BadFile, File, check
from services.commitments.tasks.model import Task, TaskField
from shared.translation import N_

LONGEST_ANSWER = 2000
LONGEST_NOTE = 4000

NOTE, FILES, WHOLE = "note", "files", "form"
"""Where an error can be besides at a field: at the message, at the files, at the form as a whole."""

LAST = "sent"
"""The last input of the page's form: without it, something was cut off on the way."""

_NUMBER = re.compile(r"[-+]?\d+([.,\s]\d+)*")
_DAY = re.compile(r"(\d{1,2})[/.\-](\d{1,2})[/.\-](\d{4})")

MISSING = N_("Please fill this in.")


@dataclass(frozen=True, slots=True)
class Wrong:
    """A fault of a form: a sentence, and the file it is about."""

    sentence: str
    about: str | None = None


@dataclass(frozen=True, slots=True)
class Filled:
    """A form as it was sent, stored only where `wrong` is empty. `typed` is shown again as it was typed."""

    answers: Mapping[str, str]
    note: str | None
    files: Sequence[File]
    typed: Mapping[str, str]
    wrong: Mapping[str, Wrong]


def input_name(field: TaskField) -> str:
    """The name of a question's input, apart from the names that the page uses itself."""
    return f"f_{field.name}"


def read_form(task: Task, values: Sequence[tuple[str, str]], uploads: Sequence[tuple[str, bytes | None]]) -> Filled:
    """Reads a form. `values` are (input, text) as sent; `uploads` (name, content), None for content over the limit."""
    wrong: dict[str, Wrong] = {}
    typed = dict(values)
    known = {input_name(field) for field in task.fields} | ({NOTE, LAST} if task.asks_for_words else {LAST})
    if set(typed) - known or len(typed) < len(values) or (uploads and not task.asks_for_files):
        wrong[WHOLE] = Wrong(
            N_("This holds something that we did not ask for. Open the page again and fill it in there.")
        )
    elif LAST not in typed:
        wrong[WHOLE] = Wrong(N_("This did not reach us whole. Please send it again."))
    answers: dict[str, str] = {}
    for field in task.fields:
        said = typed.get(input_name(field), "").strip()
        try:
            answer = _answer(field, said)
        except ValueError as error:
            wrong[input_name(field)] = Wrong(str(error))
        else:
            if answer:
                answers[field.name] = answer
    note = typed.get(NOTE, "").strip()
    if task.wants == "message" and not note:
        wrong[NOTE] = Wrong(MISSING)
    elif (problem := _unfit(note, LONGEST_NOTE)) is not None:
        wrong[NOTE] = Wrong(problem)
    files: list[File] = []
    if task.asks_for_files:
        files, at_files = _files(task, uploads)
        wrong |= at_files
    return Filled(answers, note or None, files, typed, wrong)


def _files(task: Task, uploads: Sequence[tuple[str, bytes | None]]) -> tuple[list[File], dict[str, Wrong]]:
    if task.wants == "upload" and not uploads:
        return [], {FILES: Wrong(N_("Please choose a file."))}
    if len(uploads) > MOST_FILES:
        return [], {FILES: Wrong(N_("These are more than 5 files. Send the 5 that matter most."))}
    taken: list[File] = []
    for name, content in uploads:
        try:
            if content is None:
                raise BadFile(N_("This file is larger than 10 MB."), name)
            taken.append(check(name, content))
        except BadFile as bad:
            return [], {FILES: Wrong(bad.sentence, bad.name)}
    return taken, {}


def _answer(field: TaskField, said: str) -> str:
    """The answer as it is stored. Raises ValueError with a sentence."""
    if not said:
        if field.required:
            raise ValueError(MISSING)
        return ""
    if (problem := _unfit(said, LONGEST_ANSWER)) is not None:
        raise ValueError(problem)
    match field.kind:
        case "text":
            return said
        case "choice":
            if said not in field.choices:
                raise ValueError(N_("Please choose one of the answers."))
            return said
        case "number":
            # Kept as typed: what a comma means differs from country to country, and we do not guess.
            if _NUMBER.fullmatch(said) is None:
                raise ValueError(N_("Please write a number, in digits."))
            return said
        case "date":
            return _day(said).isoformat()


def _day(said: str) -> date:
    """The date in an answer, as a browser's date input sends it, or as day, month, year written by hand."""
    try:
        if (by_hand := _DAY.fullmatch(said)) is not None:
            day, month, year = map(int, by_hand.groups())
            return date(year, month, day)
        return date.fromisoformat(said)
    except ValueError:
        raise ValueError(N_("Please write a date as day/month/year.")) from None


def _unfit(said: str, longest: int) -> str | None:
    if len(said) > longest:
        return N_("This is too long. Please say it in fewer words.")
    if "\0" in said or any("\ud800" <= c <= "\udfff" for c in said):
        return N_("This holds a character that we cannot store.")
    return None
