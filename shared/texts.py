"""Texts that strangers wrote, in a form that can be stored, told and shown. Pure."""

from __future__ import annotations


def clean(text: str) -> str:
    """The text as PostgreSQL and UTF-8 can hold it: no NUL, no half of a surrogate pair."""
    if "\x00" in text:
        text = text.replace("\x00", "\ufffd")
    try:
        text.encode()
    except UnicodeEncodeError:
        return text.encode("utf-16", "surrogatepass").decode("utf-16", "replace")
    return text


def one_line(text: str, most: int = 300) -> str:
    """The text as one line for people, of `most` characters at most: clean, and free of control characters."""
    shown = (letter if letter.isprintable() else " " for letter in clean(text))
    return " ".join("".join(shown).split())[:most].rstrip()
