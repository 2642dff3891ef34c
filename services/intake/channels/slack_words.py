"""The text of a Slack message: links, mentions, blocks and attachments as somebody typed them.

Source: docs.slack.dev, "Formatting message text" (escaping, links, mentions), "Blocks" and "rich_text".
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Any

from services.intake.channels.chat import lines
from services.intake.channels.reading import dict_of, dicts_of, text

DEEPEST = 8
"""Lists and quotes in each other that are read."""

_MARK = re.compile(r"<([^<>|\s][^<>|]{0,4000})(?:\|([^<>]{0,4000}))?>")
_MENTIONS = {"@": "@", "#": "#", "!": "@"}


def words_of(event: Mapping[str, Any]) -> str | None:
    """Its text; where it has none what its blocks say, else its attachments."""
    said = text(event.get("text"))
    if said:
        return plain(said)
    return lines(*(_block(one) for one in dicts_of(event.get("blocks")))) or lines(
        *(_attached(one) for one in dicts_of(event.get("attachments")))
    )


def shared_in(event: Mapping[str, Any]) -> str | None:
    """The message of somebody that this one passes on, or what a link in it leads to: what "this" is."""
    shown = [one for one in dicts_of(event.get("attachments")) if text(event.get("text"))]
    return next((found for one in shown if (found := _attached(one))), None)


def plain(marked: str) -> str:
    """Without Slack's marks. It writes three characters of the text itself as entities."""
    found = _MARK.sub(_unmarked, marked) if "<" in marked else marked
    return found.replace("&lt;", "<").replace("&gt;", ">").replace("&amp;", "&")


def _unmarked(mark: re.Match[str]) -> str:
    target, label = mark[1], mark[2]
    if sign := _MENTIONS.get(target[0]):
        bare = target[1:].partition("^")[0] if not label else label.removeprefix(sign)
        return bare if target.startswith("!date") else sign + bare
    return linked(target, label)


def linked(target: str, label: str | None) -> str:
    bare = target.removeprefix("mailto:").removeprefix("tel:")
    if not label:
        return bare
    return label if label in bare or bare != target else f"{label} ({target})"


def _block(block: Mapping[str, Any]) -> str | None:
    match block.get("type"):
        case "rich_text":
            return "".join(_rich(block.get("elements"), 0)).strip("\n") or None
        case "context":
            return " ".join(filter(None, (_text_of(one) for one in dicts_of(block.get("elements"))))) or None
        case "image" | "video":
            return lines(_text_of(block.get("title")), block.get("alt_text"))
        case "table":
            rows = block.get("rows")
            listed = [dicts_of(row) for row in (rows if isinstance(rows, list) else [])]
            return lines(*(" | ".join(filter(None, map(_text_of, row))) for row in listed))
    return lines(_text_of(block.get("text")), *(_text_of(one) for one in dicts_of(block.get("fields"))))


def _text_of(value: object) -> str | None:
    """A text object's, or that of what holds rich text."""
    found = dict_of(value)
    if found.get("type") == "rich_text":
        return _block(found)
    said = text(found.get("text"))
    return plain(said) if said else None


def _rich(elements: object, depth: int) -> Iterator[str]:
    for one in dicts_of(elements) if depth < DEEPEST else ():
        match one.get("type"):
            case "text":
                yield text(one.get("text")) or str(one.get("text") or "")
            case "link":
                yield linked(str(one.get("url") or ""), text(one.get("text")))
            case "emoji":
                yield f":{one.get('name')}:"
            case "user" | "usergroup" | "broadcast":
                yield f"@{one.get('user_id') or one.get('usergroup_id') or one.get('range')}"
            case "channel":
                yield f"#{one.get('channel_id')}"
            case "rich_text_list":
                for item in dicts_of(one.get("elements")):
                    yield "- " + "".join(_rich([item], depth + 1)).rstrip("\n") + "\n"
            case _:
                yield "".join(_rich(one.get("elements"), depth + 1)).rstrip("\n") + "\n"


def _attached(one: Mapping[str, Any]) -> str | None:
    """Its own words, else the summary that is shown where it cannot be drawn."""
    parts = [one.get("pretext"), one.get("title"), one.get("text")]
    fields = [f"{f.get('title') or ''}: {f.get('value') or ''}" for f in dicts_of(one.get("fields"))]
    blocks = [_block(block) for block in dicts_of(one.get("blocks"))]
    found = lines(*parts, *fields, *blocks) or text(one.get("fallback"))
    return plain(found) if found else None
