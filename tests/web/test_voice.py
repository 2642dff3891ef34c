"""N20: a customer reads one voice, in mails, on pages and in what policy promises: in Vietnamese they are "anh/chị"."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from services.commitments.cases.sentences import REACHED_NOBODY, SAYS
from services.commitments.customer_page import page as commitments
from services.feedback.asking import page as feedback
from services.intake.timeline import titles
from services.notifications.messages import composing
from shared.web import pages as frame
from tests.support.sentences import sentences_of, vietnamese

VIETNAMESE = vietnamese()
FAMILIAR = re.compile(r"\b(bạn|quý khách)\b", re.IGNORECASE)
FOR_STAFF = {
    "A promise appears here when a customer writes to us, or when you state one.",
    "No promise on the board has what you look for.",
    "Your own",
}
"""What our own people alone are told: they are "bạn"."""

ROOT = Path(__file__).parents[2]
PAGES = Path(commitments.__file__).parents[1] / "pages"
SURVEY = Path(feedback.__file__).parents[1] / "pages"
FRAME = Path(frame.__file__).parent
CUSTOMERS = [
    *(PAGES / name for name in ("promise.html", "task.html", "standards.html")),
    *(SURVEY / "survey.html", FRAME / "frame.html", FRAME / "problem.html"),
]


def test_only_our_own_people_are_addressed_as_friends() -> None:
    assert {key for key, said in VIETNAMESE.items() if FAMILIAR.search(said)} == FOR_STAFF


@pytest.mark.parametrize("page", CUSTOMERS, ids=lambda page: page.name)
def test_every_sentence_of_a_customers_page_is_there_in_vietnamese_and_none_is_for_staff(page: Path) -> None:
    sentences = sentences_of(page)
    assert sentences
    assert sentences - VIETNAMESE.keys() == set()
    assert sentences & FOR_STAFF == set()


@pytest.mark.parametrize("page", sorted(ROOT.glob("services/**/pages/*.html")), ids=lambda page: page.name)
def test_every_sentence_of_every_page_is_there_in_vietnamese(page: Path) -> None:
    assert sentences_of(page) - VIETNAMESE.keys() == set()


def test_every_title_on_a_timeline_is_there_in_vietnamese() -> None:
    said = {*titles._RECEIVED.values(), *titles._SENT.values(), *titles._CHANGED.values(), *titles._TITLES.values()}
    assert said - VIETNAMESE.keys() == set()


def test_what_policy_promises_and_mails_say_it_alike() -> None:
    policy = {kind.value: says["vi"].words for kind, says in SAYS.items()} | dict(enumerate(REACHED_NOBODY["vi"]))
    mails = {path.name: path.read_text() for path in (composing._DIRECTORY / "vi").iterdir()}
    texts = {str(name): said for name, said in (policy | mails).items()}
    assert [name for name, said in texts.items() if FAMILIAR.search(said)] == []
    assert all("anh/chị" in said for said in mails.values())
