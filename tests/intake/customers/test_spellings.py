"""One address, however two networks write it, is one customer (I1)."""

from __future__ import annotations

import phonenumbers
import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.intake.customers.identity import normalise
from services.intake.customers.spellings import others
from shared.contracts.intake import HandleKind, HandleUnreachable
from tests.intake import senders
from tests.intake.conftest import Running

digits = st.text("0123456789", min_size=7, max_size=7)
brazil = st.builds("+55{}{}{}".format, st.sampled_from(["11", "21", "85", "99"]), st.sampled_from("6789"), digits)
mexico = st.builds("+52{}{}".format, st.sampled_from(["551", "332", "812"]), digits)
argentina = st.builds("+54{}{}".format, st.sampled_from(["113", "351", "261"]), digits)


def phone(value: str) -> str | None:
    return normalise(HandleKind.PHONE, value, "VN")


@given(brazil)
def test_a_mobile_of_brazil_has_its_ninth_digit(old: str) -> None:
    new = f"{old[:5]}9{old[5:]}"
    assert phone(old) == phone(new) == new
    assert others(HandleKind.PHONE, new) == (old,), "as it may have been written down before"


@given(mexico)
def test_a_number_of_mexico_has_no_1(new: str) -> None:
    old = f"+521{new[3:]}"
    assert phone(old) == phone(new) == new
    assert others(HandleKind.PHONE, new) == (old,)


@given(argentina)
def test_a_number_of_argentina_stays_as_it_can_be_called_and_is_found_in_both_forms(fixed: str) -> None:
    mobile = f"+549{fixed[3:]}"
    assert (phone(fixed), phone(mobile)) == (fixed, mobile)
    assert (others(HandleKind.PHONE, fixed), others(HandleKind.PHONE, mobile)) == ((mobile,), (fixed,))


@given(st.sampled_from(sorted(phonenumbers.SUPPORTED_REGIONS)), st.sampled_from([0, 1, 2, 3, 10]))
def test_what_libphonenumber_calls_valid_stays_as_it_is(region: str, kind: int) -> None:
    example = phonenumbers.example_number_for_type(region, kind)
    if example is not None:
        e164 = phonenumbers.format_number(example, phonenumbers.PhoneNumberFormat.E164)
        assert phone(e164) == e164


@pytest.mark.parametrize(
    "value",
    ["+551132654321", "+5511987654321", "+525512345678", "+5491123456789", "+541152345678", "+14158675309", "1900"],
)
def test_a_standard_number_stays_as_it_is(value: str) -> None:
    assert phone(value) == value


@pytest.mark.parametrize(
    ("value", "form"),
    [
        ("sip:+84901234567@pbx.example.com", "+84901234567"),
        ("sips:0901234567@10.0.0.1;transport=tls", "+84901234567"),
        ("tel:+84901234567;ext=1", "+84901234567"),
        ("sip:lan@pbx.example.com", "lan@pbx.example.com"),
        *[
            (hidden, None)
            for hidden in ("anonymous", "Anonymous", "Restricted", "+266696687", "Unavailable", "private")
        ],
        ("sip:anonymous@anonymous.invalid", None),
    ],
)
def test_a_telephone_systems_address(value: str, form: str | None) -> None:
    assert phone(value) == form


@pytest.mark.parametrize(
    ("value", "form"),
    [
        ("Lan@Example.COM.", "lan@example.com"),
        ("lan@MÜNCHEN.example", "lan@xn--mnchen-3ya.example"),
        ("lan@xn--mnchen-3ya.example", "lan@xn--mnchen-3ya.example"),
        ("lan@" + "ü" * 70 + ".example", "lan@" + "ü" * 70 + ".example"),
        ("no address", "no address"),
    ],
)
def test_an_email_address(value: str, form: str) -> None:
    assert normalise(HandleKind.EMAIL, value, "VN") == form


