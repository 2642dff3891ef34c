"""HTML turned into text that can be read: paragraphs, lines, list items, quotes, and where links lead.

It is read in one pass that never looks back. A parser that mends HTML as browsers do takes quadratic time
(1 MB of nested `<div>`: three minutes); nothing is mended here, since the outcome is never shown as HTML.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from html import unescape
from typing import Final

MOST = 1024 * 1024
"""Characters that are read."""
DEEPEST = 5
"""Quotes in each other that are told apart."""

_TAG = re.compile(r"<(/?)([a-zA-Z][a-zA-Z0-9:_-]{0,40})(?=[\s/>])")
_HREF = re.compile(r"""\bhref\s*=\s*(?:"([^"]{1,2000})"|'([^']{1,2000})'|([^\s"'>]{1,2000}))""", re.IGNORECASE)
_IS_HTML = re.compile(
    r"\s{0,100}<(?:!doctype html|html|head|body|div|p|span|br|table|ul|ol|blockquote|h[1-6])(?=[\s/>])[^>]{0,4000}>",
    re.IGNORECASE,
)
"""It begins as a document or a part of one does, not as somebody who writes about one."""
_SPACE = re.compile(r"[ \t\r\n\f]+")
_QUOTE = re.compile(r"[\"']")

_HIDDEN: Final = frozenset({"head", "script", "style", "template", "title", "svg"})
_PARAGRAPHS: Final = frozenset(
    {"p", "blockquote", "h1", "h2", "h3", "h4", "h5", "h6", "ul", "ol", "dl", "pre", "table"}
)
_LINES: Final = frozenset(
    {"div", "tr", "li", "dt", "dd", "section", "article", "header", "footer", "address", "center", "form", "hr",
     "tbody", "thead", "body", "html", "main", "nav", "aside", "figure", "figcaption", "fieldset"}
)  # fmt: skip


def to_text(html: str) -> str:
    writer = _Writer()
    for text, tag, attributes in _pieces(html[:MOST]):
        writer.take(text, tag, attributes)
    return writer.finished()


def readable(words: str | None) -> str | None:
    """Words that a helpdesk may pass on as HTML or not: as text either way. None where nothing is left."""
    if words is None or not _IS_HTML.match(words):
        return words
    return to_text(words).strip() or None


class _Writer:
    def __init__(self) -> None:
        self._lines: list[str] = []
        self._line: list[str] = []
        self._depth = 0
        self._last_depth = 0
        self._hidden: str | None = None
        self._is_pre = False
        self._link: tuple[str, int] | None = None
        self._wants_blank = False

    def take(self, text: str, tag: str, attributes: str) -> None:
        """Some text, and the tag after it: `name`, `/name`, or empty."""
        name = tag.removeprefix("/")
        if self._hidden:
            if tag == f"/{self._hidden}" or (self._hidden == "head" and tag == "body"):
                self._hidden = None
            return
        if text:
            self._write(_unescaped(text))
        if not name:
            return
        if name in _HIDDEN:
            self._hidden = name if tag == name else None
        elif name == "br":
            self._end_line(always=True)
        elif name in _PARAGRAPHS or name in _LINES:
            self._end_line()
            self._wants_blank |= name in _PARAGRAPHS
            self._enter(name, is_end=tag != name)
        elif name in ("td", "th") and tag == name and self._line:
            self._line.append(" ")
        elif name == "a":
            self._follow(attributes if tag == name else None)

    def finished(self) -> str:
        self._end_line()
        return "\n".join(self._lines).strip("\n")

    def _write(self, text: str) -> None:
        if self._is_pre:
            first, *rest = text.split("\n")
            self._line.append(first)
            for line in rest:
                self._end_line(always=True)
                self._line.append(line)
            return
        text = _SPACE.sub(" ", text).replace("\xa0", " ")
        if text != " " or self._line:
            self._line.append(text)

    def _enter(self, name: str, *, is_end: bool) -> None:
        if name == "blockquote":
            self._depth = max(0, self._depth + (-1 if is_end else 1))
        elif name == "pre":
            self._is_pre = not is_end
        elif name == "li" and not is_end:
            self._line.append("- ")

    def _follow(self, attributes: str | None) -> None:
        """Where a link leads, after its words, unless they say so themselves."""
        if attributes is None:
            if self._link:
                address, words = self._link
                said = "".join(self._line[words:]).strip()
                if address.removeprefix("mailto:") not in said and said:
                    self._line.append(f" <{address}>")
            self._link = None
        elif found := _HREF.search(attributes):
            address = _unescaped(found[1] or found[2] or found[3]).strip()
            self._link = (address, len(self._line)) if address.startswith(("http", "mailto:", "tel:")) else None

    def _end_line(self, *, always: bool = False) -> None:
        line = "".join(self._line).strip() if not self._is_pre else "".join(self._line).rstrip()
        self._line.clear()
        if self._link:
            self._link = (self._link[0], 0)
        if not line and not always:
            return
        depth = min(self._depth, DEEPEST)
        if self._wants_blank and self._lines and self._lines[-1].strip("> "):
            self._lines.append(("> " * min(depth, self._last_depth)).rstrip())
        self._wants_blank = False
        self._last_depth = depth
        self._lines.append(("> " * depth + line).rstrip())


def _pieces(html: str) -> Iterator[tuple[str, str, str]]:
    """(text, tag after it, its attributes), to the end. Every step begins where the last one ended."""
    at, text_from = 0, 0
    quotes = {'"': True, "'": True}
    while (start := html.find("<", at)) >= 0:
        if html.startswith("<!--", start):
            stop = html.find("-->", start + 4)
            yield html[text_from:start], "", ""
            if stop < 0:
                return
            at = text_from = stop + 3
            continue
        tag = _TAG.match(html, start)
        if tag is None and html[start + 1 : start + 2] not in ("!", "?", "/"):
            at = start + 1  # a smaller-than
            continue
        stop = html.find(">", start)
        if stop < 0:
            break
        stop = _tag_end(html, start, stop, quotes)
        if tag is None:
            yield html[text_from:start], "", ""
        else:
            yield html[text_from:start], (tag[1] + tag[2]).lower(), html[tag.end() : min(stop, tag.end() + 4000)]
        at = text_from = stop + 1
    yield html[text_from:], "", ""


def _tag_end(html: str, start: int, stop: int, quotes: dict[str, bool]) -> int:
    """Where a tag ends that may have a `>` in a quoted value. `quotes` are those of which there may be more."""
    at = start
    while found := _QUOTE.search(html, at, stop):
        at, quote = found.end(), found[0]
        if html[max(start, at - 6) : at - 1].rstrip()[-1:] != "=" or not quotes[quote]:
            continue
        closing = html.find(quote, at)
        if closing < 0:
            quotes[quote] = False
            continue
        at = closing + 1
        if at > stop:
            further = html.find(">", at)
            if further < 0:
                return stop
            stop = further
    return stop


def _unescaped(text: str) -> str:
    try:
        return unescape(text)
    except ValueError:  # a number of thousands of digits
        return text
