"""The catalogues of sentences: made anew from the code, and held against it."""

from __future__ import annotations

import re
from collections.abc import Iterator
from io import BytesIO
from pathlib import Path
from typing import Annotated

import typer
from babel.messages import extract
from babel.messages.catalog import Catalog, Message
from babel.messages.pofile import read_po, write_po

from shared.translation import LANGUAGES, SHARED, SOURCE, catalogue

ROOT = SHARED.parent
OPTIONS = {"newstyle_gettext": "true", "trim_blocks": "true", "lstrip_blocks": "true", "silent": "false"}
HEADER = r"""msgid ""
msgstr ""
"Language: {language}\n"
"MIME-Version: 1.0\n"
"Content-Type: text/plain; charset=utf-8\n"
"Content-Transfer-Encoding: 8bit\n"
"Plural-Forms: {plural}\n"

"""
_NAMED = re.compile(r"%\((\w+)\)[sd]")
_MARKUP = re.compile(r'[<>"&]')


def packages() -> list[Path]:
    """The packages that may say something of their own: what is shared, and each service."""
    return [SHARED, *sorted(path for path in (ROOT / "services").iterdir() if (path / "__init__.py").exists())]


def said(package: Path) -> Catalog:
    """The sentences in a package's code and templates."""
    found = Catalog(charset="utf-8")
    for path in sorted([*package.rglob("*.py"), *package.rglob("*.html")]):
        with path.open("rb") as source:
            method = "python" if path.suffix == ".py" else "jinja2"
            for _, sentence, _, context in extract.extract(method, source, options=OPTIONS):
                found.add(sentence, locations=[(path.relative_to(ROOT).as_posix(), 0)], context=context)
    return found


def known(package: Path, language: str) -> Catalog:
    """The catalogue of a package as it stands; an empty one where there is none."""
    path = catalogue(package, language)
    if not path.exists():
        return Catalog(locale=language, charset="utf-8")
    with path.open("rb") as source:
        return read_po(source, locale=language, charset="utf-8")


def renewed(package: Path, language: str) -> Catalog:
    """The catalogue with the sentences that the code says now, each as it is translated already."""
    old, new = known(package, language), Catalog(locale=language, charset="utf-8")
    for message in said(package):
        if message.id:
            before = old.get(message.id, message.context)
            translated = before.string if before is not None and before.id == message.id else None
            flags = before.flags if before is not None else ()
            new.add(message.id, translated, message.locations, flags, context=message.context)
    return new


def written(catalog: Catalog, language: str) -> str:
    """A catalogue as its file, without anything that changes by itself."""
    written = BytesIO()
    write_po(written, catalog, width=0, omit_header=True, include_lineno=False)
    return HEADER.format(language=language, plural=catalog.plural_forms) + written.getvalue().decode()


def faults(package: Path, language: str) -> Iterator[str]:
    """What is wrong with a catalogue, a line each."""
    old, now = known(package, language), said(package)
    for message in now:
        if not message.id:
            continue
        found = old.get(message.id, message.context)
        if found is None or found.id != message.id:
            yield f"is not in the catalogue: {_name(message)}"
        else:
            yield from (f"{why}: {_name(message)}" for why in _faults(found))
    for message in [*old, *old.obsolete.values()]:
        if message.id and now.get(message.id, message.context) is None:
            yield f"is said nowhere any more: {_name(message)}"


def _faults(message: Message) -> Iterator[str]:
    ids, strings = _all(message.id), _all(message.string)
    if not all(strings):
        yield "is not translated"
    if message.fuzzy:
        yield "is fuzzy"
    if _MARKUP.search("".join([*ids, *strings])):
        yield "holds markup"
    if any(strings) and any(set(_NAMED.findall(said)) != set(_NAMED.findall(ids[-1])) for said in strings):
        yield "is translated with other placeholders"
    if all(map(_can_be_filled, ids)) and not all(map(_can_be_filled, strings)):
        yield "cannot be filled in: a `%` by itself is `%%`"


def _can_be_filled(said: str) -> bool:
    """Tells whether values can be set into a sentence, as a template does with each that it says."""
    try:
        said % dict.fromkeys(_NAMED.findall(said), 1)
    except (KeyError, TypeError, ValueError):
        return False
    return True


def _all(said: str | tuple[str, ...] | list[str] | None) -> list[str]:
    return [said] if isinstance(said, str) else list(said or [""])


def _name(message: Message) -> str:
    return f"{_all(message.id)[0]!r}" + (f" ({message.context})" if message.context else "")


def translations(
    check: Annotated[bool, typer.Option("--check", help="Change nothing; exit 1 where a sentence lacks.")] = False,
) -> None:
    """Takes the sentences of the code into the catalogues, or tells what is missing in them."""
    bad = 0
    for package in packages():
        for language in (one for one in LANGUAGES if one != SOURCE):
            path = catalogue(package, language)
            if not check:
                made = renewed(package, language)
                if len(made) or path.exists():
                    path.parent.mkdir(parents=True, exist_ok=True)
                    path.write_text(written(made, language), encoding="utf-8")
            for fault in faults(package, language):
                print(f"{path.relative_to(ROOT)}: {fault}")
                bad += 1
    if check and bad:
        raise typer.Exit(1)
