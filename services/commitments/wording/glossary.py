"""The check of texts for customers before they are stored, with the tenant's own glossary of jargon."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from datetime import datetime
from typing import Annotated, ClassVar

from fastapi import Query, status
from pydantic import BaseModel

from services.commitments.access import MayRead
from services.commitments.authority.house_rules import house_rules
from services.commitments.authority.standing import MayAdminister
from services.commitments.errors import UnclearWords
from services.commitments.fields import Name, Strict
from services.commitments.promising.terms import option_texts
from services.commitments.wording.plain import Hint, blocking, lint
from shared.configuration import Setting, Version
from shared.contracts.terms import Terms
from shared.database import WriteSession
from shared.instants import Instant
from shared.routing import Reading, Writing, router

api = router("/commitments/glossary", tags=["commitments"])


class Plain(Setting):
    """The plain word for a word of jargon. `say_instead` None: no longer jargon."""

    kind: ClassVar[str] = "glossary"

    say_instead: str | None


class NewWord(Strict):
    """A word of ours that customers do not use, and the one they do; null takes it off the list."""

    term: Name
    say_instead: Name | None
    valid_from: Instant | None = None


class WordView(BaseModel):
    term: str
    say_instead: str | None
    valid_from: datetime
    set_by: str

    @classmethod
    def of(cls, rule: Version[Plain]) -> WordView:
        said = rule.value.say_instead
        return cls(term=rule.name, say_instead=said, valid_from=rule.valid_from, set_by=rule.set_by)


At = Annotated[Instant | None, Query(description="As it was valid then; now where it is left out.")]
Every = Annotated[bool, Query(description="All there is and was, not what is valid alone.")]


@api.get("")
async def glossary(session: Reading, who: MayRead, at: At = None, history: Every = False) -> list[WordView]:
    """Jargon and its plain words (C6), in the order of the terms."""
    if history:
        return [WordView.of(rule) for rule in await house_rules.history(session, Plain)]
    then = at or session.now
    return [WordView.of(r) for r in (await house_rules.in_force(session, Plain, then)).values() if r.value.say_instead]


@api.put("", status_code=status.HTTP_201_CREATED)
async def set_word(new: NewWord, session: Writing, who: MayAdminister) -> WordView:
    """A plain word from an instant on. What was said before stays in the history."""
    value = Plain(say_instead=new.say_instead)
    return WordView.of(await house_rules.put(session, new.term, value, set_by=who.subject, valid_from=new.valid_from))


def texts_of(terms: Terms) -> Iterator[tuple[str, str | None]]:
    """The texts of terms that the customer reads, each with its field."""
    for name in ("words", "cost", "scope", "exclusions", "who"):
        yield name, getattr(terms, name)
    yield from ((f"assumptions/{at}/words", assumed.words) for at, assumed in enumerate(terms.assumptions))
    yield from ((f"steps/{at}/words", step.words) for at, step in enumerate(terms.steps))
    yield from option_texts(terms.options)


async def look_at(session: WriteSession, texts: Iterable[tuple[str, str | None]], *, level: float = 0.0) -> list[Hint]:
    """Checks texts and returns hints. `level` is that of the estimate behind them. Raises UnclearWords."""
    words = await house_rules.in_force(session, Plain, session.now)
    glossary = {term: rule.value.say_instead for term, rule in words.items() if rule.value.say_instead}
    hints = lint(texts, glossary, level=level)
    if refused := blocking(hints):
        found = ", ".join(f"{hint.found!r} in {hint.where}" for hint in refused)
        raise UnclearWords(f"say it so that the customer knows when and what: {found}", hints=as_json(hints))
    return hints


def as_json(hints: Iterable[Hint]) -> list[dict[str, str]]:
    return [hint._asdict() for hint in hints]
