"""What the forms of a page send by GET where nobody has touched them."""

from __future__ import annotations

from dataclasses import dataclass, field
from html.parser import HTMLParser
from urllib.parse import urlencode


@dataclass
class Form:
    """A form by GET. `action` is empty where it leads to its own page; `fields` are what it sends."""

    action: str
    fields: list[tuple[str, str]] = field(default_factory=list)

    def address(self, page: str) -> str:
        """Where the form of this page leads."""
        return f"{self.action or page}?{urlencode(self.fields)}"


class _Reader(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.forms: list[Form] = []
        self._form: Form | None = None
        self._select = ""
        self._options: list[tuple[str, bool]] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        said = {name: value or "" for name, value in attrs}
        if tag == "form":
            self._form = Form(said.get("action", "")) if said.get("method", "get") == "get" else None
            self.forms += [self._form] if self._form else []
        elif tag == "select":
            self._select, self._options = said.get("name", ""), []
        elif tag == "option":
            self._options.append((said["value"], "selected" in said))
        elif tag == "input" and self._form and said.get("name") and _is_sent(said):
            self._form.fields.append((said["name"], said.get("value", "")))

    def handle_endtag(self, tag: str) -> None:
        if tag == "select" and self._form and self._options:
            chosen = [value for value, is_chosen in self._options if is_chosen]
            self._form.fields.append((self._select, [self._options[0][0], *chosen][-1]))
        elif tag == "form":
            self._form = None


def _is_sent(said: dict[str, str]) -> bool:
    return said.get("type") not in ("checkbox", "radio") or "checked" in said


def forms_by_get(html: str) -> list[Form]:
    """The forms of a page that are sent by GET, with what each sends untouched."""
    reader = _Reader()
    reader.feed(html)
    return reader.forms
