"""The sentences of pages in Vietnamese, as the catalogues hold them."""

from __future__ import annotations

from pathlib import Path

from babel.messages import extract

from services.cli.translations import OPTIONS, known, packages


def vietnamese() -> dict[str, str]:
    """Every sentence in English with the same in Vietnamese; of one with a plural, its last form."""
    found: dict[str, str] = {}
    for package in packages():
        for message in known(package, "vi"):
            english = message.id if isinstance(message.id, str) else message.id[-1]
            said = message.string if isinstance(message.string, str) else (message.string or [""])[-1]
            if english:
                found[english] = said
    return found


def sentences_of(*templates: Path) -> set[str]:
    """The sentences in these templates, in English; of one with a plural, its last form."""
    found = set()
    for template in templates:
        with template.open("rb") as source:
            for _, said, _, _ in extract.extract("jinja2", source, options=OPTIONS):
                found.add(said if isinstance(said, str) else said[-1])
    return found