@pytest.fixture
async def desk(kept: Running) -> Running:
    await kept.make_channel("sms", "twilio", senders.TWILIO_TOKEN)
    await kept.make_channel("mail", "postmark", senders.MAIL_SECRET)
    return kept


PAIRS = [("+551187654321", "+5511987654321"), ("+5215512345678", "+525512345678"), ("+541123456789", "+5491123456789")]


@pytest.mark.parametrize("apart", [True, False])
@pytest.mark.parametrize("pair", [*PAIRS, *[pair[::-1] for pair in PAIRS]])
async def test_both_forms_are_one_customer(desk: Running, pair: tuple[str, str], apart: bool) -> None:
    """Whether they come in one batch or one after the other."""
    for n, number in enumerate(pair):
        await desk.send(senders.sms(f"words {n}", sid=f"SM{n}", sender=number))
        if apart:
            await desk.work()
    await desk.work()
    assert len(await desk.rows("SELECT 1 FROM customer")) == 1
    assert len({await desk.customer(f"phone:{number}") for number in pair}) == 1


@pytest.mark.parametrize("pair", PAIRS)
async def test_a_handle_that_was_written_down_before_is_still_found(desk: Running, pair: tuple[str, str]) -> None:
    await desk.send(senders.sms("first", sid="SM1", sender=pair[1]))
    await desk.work()
    async with desk.runtime.database.write() as session:
        from sqlalchemy import text

        await session.execute(text("UPDATE handle SET value = :old"), {"old": pair[0]})
    await desk.send(senders.sms("second", sid="SM2", sender=pair[1]))
    await desk.work()
    assert len(await desk.rows("SELECT 1 FROM customer")) == 1
    assert await desk.customer(f"phone:{pair[1]}") == await desk.customer(f"phone:{pair[0]}")


async def test_an_address_in_two_scripts_is_one_customer(desk: Running) -> None:
    for n, sender in enumerate(("lan@münchen.example", "Lan@XN--MNCHEN-3YA.example.")):
        await desk.send(senders.mail("hi", message_id=str(n), sender=sender))
    await desk.work()
    assert len(await desk.rows("SELECT 1 FROM customer")) == 1


@pytest.mark.parametrize("apart", [True, False])
async def test_who_stops_showing_their_number_is_the_same_customer(desk: Running, apart: bool) -> None:
    user = {"ExternalUserId": "whatsapp:VN.1234567890"}
    for n, sender in enumerate(("whatsapp:+84901234567", "whatsapp:VN.1234567890")):
        await desk.send(senders.sms("hi", sid=f"SM{n}", sender=sender, **user))
        if apart:
            await desk.work()
    await desk.work()
    assert len(await desk.rows("SELECT 1 FROM customer")) == 1
    kinds = {(row.kind, row.value) for row in await desk.rows("SELECT kind, value FROM handle")}
    assert kinds == {("phone", "+84901234567"), ("chat", "VN.1234567890")}


async def test_two_who_hide_are_two(desk: Running) -> None:
    for n, hidden in enumerate(("+266696687", "Anonymous", "Restricted", "anonymous")):
        await desk.send(senders.sms("hi", sid=f"SM{n}", sender=hidden))
    await desk.work()
    assert len(await desk.rows("SELECT 1 FROM customer")) == 4
    assert await desk.rows("SELECT 1 FROM handle") == []


async def test_what_is_said_of_one_form_holds_of_the_one_that_is_written_down(desk: Running) -> None:
    mobile, fixed = "+5491123456789", "+541123456789"
    await desk.send(senders.sms("hi", sid="SM1", sender=mobile))
    await desk.work()
    await desk.send(senders.sms("STOP", sid="SM2", sender=fixed, OptOutType="STOP"))
    await desk.work()
    assert [row.value for row in await desk.rows("SELECT value FROM handle_reach")] == [mobile]
    (told,) = await desk.facts(HandleUnreachable)
    assert told.handle.value == mobile
