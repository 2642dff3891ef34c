"""Pages rendered on the server: Jinja2 with autoescape. What a page may load is said by `shared.middleware`."""

from __future__ import annotations

from collections.abc import Callable
from gettext import NullTranslations
from pathlib import Path
from types import CodeType
from typing import Any

from fastapi.responses import HTMLResponse
from jinja2 import BytecodeCache, Environment, FileSystemLoader, StrictUndefined, pass_context
from jinja2.bccache import Bucket
from jinja2.runtime import Context

from shared.spoken import speak_briefly, speak_time, speak_whole_day
from shared.translation import SHARED, Language, translations
from shared.web.assets import Assets

HERE = Path(__file__).parent


def address(href: object) -> str:
    """A link a page may carry: a path of ours, web, mail or telephone, printable. Else `#`: nowhere."""
    href = str(href)
    ours = href.startswith(("/", "?", "#")) and not href.startswith(("//", "/\\"))
    known = ours or href.startswith(("https://", "http://", "mailto:", "tel:"))
    return href if known and href.isprintable() else "#"


def _translate(words: NullTranslations) -> Callable[[Context, str], str]:
    """The filter that says a sentence of elsewhere in the code, marked by `N_`, in the language of a page.

    It takes the context, so that a constant is not translated when a template is compiled: all languages share that.
    """

    @pass_context
    def translate(_: Context, sentence: str) -> str:
        return words.gettext(sentence) if sentence else ""

    return translate


class _Compiled(BytecodeCache):
    """The templates that this process has compiled: services share the frame, which takes a tenth of a second."""

    def __init__(self) -> None:
        self._code: dict[tuple[str, str], CodeType | None] = {}

    def load_bytecode(self, bucket: Bucket) -> None:
        bucket.code = self._code.get((bucket.key, bucket.checksum))

    def dump_bytecode(self, bucket: Bucket) -> None:
        self._code[bucket.key, bucket.checksum] = bucket.code


_compiled = _Compiled()


class Pages:
    """The templates, sentences and assets of one package, over the shared frame.

    `home` is the package's directory, which may hold `pages/` and `locale/`; None for the frame alone. `prefix` is what
    the addresses of its application begin with: `/intake`.
    """

    def __init__(self, home: Path | None = None, *, prefix: str = "") -> None:
        self._homes = (home, SHARED) if home else (SHARED,)
        self._directories = [home / "pages"] if home else []
        self.assets = Assets(f"{prefix}/assets", [p for place in (HERE, *self._directories) for p in place.glob("*")])
        self._environments: dict[Language, Environment] = {}

    def render(self, template: str, *, language: Language, status: int = 200, **values: Any) -> HTMLResponse:
        """A page. In its template `lang` is the language, `_`, `ngettext` and `pgettext` say a sentence in it."""
        html = self._environment(language).get_template(template).render(lang=language, **values)
        return HTMLResponse(html, status_code=status)

    def words(self, language: Language) -> NullTranslations:
        """The sentences of the package in a language, for those that are put together in Python."""
        return translations(language, *self._homes)

    def _environment(self, language: Language) -> Environment:
        """One for each language: what gettext says is a part of it."""
        made = self._environments.get(language)
        if made is None:
            made = self._environments[language] = self._make(language)
        return made

    def _make(self, language: Language) -> Environment:
        made = Environment(
            loader=FileSystemLoader([*self._directories, HERE]),
            bytecode_cache=_compiled,
            autoescape=True,
            undefined=StrictUndefined,
            trim_blocks=True,
            lstrip_blocks=True,
            extensions=["jinja2.ext.i18n"],
        )
        words = self.words(language)
        made.install_gettext_translations(words, newstyle=True)  # type: ignore[attr-defined]
        made.filters.update(
            when=speak_time, brief=speak_briefly, day=speak_whole_day, address=address, translate=_translate(words)
        )
        made.globals["asset"] = self.assets.address
        return made
