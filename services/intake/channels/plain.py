"""HTML as text, in one pass: a parser that builds the tree takes minutes over what a stranger may nest."""

from __future__ import annotations

import re
from html import unescape

_TOKEN = re.compile(r"<!--|-->|<[!?][^<>]*>|<(?P<end>/?)(?P<name>[a-z][a-z0-9]*)(?:[\s/][^<>]*)?>", re.IGNORECASE)
_GAPS = re.compile(r"\n[ \t\r\n]{2,}")
_LINES = frozenset({"br", "p", "div", "li", "tr", "h1", "h2", "h3", "h4", "h5", "h6", "blockquote"})
_HIDDEN = frozenset({"script", "style", "head", "title", "template"})


def plain(html: str) -> str:
    """What a reader sees: no tags, no scripts; a line for each block."""
    parts: list[str] = []
    at = 0
    hidden = ""
    for token in _TOKEN.finditer(html):
        name = (token["name"] or token[0]).lower()
        if hidden:
            if (token["end"] and name == hidden) or (hidden == "<!--" and name == "-->"):
                hidden = ""
        else:
            parts.append(html[at : token.start()])
            if name == "<!--" or (name in _HIDDEN and not token["end"]):
                hidden = name
            elif name == "-->":
                parts.append(name)
            elif name == "br" or (name in _LINES and token["end"]):
                parts.append("\n")
        at = token.end()
    if not hidden:
        parts.append(html[at:])
    return _GAPS.sub("\n\n", unescape("".join(parts))).strip()
