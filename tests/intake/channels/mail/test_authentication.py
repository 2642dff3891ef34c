"""What hosts and providers say of a mail's sender, and whom of them is believed (RFC 8601)."""

from __future__ import annotations

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.intake.channels.items import Contact, SenderCheck
from services.intake.channels.mail.authentication import LONGEST, MOST_HOSTS, claims, trusted
from services.intake.channels.mail.headers import Headers
from services.intake.channels.mail.message import read_mail
from shared.contracts.intake import Authentication, Verdict
from tests.intake.channels.posting import RAW, as_json, contact, form
from tests.intake.channels.test_mailgun import TestMailgun as Mailgun
from tests.intake.channels.test_mailgun import mailgun_signature
from tests.intake.channels.test_postmark import TestPostmark as Postmark
from tests.intake.channels.test_sendgrid import TestSendGrid as SendGrid
from tests.intake.channels.test_ses import TestSes as Ses
from tests.intake.channels.test_ses import sns

OURS = "mx.shop.example"
PASS, FAIL, SOFT, NONE = Verdict.PASS, Verdict.FAIL, Verdict.SOFTFAIL, Verdict.NONE
TEMP, NEUTRAL = Verdict.TEMPERROR, Verdict.NEUTRAL


def read(*fields: str) -> tuple[SenderCheck, ...]:
    return claims(Headers.of(("Authentication-Results", field) for field in fields))


def believed(*fields: str, hosts: tuple[str, ...] = (OURS,)) -> Authentication | None:
    return trusted(None, read(*fields), hosts)


@pytest.mark.parametrize(
    ("field", "found"),
    [
        (f"{OURS}; spf=pass smtp.mailfrom=a.example; dkim=pass header.d=a.example; dmarc=pass", (PASS, PASS, PASS)),
        (f"{OURS} 1; spf=fail; dkim=none; dmarc=fail (p=REJECT sp=NONE) header.from=a.example", (FAIL, NONE, FAIL)),
        (f"  {OURS.upper()}.  ; SPF = SoftFail (x) ; DMARC/1=TempError", (SOFT, None, TEMP)),
        (f'"{OURS}" (our "mx"; dmarc=pass) 1 ; (c) dkim (d) / 1 (e) = (f) pass', (None, PASS, None)),
        (f"{OURS}; none", (None, None, None)),
        (f"{OURS}", (None, None, None)),
        (f"{OURS}; dkim=fail header.d=a.example; dkim=pass header.d=b.example", (None, PASS, None)),
        (f"{OURS}; spf=pass smtp.mailfrom=a.example; spf=none smtp.helo=mail.a.example", (PASS, None, None)),
        (f"{OURS}; dmarc=pass header.from=a.example; dmarc=fail header.from=b.example", (None, None, FAIL)),
        (f"{OURS}; spf=hardfail; dmarc=bestguesspass", (FAIL, None, NONE)),
        (f"{OURS}; auth=pass; arc=pass; iprev=pass; x-spf=pass; dkim-adsp=pass", (None, None, None)),
        (
            f'{OURS}; spf=fail reason="said \\"; dmarc=pass" smtp.mailfrom="x; dkim=pass; "@a.example',
            (FAIL, None, None),
        ),
        (f"{OURS}; spf=fail (a ; dmarc=pass (b) ; dkim=pass", (FAIL, None, None)),
        (f"{OURS}; spf=fail (a \\) ; dmarc=pass); dkim=neutral", (FAIL, NEUTRAL, None)),
        (f"{OURS}; spf=passing; dkim=pass-ish; dmarc/2=pass", (None, None, None)),
        (f"{OURS};; ;spf=pass;", (PASS, None, None)),
    ],
)
def test_a_field_is_read_as_it_is_defined(field: str, found: tuple[Verdict | None, ...]) -> None:
    said = believed(field)
    assert said is not None
    assert (said.by, said.spf, said.dkim, said.dmarc) == (OURS, *found)


@pytest.mark.parametrize(
    "field",
    [
        "mx.other.example; dmarc=pass",
        f"{OURS}.evil.example; dmarc=pass",
        f"evil.{OURS}; dmarc=pass",
        f"{OURS} 2; dmarc=pass",
        f"{OURS} evil; dmarc=pass",
        f"evil {OURS}; dmarc=pass",
        f"({OURS}); dmarc=pass",
        "spf=pass smtp.mailfrom=a.example; dmarc=pass",
        "; dmarc=pass",
        "",
    ],
)
def test_who_is_not_trusted_has_said_nothing(field: str) -> None:
    assert believed(field) is None
    assert believed(f"{OURS}; dmarc=pass", hosts=()) is None


def test_only_the_topmost_of_a_host_counts_and_what_arc_keeps_does_not() -> None:
    ours, forged = f"{OURS}; spf=fail; dmarc=fail", f"{OURS}; spf=pass; dkim=pass; dmarc=pass"
    said = believed("mx.other.example; dmarc=pass", ours, forged)
    assert said == Authentication(by=OURS, spf=FAIL, dmarc=FAIL)
    sealed = Headers.of([("ARC-Authentication-Results", f"i=1; {forged}")])
    assert claims(sealed) == ()


