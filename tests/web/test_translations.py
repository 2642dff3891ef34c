"""The catalogues hold every sentence of the code, and `kept translations --check` says what is missing in them."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from fastapi.exceptions import RequestValidationError
from sqlalchemy.exc import TimeoutError as PoolTimeout

from services.cli.translations import faults, packages, renewed, written
from services.commitments.scorecard.page import KINDS
from shared.contracts.terms import CommitmentKind
from shared.http import as_problem
from shared.translation import N_, SHARED, catalogue, translations

HEAD = 'msgid ""\nmsgstr ""\n"Content-Type: text/plain; charset=utf-8\\n"\n"Plural-Forms: nplurals=1; plural=0;\\n"\n\n'


@pytest.fixture
def package(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A package with one sentence in Python, one with a plural, and one with a context in a template."""
    monkeypatch.setattr("services.cli.translations.ROOT", tmp_path)
    home = tmp_path / "toy"
    (home / "pages").mkdir(parents=True)
    (home / "words.py").write_text('SAYS = N_("It is done.")\n')
    (home / "pages" / "a.html").write_text(
        '{{ pgettext("status", "Open") }}'
        '{{ ngettext("%(num)s case of %(who)s", "%(num)s cases of %(who)s", n, who=w) }}'
    )
    return home


def translate(package: Path, said: str) -> list[str]:
    path = catalogue(package, "vi")
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(HEAD + said)
    translations.cache_clear()
    return sorted(faults(package, "vi"))


DONE = 'msgid "It is done."\nmsgstr "Đã xong."\n\n'
OPEN = 'msgctxt "status"\nmsgid "Open"\nmsgstr "Đang mở"\n\n'
CASES = (
    'msgid "%(num)s case of %(who)s"\nmsgid_plural "%(num)s cases of %(who)s"\n'
    'msgstr[0] "%(num)s vụ việc của %(who)s"\n\n'
)


def test_a_whole_catalogue_has_no_fault_and_is_spoken(package: Path) -> None:
    assert translate(package, DONE + OPEN + CASES) == []
    words = translations("vi", package)
    assert words.gettext("It is done.") == "Đã xong."
    assert words.pgettext("status", "Open") == "Đang mở"
    assert words.ngettext("%(num)s case of %(who)s", "%(num)s cases of %(who)s", 2) == "%(num)s vụ việc của %(who)s"
    english = translations("en", package)
    assert english.ngettext("%(num)s case", "%(num)s cases", 1) == "%(num)s case"


@pytest.mark.parametrize(
    ("said", "fault"),
    [
        (OPEN + CASES, "is not in the catalogue: 'It is done.'"),
        (DONE.replace("Đã xong.", "") + OPEN + CASES, "is not translated: 'It is done.'"),
        ("#, fuzzy\n" + DONE + OPEN + CASES, "is fuzzy: 'It is done.'"),
        (DONE + OPEN + CASES + 'msgid "Gone"\nmsgstr "Hết"\n', "is said nowhere any more: 'Gone'"),
        (DONE + OPEN + CASES + '#~ msgid "Gone"\n#~ msgstr "Hết"\n', "is said nowhere any more: 'Gone'"),
        (DONE + OPEN.replace('msgctxt "status"\n', "") + CASES, "is not in the catalogue: 'Open' (status)"),
        (DONE + OPEN + CASES.replace("của %(who)s", ""), "is translated with other placeholders: "),
        (DONE.replace("Đã xong.", "Đã xong 100%.") + OPEN + CASES, "cannot be filled in: a `%` by itself is `%%`: "),
        (DONE + OPEN + CASES.replace("vụ việc của", "vụ % của"), "cannot be filled in: "),
        (DONE.replace("Đã xong.", "<b>Đã xong.</b>") + OPEN + CASES, "holds markup: 'It is done.'"),
    ],
)
def test_what_is_wrong_with_a_catalogue_is_said(package: Path, said: str, fault: str) -> None:
    assert [found for found in translate(package, said) if found.startswith(fault)] != []


def test_new_sentences_come_in_and_old_ones_keep_their_words(package: Path) -> None:
    translate(package, DONE + OPEN + 'msgid "Gone"\nmsgstr "Hết"\n')
    made = written(renewed(package, "vi"), "vi")
    assert '"Đã xong."' in made
    assert 'msgid_plural "%(num)s cases of %(who)s"\nmsgstr[0] ""' in made
    assert "Gone" not in made


def test_a_sentence_of_nobody_stays_as_it_is_and_a_package_speaks_before_what_is_shared(package: Path) -> None:
    translate(package, 'msgid "Language"\nmsgstr "Tiếng"\n')
    words = translations("vi", package, SHARED)
    assert [words.gettext(said) for said in ("Language", "Log out", "None of ours")] == [
        "Tiếng",
        "Đăng xuất",
        "None of ours",
    ]
    assert N_("It is done.") == "It is done."


@pytest.mark.parametrize("package", packages(), ids=lambda package: package.name)
def test_every_sentence_of_the_house_is_translated_and_none_is_left_over(package: Path) -> None:
    assert list(faults(package, "vi")) == []


@pytest.mark.parametrize(
    "error", [RequestValidationError([]), UnicodeError(), PoolTimeout(), ValueError("of ours")], ids=repr
)
def test_what_a_page_says_of_an_error_is_said_in_each_language(error: Exception) -> None:
    said = as_problem(error).detail
    assert translations("vi", SHARED).gettext(said) != said


@pytest.mark.parametrize("kind", [kind for kind in CommitmentKind if kind is not CommitmentKind.TASK])
def test_a_kind_of_promise_has_one_vietnamese_name_on_board_and_scorecard(kind: CommitmentKind) -> None:
    home = SHARED.parent / "services/commitments"
    on_board = re.search(rf'"{kind}": pgettext\("kind of promise", "([^"]+)"\)', (home / "pages/acts.html").read_text())
    assert on_board
    words = translations("vi", home)
    assert words.pgettext("kind of promise", on_board[1]) == words.gettext(KINDS[kind])
