"""Sentences in the languages of Kept, from gettext catalogues: `.po` files that stand beside the code."""

from __future__ import annotations

from functools import cache
from gettext import GNUTranslations, NullTranslations
from io import BytesIO
from pathlib import Path
from typing import Literal, get_args

Language = Literal["vi", "en"]
LANGUAGES: tuple[Language, ...] = get_args(Language)
SOURCE: Language = "en"
"""The language in which sentences stand in the code: it needs no catalogue."""

SHARED = Path(__file__).parent
"""The package whose sentences every other one may say."""


def N_(sentence: str) -> str:  # noqa: N802 - the name by which gettext's tools know it
    """Marks a sentence for the catalogue and returns it as it is; it is translated where it is shown."""
    return sentence


def catalogue(home: Path, language: str) -> Path:
    """The path of a package's catalogue. `home` is the package's directory."""
    return home / "locale" / language / "LC_MESSAGES" / "messages.po"


@cache
def translations(language: Language, *homes: Path) -> NullTranslations:
    """The translations of these packages in a language. The first that has a sentence says it; others stay English."""
    found = NullTranslations()
    if language == SOURCE:
        return found
    for path in (catalogue(home, language) for home in reversed(homes)):
        if path.exists():
            one = _read(path, language)
            one.add_fallback(found)
            found = one
    return found


def _read(path: Path, language: str) -> GNUTranslations:
    from babel.messages.mofile import write_mo
    from babel.messages.pofile import read_po

    compiled = BytesIO()
    with path.open("rb") as source:
        write_mo(compiled, read_po(source, locale=language))
    compiled.seek(0)
    return GNUTranslations(compiled)
