"""What every page is rendered with: one rule for its language, addresses that keep what was chosen, and the way on."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime
from functools import partial
from typing import Any

import pytest
from fastapi import Request

from shared.security.access import Principal
from shared.security.sessions import Session
from shared.settings import PublicSettings
from shared.web import headers
from shared.web.headers import choose_language
from shared.web.pages import Pages
from shared.web.screen import PARAMETERS, Screen, screen_of
from tests.support.clocks import grows_with_size

AT = datetime(2026, 5, 6, 7, 5, tzinfo=UTC)
PAGES = Pages()


def asked(path: str, query: str = "", accept: str = "", reader: Principal | None = None) -> Screen:
    headers = [(b"accept-language", accept.encode())] if accept else []
    scope: dict[str, Any] = {"type": "http", "method": "GET", "path": path, "headers": headers}
    scope |= {"query_string": query.encode(), "server": ("kept.example", 80), "scheme": "http", "state": {}}
    request = Request(scope)
    if reader is not None:
        request.state.principal = reader
    return screen_of(request, PAGES, PublicSettings(), AT)


def agent(*scopes: str, language: str | None = None) -> Principal:
    held = frozenset(scopes)
    return Principal("an", held, Session("1", "an", "token of the form", 0, held, language=language))


@pytest.mark.parametrize(
    ("chosen", "own", "accept", "house", "spoken"),
    [
        ("en", "vi", "vi", "vi", "en"),
        (None, "en", "vi", "vi", "en"),
        (None, None, "en-GB,en;q=0.9", "vi", "en"),
        (None, None, "", "en", "en"),
        ("fr", None, "", "en", "en"),
        (None, "fr", "vi", "en", "vi"),
        (None, None, "fr-FR, en;q=0.3, vi;q=0.8", "en", "vi"),
        (None, None, "en;q=0, vi;q=0.1", "en", "vi"),
        (None, None, "*, ;;q=x,,", "en", "en"),
        (None, None, "fr", "xx", "vi"),
    ],
)
def test_one_rule_chooses_the_language(
    chosen: str | None, own: str | None, accept: str, house: str, spoken: str
) -> None:
    assert choose_language(chosen, own, accept, house) == spoken


def test_the_reader_speaks_their_own_language_and_a_customer_theirs() -> None:
    assert asked("/a", accept="en", reader=agent(language="vi")).language == "vi"
    assert asked("/a", "lang=en", reader=agent(language="vi")).language == "en"
    assert asked("/a", accept="en").speaking("vi").language == "vi"
    assert asked("/a", accept="en").speaking(None).language == "en"


def test_an_address_keeps_the_language_that_was_chosen_and_no_other() -> None:
    plain, chosen = asked("/a", accept="en"), asked("/a", "lang=en&q=x%26y&said=done")
    assert (plain.link("/b"), chosen.link("/b")) == ("/b", "/b?lang=en")
    assert chosen.link("/b", owner="", q="x&y", n=None) == "/b?q=x%26y&lang=en"
    assert chosen.here == "/a?q=x%26y&lang=en"
    assert chosen.also(open=3, q=None) == "/a?open=3&lang=en"
    assert chosen.languages == {"vi": "/a?q=x%26y&lang=vi", "en": "/a?q=x%26y&lang=en"}


def test_of_an_address_with_many_parameters_the_first_are_kept() -> None:
    many = asked("/a", "&".join(["lang=en", *(f"n{at}={at}" for at in range(31_000))]))
    assert len(many.asked) == PARAMETERS
    assert many.chosen == "en"
    assert many.languages["vi"].endswith(f"n{PARAMETERS - 2}={PARAMETERS - 2}&lang=vi")
    assert asked("/a", "&" * 31_000 + "lang=en").asked == ()


def test_a_parameter_may_have_any_name() -> None:
    screen = asked("/a", "self=1&path=2&query=3")
    assert screen.here == screen.also() == "/a?self=1&path=2&query=3"
    named: dict[str, Any] = {"self": 1, "path": 2}
    assert screen.link("/b", **named) == screen.at("/b", **named).here == "/b?self=1&path=2"
    assert screen.turn("/b", **named).headers["location"] == "/b?self=1&path=2"


def test_a_screen_works_out_its_language_and_addresses_once() -> None:
    screen = asked("/a", "lang=en&q=x")
    assert screen.languages is screen.languages
    assert screen.chosen == vars(screen)["chosen"] == "en"
    assert screen.at("/b", q="y").languages["vi"] == "/b?q=y&lang=vi"


def test_a_form_leads_on_to_the_page_that_shows_what_came_of_it() -> None:
    there = asked("/a/act", "lang=vi").at("/a", owner="an")
    assert there.here == "/a?owner=an&lang=vi"
    answer = there.turn("/a#row", said="done")
    assert (answer.status_code, answer.headers["location"]) == (303, "/a?said=done&lang=vi#row")


def test_somebody_is_led_where_they_may_read_and_sees_where_they_are() -> None:
    screen = asked("/intake/console/customers/1", reader=agent("intake:read"))
    assert [place.address for place in screen.places] == ["/intake/console"]
    assert screen.place == "/intake/console"
    assert screen.csrf == "token of the form"
    assert asked("/intake/consoles", reader=agent("*")).place is None
    nobody = asked("/")
    assert (nobody.places, nobody.place, nobody.csrf) == ([], None, "")


def test_the_table_of_keys_names_no_key_twice() -> None:
    screen = asked("/", reader=agent("*"))
    goes, keys = [place.key for place in screen.places], [key.key for key in screen.keys]
    assert len(set(goes)) == len(goes) > 2
    assert len(set(keys)) == len(keys)
    assert "g" not in keys


@pytest.mark.parametrize(
    "part",
    ["vi{}x", "vi-{}x", "vi{};q=1", "vi;{}q=1x", "{}vi", "vi;q=0.{}x", "vi;q=1{},", "{},", "{};"],
    ids=lambda part: str(part).format("…"),
)
@pytest.mark.parametrize("filling", [" ", "-", "9", ",", ";", "a"])
def test_a_strangers_header_takes_time_by_its_size_alone(part: str, filling: str) -> None:
    def work(size: int) -> Callable[[], object]:
        return partial(choose_language, None, None, part.format(filling * size), "en")

    grows_with_size(work, 1_500, most=0.5)


@pytest.mark.parametrize("wish", ["vi{}x", "vi-{}!", "vi;{}q=1x", "vi{};q", "{}vi!", "vi;q=1{}x"])
def test_a_wish_for_a_language_is_read_in_time_by_its_size(wish: str) -> None:
    def work(size: int) -> Callable[[], object]:
        return partial(headers.WISH.fullmatch, wish.format(" " * size))

    grows_with_size(work, 1_500, most=0.5)


def test_no_more_of_a_header_is_read_than_browsers_say() -> None:
    padding = ",".join(["xx"] * 19)
    assert choose_language(None, None, f"{padding},vi", "en") == "vi"
    assert choose_language(None, None, f"{padding},xx,vi", "en") == "en"
    assert choose_language(None, None, " " * headers.LONGEST + "vi", "en") == "en"