@given(st.lists(st.text(alphabet=' ()";=\\/.abcdefgimnprsx1-\n\u00e9', max_size=60), max_size=5))
def test_whatever_stands_there_is_read_without_harm_and_gives_nobody_elses_word(fields: list[str]) -> None:
    found = read(*fields, f"{OURS}; dmarc=fail")
    assert len({one.by for one in found}) == len(found)
    assert all(0 < len(one.by) <= 255 for one in found)
    mine = believed(f"{OURS}; dmarc=fail", *fields)
    assert mine == Authentication(by=OURS, dmarc=FAIL)


def test_much_is_read_in_little_time_and_only_so_far() -> None:
    assert len(read(*(f"h{n}.example; spf=pass" for n in range(500)))) == MOST_HOSTS
    for piece in ("(", '"', "\\", ";", "a=", "(\\", "()", '";"'):
        read(f"{OURS}; " + piece * LONGEST)


def test_the_contact_has_what_its_header_claims() -> None:
    raw = f"Authentication-Results: {OURS};\n\tspf=pass;\n dmarc=fail\nFrom: a@b.example\nSubject: x\n\nHello".encode()
    (found,) = read_mail(raw)
    assert isinstance(found, Contact)
    assert (found.checked, found.claims) == (None, (SenderCheck(OURS, spf=PASS, dmarc=FAIL),))


def test_the_providers_word_comes_first_and_a_trusted_host_adds_to_it() -> None:
    claim = SenderCheck(OURS, spf=PASS, dkim=PASS, dmarc=FAIL)
    checked = SenderCheck("mailgun", spf=SOFT)
    assert trusted(checked, (claim,), ()) == Authentication(by="mailgun", spf=SOFT)
    both = Authentication(by=f"mailgun and {OURS}", spf=SOFT, dkim=PASS, dmarc=FAIL)
    assert trusted(checked, (claim,), (OURS,)) == both
    assert trusted(None, (), (OURS,)) is None


@pytest.mark.parametrize("content", [None, RAW.decode()])
def test_ses_says_it_in_the_receipt(content: str | None) -> None:
    receipt = {
        "spfVerdict": {"status": "PASS"},
        "dkimVerdict": {"status": "GRAY"},
        "dmarcVerdict": {"status": "PROCESSING_FAILED"},
    }
    headers = [{"name": "From", "value": "lan@example.com"}]
    told = {"notificationType": "Received", "mail": {**Ses.MAIL, "headers": headers}, "receipt": receipt}
    found = contact("ses", sns({**told, "content": content} if content else told))
    assert found.checked == SenderCheck("ses", PASS, NONE, TEMP)
    for status in ("DISABLED", 5, None, "nonsense"):
        off = {**told, "receipt": {name: {"status": status} for name in receipt}}
        assert contact("ses", sns(off)).checked is None
    assert contact("ses", sns({**told, "receipt": "x"})).checked is None


def test_mailgun_says_it_in_fields_among_those_that_the_sender_has_written() -> None:
    said = {"X-Mailgun-Spf": "Pass", "X-Mailgun-Dkim-Check-Result": "Fail"}
    assert contact("mailgun", Mailgun().request(**said)).checked == SenderCheck("mailgun", PASS, FAIL)
    assert contact("mailgun", Mailgun().request()).checked is None
    fields = (*mailgun_signature().items(), ("X-Mailgun-Spf", "Pass"), ("X-Mailgun-Spf", "SoftFail"))
    found = contact("mailgun", form(*fields, ("body-mime", RAW)))
    assert found.checked == SenderCheck("mailgun", SOFT), "a sender writes the better of two"


@pytest.mark.parametrize(
    ("dkim", "verdict"),
    [
        ("{@example.com : pass}", PASS),
        ("{@a.example : fail}{@b.example : pass}", PASS),
        ("{@a.example : fail}", FAIL),
        ("none", NONE),
        ("", None),
        ("{@pass.example : }", None),
    ],
)
@pytest.mark.parametrize("is_raw", [True, False])
def test_sendgrid_says_it_in_fields(dkim: str, verdict: Verdict | None, is_raw: bool) -> None:
    rest = (("email", RAW),) if is_raw else SendGrid.FIELDS
    found = contact("sendgrid", form(*rest, ("SPF", "softfail"), ("dkim", dkim)))
    assert found.checked == SenderCheck("sendgrid", SOFT, verdict)


@pytest.mark.parametrize(
    ("fields", "checked"),
    [
        (["Pass (sender SPF authorized) identity=mailfrom; client-ip=1.2.3.4"], SenderCheck("postmark", PASS)),
        (["Pass (forged)", "softfail (domain owner discourages)"], SenderCheck("postmark", SOFT)),
        ([""], None),
        (["Nonsense"], None),
        ([], None),
    ],
)
def test_postmark_says_it_in_received_spf(fields: list[str], checked: SenderCheck | None) -> None:
    headers = [{"Name": "Received-SPF", "Value": field} for field in fields]
    assert contact("postmark", as_json({**Postmark.MAIL, "Headers": headers})).checked == checked


def test_a_check_can_be_kept_as_json() -> None:
    said = believed(f"{OURS}; spf=pass; dmarc=none")
    assert said is not None
    assert json.loads(said.model_dump_json()) == {"by": OURS, "spf": "pass", "dkim": None, "dmarc": "none"}
