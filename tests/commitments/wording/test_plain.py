"""What we tell a customer is plain: what is looked for, what is let be, and what is refused. Rows: C5, C6, C22, X3."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any
from unicodedata import normalize

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.commitments.wording.plain import blocking, lint
from shared.contracts import commitments as told
from tests.commitments.conftest import START, Commitments
from tests.support.clocks import seconds


def found(words: str, **options: Any) -> list[tuple[str, str]]:
    return [(hint.rule, hint.found) for hint in lint([("words", words)], **options)]


@pytest.mark.parametrize(
    "vague",
    [
        "soon", "SOON", "as soon as possible", "As\nSoon  As Possible", "as-soon-as-possible", "ASAP", "a.s.a.p",
        "shortly", "in due course", "before long", "as soon as we can", "sớm", "sớm nhất", "sớm nhất có thể",
        "trong thời gian sớm nhất", "TRONG THỜI GIAN SỚM NHẤT", "càng sớm càng tốt", "ngay khi có thể",
        "chẳng mấy chốc", "trong thời gian tới",
    ],
)  # fmt: skip
@pytest.mark.parametrize("around", ["{}", "We call you {}.", "({})", "Chúng tôi gọi lại {}, cảm ơn chị."])
def test_c6_a_vague_time_is_found_in_any_company(vague: str, around: str) -> None:
    for form in ("NFC", "NFD"):
        assert found(normalize(form, around.format(vague))) == [("vague_time", vague)]


@pytest.mark.parametrize(
    "words",
    [
        "We bring it sooner than planned", "as soon as the part arrives, by 18:00 on 5 March", "The soonest is Friday",
        "Shortlyn street 5", "Chúng tôi giao sớm hơn một ngày", "8 giờ sáng sớm thứ Năm", "Đến sớm 10 phút",
        "Sớm nhất là ngày 5/3, muộn nhất ngày 7/3", "Đơn hàng tới trước 18:00 ngày 5/3", "Your order, by 18:00.",
        "Chưa chắc chắn", "A warranty of two years", "bảo hành 12 tháng", "1.100 % of nothing", "100 items",
        "[see page 2]", "[A4]", "[Minh]", "size XXL", "50% off", "a < b and <b>bold</b>",
        "Your “order” \\ 'x'\n", "stand by: name tag",
    ],
)  # fmt: skip
def test_c6_what_says_a_time_or_means_something_else_is_let_be(words: str) -> None:
    assert found(words) == []


@pytest.mark.parametrize(
    "gap",
    [
        "{{name}}", "{{ customer.name }}", "{name}", "{}", "${name}", "{% if x %}", "<<name>>", "[[date]]", "%(name)s",
        "%s", "____", "[NAME]", "[ĐỊA CHỈ]", "[customer name]", "[tên khách hàng]", "[ngày]", "TBD", "TODO", "XXX",
        "lorem ipsum", "dd/mm/yyyy", "hh:mm",
    ],
)  # fmt: skip
def test_c6_a_gap_that_nobody_filled_is_found_wherever_it_is(gap: str) -> None:
    hints = lint([("scope", f"For {gap}, at the door")])
    assert [(h.rule, h.found, h.where) for h in hints] == [("placeholder", gap, "scope")]
    assert blocking(hints) == hints


@pytest.mark.parametrize(
    "certain",
    ["guarantee", "Guaranteed", "100%", "100 %", "certainly", "chắc chắn", "cam kết tuyệt đối", "đảm bảo", "bảo đảm"],
)
def test_c22_a_word_of_certainty_needs_a_level_of_95_in_a_hundred(certain: str) -> None:
    words = f"{certain}, by 18:00"
    assert found(words) == found(words, level=0.9499) == [("guarantee", certain)]
    assert found(words, level=0.95) == []
    assert blocking(lint([("words", words)])) == [], "advice, and no more"


def test_c6_jargon_is_named_with_its_plain_word_and_hinders_nothing() -> None:
    glossary = {"RMA": "return number", "đơn vị vận chuyển": "hãng giao hàng", "C++ (API)": "program"}
    hints = lint([("who", "Your rma, by Đơn Vị Vận Chuyển"), ("cost", None), ("scope", "a C++ (API), KARMA")], glossary)
    assert [(h.where, h.found, h.say_instead) for h in hints] == [
        ("who", "rma", "return number"),
        ("who", "Đơn Vị Vận Chuyển", "hãng giao hàng"),
        ("scope", "C++ (API)", "program"),
    ]
    assert blocking(hints) == []


def test_a_vague_time_blocks_in_the_promise_itself_and_is_advice_elsewhere() -> None:
    hints = lint([("words", "It comes soon"), ("cost", "known soon")])
    assert [h.where for h in hints] == ["words", "cost"]
    assert [h.where for h in blocking(hints)] == ["words"]


@given(st.text(max_size=300), st.dictionaries(st.text(min_size=1, max_size=20), st.text(max_size=20), max_size=5))
def test_any_text_and_any_glossary_can_be_looked_at(words: str, glossary: dict[str, str]) -> None:
    for hint in lint([("words", words)], glossary):
        assert hint.found in normalize("NFC", words)


@pytest.mark.parametrize(
    "hostile", ["{{", "[[", "<<", "as ", "{%", "_ ", "as soon ", "%(", "[A", "[a ", "[A_", "A_", "trong thời gian "]
)
def test_text_meant_to_be_slow_to_read_is_read_in_no_time(hostile: str) -> None:
    glossary = {f"term {n}": "word" for n in range(5000)}
    texts = [("words", hostile * (2000 // len(hostile))), ("scope", "[" + hostile.strip("[") * 1000)]
    assert seconds(lambda: lint(texts, glossary)) < 0.5


# ---- by HTTP ----


def body(**changes: Any) -> dict[str, Any]:
    due = (START + timedelta(days=1)).isoformat()
    customer = "018f0000-0000-7000-8000-000000000001"
    return {"customer_id": customer, "words": "Your order reaches you", "due_at": due, "cost": "no charge"} | changes


async def test_c6_a_promise_for_soon_is_refused_and_says_what_to_say(kept: Commitments) -> None:
    problem = await kept.call("POST", "", json=body(words="Chúng tôi gọi lại trong thời gian sớm nhất"), expect=422)
    assert problem["type"] == "urn:kept:problem:unclear-words"
    assert problem["hints"] == [
        {
            "where": "words",
            "found": "trong thời gian sớm nhất",
            "say_instead": "ngày và giờ sẽ xong",
            "rule": "vague_time",
        }
    ]
    assert await kept.all() == []
    gaps = body(options=[{"name": "a", "words": "For {name}", "due_at": body()["due_at"], "cost": "0"}])
    assert (await kept.call("POST", "", json=gaps, expect=422))["hints"][0]["where"] == "options/0/words"


async def test_c6_c22_hints_hinder_nothing_and_say_where(kept: Commitments) -> None:
    word = {"term": "RMA", "say_instead": "return number"}
    await kept.call("PUT", "/glossary", json=word, expect=201)
    said = body(words="Guaranteed by 18:00", who="Hà, with your RMA", exclusions="what comes soon after")
    made = await kept.call("POST", "", json=said, expect=201)
    assert [(h["where"], h["found"], h["rule"]) for h in made["hints"]] == [
        ("words", "Guaranteed", "guarantee"),
        ("exclusions", "soon", "vague_time"),
        ("who", "RMA", "jargon"),
    ]
    estimate = {"estimate_due_at": START.isoformat(), "estimate_level": 0.95}
    assert (await kept.call("POST", "", json=body(words="Guaranteed by 18:00", **estimate), expect=201))["hints"] == []


async def test_c6_a_revision_is_looked_at_too(kept: Commitments) -> None:
    id_ = (await kept.promise())["id"]
    change = {"due_at": (START + timedelta(days=2)).isoformat(), "reason": "rain"}
    for wrong in ({"words": "It comes soon"}, {"reason": "because of {reason}"}):
        problem = await kept.call("POST", f"/{id_}/revise", json=change | wrong, expect=422)
        assert problem["type"] == "urn:kept:problem:unclear-words"
    assert len((await kept.only()).terms) == 1
    done = await kept.call("POST", f"/{id_}/revise", json=change | {"reason": "definitely rain"})
    assert [h["where"] for h in done["hints"]] == ["reason"]


async def test_c5_c6_the_proposal_says_what_is_in_it_what_is_not_and_an_absolute_time_with_its_zone(
    kept: Commitments,
) -> None:
    await kept.promise(scope="one parcel, to the door", exclusions="carrying it upstairs", zone="Asia/Ho_Chi_Minh")
    (fact,) = await kept.facts(told.CommitmentStated)
    terms = fact.terms
    assert (terms.scope, terms.exclusions) == ("one parcel, to the door", "carrying it upstairs")
    assert (terms.due_at, terms.zone) == (START + timedelta(hours=10), "Asia/Ho_Chi_Minh")


async def test_x3_the_glossary_has_a_history(kept: Commitments) -> None:
    for say_instead in ("return number", "number of your return", None):
        await kept.call("PUT", "/glossary", json={"term": "RMA", "say_instead": say_instead}, expect=201)
        kept.clock.advance(timedelta(days=1))
    assert await kept.call("GET", "/glossary") == []
    then = (START + timedelta(hours=30)).isoformat()
    (word,) = await kept.call("GET", "/glossary", params={"at": then})
    assert (word["term"], word["say_instead"], word["set_by"]) == ("RMA", "number of your return", "lan")
    every = await kept.call("GET", "/glossary", params={"history": "true"})
    assert [w["say_instead"] for w in every] == [None, "number of your return", "return number"]
    assert datetime.fromisoformat(every[-1]["valid_from"]) == START


@pytest.mark.parametrize(
    ("wrong", "code"),
    [
        ({"valid_from": START.replace(year=2025).isoformat()}, "begins-in-the-past"),
        ({"valid_from": "9999-12-31T23:59:59-14:00"}, "invalid"),
        ({"term": ""}, "invalid"),
        ({"term": "a\0"}, "invalid"),
        ({"say_instead": " "}, "invalid"),
        ({"surprise": 1}, "invalid"),
    ],
)
async def test_a_word_that_cannot_be_kept_is_refused(kept: Commitments, wrong: dict[str, Any], code: str) -> None:
    word: dict[str, Any] = {"term": "RMA", "say_instead": "return number"}
    problem = await kept.call("PUT", "/glossary", json=word | wrong, expect=422)
    assert problem["type"] == f"urn:kept:problem:{code}"
    assert await kept.call("GET", "/glossary", params={"history": "true"}) == []


async def test_a_time_that_no_calendar_has_is_a_bad_question(kept: Commitments) -> None:
    for path in ("/glossary", "/staff", "/limits", "/goodwill/budgets"):
        for at in ("9999-12-31T23:59:59-14:00", "0001-01-01T00:00:00+14:00", "soon"):
            await kept.call("GET", path, params={"at": at}, expect=422)
