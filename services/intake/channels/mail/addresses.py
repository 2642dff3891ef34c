"""Addresses in a field like From or To (RFC 5322, 3.4), and what is written there instead. In one pass."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import lru_cache

from services.intake.channels.mail.encoded import WORD, decoded

LONGEST_READ = 4096
"""Characters of a field that is taken apart (an address with its name, parameters)."""

_SPACE = re.compile(r"[\s\x00-\x1f]")
_SPECIAL = re.compile(r'[()<>@,;:\\"\[\]]')
_BARE = re.compile(r"[^\s<>()\"',;:\[\]@]{1,64}@[^\s<>()\"',;:\[\]@]{1,255}")


def addresses(value: str) -> list[tuple[str, str]]:
    """(name, address) of each that has one. Groups are opened, comments are names where there is no other.

    Where an entry has something in angle brackets, that is the address, whatever its name holds.
    """
    return list(_found(value[:LONGEST_READ]))


@lru_cache(maxsize=512)
def _found(value: str) -> tuple[tuple[str, str], ...]:
    """Kept for a while: each field of a mail is asked for several times."""
    found = _read(WORD.sub(_without_specials, value))
    if not found and "=?" in value:
        found = _read(decoded(value))  # a program has encoded the brackets too
    return tuple(found)


def _without_specials(word: re.Match[str]) -> str:
    """An encoded word with nothing in it that means something to an address (RFC 2047, 5: it should have nothing)."""
    return word[0] if word[2] in "bB" else _SPECIAL.sub(lambda c: f"={ord(c[0]):02X}", word[0])


@dataclass(slots=True)
class _Entry:
    """What stands between two commas: plain and quoted words, what is in angle brackets, and in parentheses."""

    words: list[str] = field(default_factory=list)
    angled: str | None = None
    comments: list[str] = field(default_factory=list)

    def found(self) -> tuple[str, str] | None:
        said = "".join(self.words)
        if self.angled is not None and is_address(self.angled):
            return _name(said or " ".join(self.comments)), self.angled
        bare = list(_BARE.finditer(said))
        if self.angled is not None and not bare:
            return None
        if not bare:
            return None
        last = bare[-1]
        name = said[: last.start()] + " " + said[last.end() :]
        return _name(name if name.strip(" '\"-") else " ".join(self.comments)), last[0].strip("'.")


def _name(written: str) -> str:
    said = " ".join(decoded(written).split())
    said = said.strip('" ') if said.count('"') == 1 else said
    return said[1:-1].strip() if len(said) > 2 and said[0] == said[-1] == "'" else said


def _read(value: str) -> list[tuple[str, str]]:
    found: list[tuple[str, str]] = []
    before: list[str] = []
    for entry in _entries(value):
        one = entry.found()
        if one is None:  # a comma in a name: Le, Binh <binh@example.com>
            before = [*before, "".join(entry.words).strip()] if entry.angled is None else []
            continue
        name, address = one
        if before and entry.angled is not None and len(before) == 1 and before[0]:
            name = _name(f"{before[0]}, {name}")
        before = []
        if is_address(address):
            found.append((name, address))
    return found


def _entries(value: str) -> Iterator[_Entry]:
    entry, at = _Entry(), 0
    closes = {'"': True, ">": True, ")": True}
    while at < len(value):
        mark = value[at]
        if mark in ",;":
            yield entry
            entry, at = _Entry(), at + 1
        elif mark == ":" and entry.angled is None and "@" not in "".join(entry.words[-40:]):
            entry, at = _Entry(), at + 1  # the name of a group
        elif mark in '"<(':
            inner, stop = _enclosed(value, at, closes)
            if inner is None:
                entry.words.append(mark if mark == '"' else " ")
            elif mark == '"':
                entry.words.append(inner)
            elif mark == "<":
                entry.angled = _bracketed(inner) or entry.angled or ""
            else:
                entry.comments.append(inner.strip())
            at = stop
        else:
            entry.words.append(mark)
            at += 1
    yield entry


def _enclosed(value: str, at: int, closes: dict[str, bool]) -> tuple[str | None, int]:
    """(what is in quotes, brackets or parentheses from here, where it ends), or (None, the next place).

    `closes` says of which there may be another end: no search is made twice in vain.
    """
    end = {'"': '"', "<": ">", "(": ")"}[value[at]]
    depth, inner, place = 1, [], at + 1
    while closes[end] and place < len(value):
        mark = value[place]
        if mark == "\\" and end != ">":
            inner.append(value[place + 1 : place + 2])
            place += 2
            continue
        depth += (end == ")") * ((mark == "(") - (mark == ")"))
        if mark == end and (end != ")" or depth == 0):
            return "".join(inner), place + 1
        inner.append(mark)
        place += 1
    closes[end] = False
    return None, at + 1


def _bracketed(inner: str) -> str:
    """`<lan@example.com>`, also as `<mailto:lan@example.com>` and `<<lan@example.com>>`."""
    written = inner.strip().strip("<>'\"").strip()
    return written[7:] if written.lower().startswith("mailto:") else written


def is_address(address: str) -> bool:
    local, at, domain = address.rpartition("@")
    return bool(local and at and domain) and _SPACE.search(address) is None
