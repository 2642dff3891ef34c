"""Who wrote a mail, whether a person did, and whether a machine may answer (I1, I13)."""

from __future__ import annotations

import pytest

from services.intake.arrivals.worker import by_reply_to
from services.intake.channels.items import Contact, Reach
from services.intake.channels.mail.headers import addresses
from services.intake.channels.mail.message import read_mail
from tests.intake.channels.mail.writing import contact, mail

LAN = "From: Lan Pham <lan@kunde.example>\nTo: help@shop.example\nSubject: A question\n"
GOOGLE = (
    "Precedence: list\nMailing-list: list help@shop.example; contact help+owners@shop.example\n"
    "List-ID: <help.shop.example>\nX-Google-Group-Id: 123\nList-Post: <https://groups.google.com/a/shop>,"
    " <mailto:help@shop.example>\nList-Unsubscribe: <mailto:x@groups.example>, <https://groups.google.com/u>\n"
)
MAILMAN = (
    "Precedence: list\nList-Id: Help <help.lists.shop.example>\nX-Mailman-Version: 2.1.39\nX-BeenThere:"
    " help@lists.shop.example\nList-Unsubscribe: <https://lists.shop.example/u>\n"
    "List-Post: <mailto:help@lists.shop.example>\n"
)
GROUPS_IO = (
    "Precedence: Bulk\nMailing-List: list help@groups.io; contact help+owner@groups.io\nDelivered-To: mailing list"
    " help@groups.io\nList-Id: <help.groups.io>\nList-Unsubscribe-Post: List-Unsubscribe=One-Click\n"
    "List-Unsubscribe: <https://groups.io/g/help/leave>\nSender: help@groups.io\n"
)


def read(header: str) -> Contact:
    return contact(mail(header=header.encode()))


def whom(found: Contact) -> tuple[str | None, str | None]:
    return found.name, found.address.value if found.address else None


@pytest.mark.parametrize("listed", [GOOGLE, MAILMAN, GROUPS_IO, "List-Id: <help.shop.example>\n"])
def test_what_a_person_wrote_to_a_list_is_a_persons_and_no_machine_answers_it(listed: str) -> None:
    found = read(LAN + listed)
    assert whom(found) == ("Lan Pham", "lan@kunde.example")
    assert (found.automatic, found.no_automatic_answer) == (False, True)


@pytest.mark.parametrize(
    ("header", "name", "address"),
    [
        (
            "From: 'Binh Le' via Help <help@shop.example>\nReply-To: Binh Le <binh@kunde.example>\n"
            "X-Original-Sender: binh@kunde.example\n" + GOOGLE,
            "Binh Le",
            "binh@kunde.example",
        ),
        (
            'From: "Binh Le via Help" <help@shop.example>\nX-Original-From: Binh Le <binh@kunde.example>\n' + GOOGLE,
            "Binh Le",
            "binh@kunde.example",
        ),
        (
            'From: "Binh Le via Help" <help@shop.example>\nTo: help@shop.example\nX-Original-Sender: b@kunde.example\n',
            "Binh Le",
            "b@kunde.example",
        ),
        (
            'From: "Binh Le" <help@shop.example>\nTo: help@shop.example\nX-Google-Original-From: B <b@kunde.example>\n',
            "B",
            "b@kunde.example",
        ),
        (
            "From: Binh Le via Help <help@lists.shop.example>\nReply-To: Binh Le <b@kunde.example>\n" + MAILMAN,
            "Binh Le",
            "b@kunde.example",
        ),
        (
            "From: Binh via groups.io <b=kunde.example@groups.io>\nReply-To: help@groups.io\n" + GROUPS_IO,
            "Binh",
            "b@kunde.example",
        ),
        ("From: Binh Le via Help <help@shop.example>\nReply-To: help@shop.example\n" + GOOGLE, "Binh Le", None),
        ("From: Shop form <noreply@forms.example>\nReply-To: Dung <d@kunde.example>\n", "Dung", "d@kunde.example"),
        ("From: 'b@kunde.example' via Help <help@shop.example>\n" + GOOGLE, None, "b@kunde.example"),
        (
            "From: no-reply@forms.example\nTo: help@shop.example\nReply-To: B <b@kunde.example>, help@shop.example\n",
            "B",
            "b@kunde.example",
        ),
        (
            "From: Shop <contact@shop.example>\nTo: help@shop.example\nReply-To: B <b@kunde.example>\n",
            "B",
            "b@kunde.example",
        ),
        ("From: wordpress@shop.example\nReply-To: d@kunde.example\n", None, "d@kunde.example"),
        (
            "From: Shop <help@shop.example>\nTo: help@shop.example\nReply-To: D <d@kunde.example>\n",
            "D",
            "d@kunde.example",
        ),
        (
            LAN + "Resent-From: Boss <boss@shop.example>\nResent-To: help@shop.example\n",
            "Lan Pham",
            "lan@kunde.example",
        ),
    ],
)
def test_whom_a_list_or_a_form_stands_in_for(header: str, name: str | None, address: str | None) -> None:
    found = read(header)
    assert whom(found) == (name, address)
    assert not found.automatic


@pytest.mark.parametrize(
    "header",
    [
        LAN + "Reply-To: other@kunde.example\n",
        "From: a@b.example\nReply-To: c@d.example\nTo: help@shop.example\n",
        "From: a@b.example\nReply-To: c@d.example\nTo: help@b.example\n",
    ],
)
def test_a_persons_reply_to_says_nothing_of_who_they_are(header: str) -> None:
    assert (read(header).address or Contact).value in {"lan@kunde.example", "a@b.example"}  # type: ignore[union-attr]


def test_on_a_channel_that_says_so_reply_to_is_who_wrote() -> None:
    found = read("From: Site <site@shop.example>\nAuto-Submitted: auto-generated\nReply-To: D <d@kunde.example>\n")
    assert found.automatic
    told = by_reply_to(found)
    assert isinstance(told, Contact)
    assert (whom(told), told.automatic) == (("D", "d@kunde.example"), False)
    assert not told.no_automatic_answer, "the answer goes to whoever filled the form in"
    assert by_reply_to(read(LAN)) == read(LAN)
    two = read("From: Site <site@shop.example>\nReply-To: a@b.example, c@d.example\n")
    assert by_reply_to(two) == two, "nobody can say which"


@pytest.mark.parametrize(
    "header",
    [
        "From: News <news@brand.example>\nList-Unsubscribe: <https://brand.example/u>\n",
        "From: News <news@brand.example>\nPrecedence: bulk\nList-Id: <n.brand.example>\n",
        "From: News <news@brand.example>\nFeedback-ID: 1:2:3:x\nList-Unsubscribe: <mailto:u@brand.example>\n",
        "From: Help <help@shop.example>\n" + GOOGLE,
        "From: Owner <help-owner@lists.shop.example>\n" + MAILMAN,
        LAN + "List-Post: NO\nList-Id: <a.b.example>\nPrecedence: list\n",
        LAN + "Auto-Submitted: auto-replied\n" + GOOGLE,
    ],
)
def test_what_the_owner_of_a_list_sends_to_all_is_a_machines(header: str) -> None:
    found = read(header)
    assert found.automatic
    assert not found.may_be_person


@pytest.mark.parametrize(
    "header",
    [
        "From: noreply@forms.example\n",
        LAN + "Precedence: bulk\n",
        LAN + "Return-Path: <>\n",
        LAN + "Received: x\n" * 51,
        LAN.replace("A question", "Out of office"),
        LAN + "Precedence: list\nList-Unsubscribe: <https://x.example/u>\n",
    ],
)
def test_what_only_looks_like_a_machines_is_said_to_be_unsure(header: str) -> None:
    found = read(header)
    assert (found.automatic, found.may_be_person, found.no_automatic_answer) == (True, True, True)


@pytest.mark.parametrize("field", ["X-Auto-Response-Suppress: All", "X-Loop: help@shop.example"])
def test_who_asks_for_silence_may_be_a_person(field: str) -> None:
    found = read(LAN + field + "\n")
    assert (found.automatic, found.no_automatic_answer) == (False, True)


def test_a_person_may_be_answered_by_a_machine() -> None:
    assert not read(LAN).no_automatic_answer


@pytest.mark.parametrize(
    ("field", "found"),
    [
        ("Paul @ Shop <paul@kunde.example>", [("Paul @ Shop", "paul@kunde.example")]),
        ("paul@shop.example <paul@kunde.example>", [("paul@shop.example", "paul@kunde.example")]),
        ("Le, Binh <b@x.example>", [("Le, Binh", "b@x.example")]),
        ("Binh Le binh@x.example", [("Binh Le", "binh@x.example")]),
        ("<mailto:a@b.example>", [("", "a@b.example")]),
        ("a@b.example; c@d.example", [("", "a@b.example"), ("", "c@d.example")]),
        (
            "Team: a@b.example, X <d@e.example>;, g@h.example",
            [("", "a@b.example"), ("X", "d@e.example"), ("", "g@h.example")],
        ),
        ('"Lan <lan@x.example>', [("Lan", "lan@x.example")]),
        ("Lan <lan@x.example", [("Lan", "lan@x.example")]),
        ("Lan (Sales @ Shop) <l@x.example>", [("Lan", "l@x.example")]),
        ("=?utf-8?Q?Lan_=3Clan@x.example=3E?=", [("Lan", "lan@x.example")]),
        ('"Nguyen \\"Lan\\" T" <l@x.example>', [('Nguyen "Lan" T', "l@x.example")]),
    ],
)
def test_addresses_as_they_are_met(field: str, found: list[tuple[str, str]]) -> None:
    assert addresses(field) == found


EXIM = (
    "This message was created automatically by mail delivery software.\n\nA message that you sent could not be"
    " delivered to one or more of its\nrecipients. This is a permanent error. The following address(es) failed:\n\n"
    "  gone@kunde.example\n    550 5.1.1 User unknown\n\n------ This is a copy of the message ------\n\n"
    "Message-ID: <ours@kept>\nTo: gone@kunde.example\n"
)
QMAIL = (
    "Hi. This is the qmail-send program at mx.kunde.example.\nI'm afraid I wasn't able to deliver your message to the"
    " following addresses.\nThis is a permanent error; I've given up. Sorry it didn't work out.\n\n"
    "<gone@kunde.example>:\nSorry, no mailbox here by that name. (#5.1.1)\n\n"
    "--- Below this line is a copy of the message.\n\nMessage-ID: <ours@kept>\n"
)
POSTFIX = (
    "This is the mail system at host mx.kunde.example.\n\nI'm sorry to have to inform you that your message could not\n"
    "be delivered to one or more recipients. It's attached below.\n\n<gone@kunde.example>: host mx[1.2.3.4] said:\n"
    "    550 5.1.1 <gone@kunde.example>: Recipient address rejected\n\nMessage-ID: <ours@kept>\n"
)
EXCHANGE = (
    "Delivery has failed to these recipients or groups:\n\nLan Pham (gone@kunde.example)<mailto:gone@kunde.example>\n"
    "The email address you entered couldn't be found.\n\nDiagnostic information for administrators:\n\n"
    "Generating server: x.outlook.com\n\ngone@kunde.example\nRemote Server returned '550 5.1.10 NotFound'\n\n"
    "Original message headers:\n\nMessage-ID: <ours@kept>\n"
)
SENDMAIL = (
    "The original message was received at Mon, 2 Mar 2026 15:30:00 +0700\nfrom localhost\n\n"
    "   ----- The following addresses had permanent fatal errors -----\n<gone@kunde.example>\n"
    "    (reason: 550 5.1.1 User unknown)\n\n   ----- Transcript of session follows -----\n... x\n"
)
GMAIL = (
    "** Address not found **\n\nYour message wasn't delivered to gone@kunde.example because the address couldn't be"
    " found.\n\nThe response was:\n550 5.1.1 no\n"
)
OLD_EXCHANGE = (
    "Your message\n\n  To:      gone@kunde.example\n  Subject: Hi\n\ndid not reach the following recipient(s):\n\n"
    "gone@kunde.example on Mon, 2 Mar 2026\n    The e-mail account does not exist. <#5.1.1>\n"
)
YAHOO = (
    "Sorry, we were unable to deliver your message to the following address.\n\n<gone@kunde.example>:\n"
    "550: 5.1.1 User unknown\n\n--- Forwarded message is attached.\n"
)
OLD_GMAIL = (
    "Delivery to the following recipient failed permanently:\n\n     gone@kunde.example\n\nTechnical details:\n"
    "550 550 unknown user\n\n----- Original message -----\n\nMessage-ID: <ours@kept>\n"
)
SERVER = b"From: Mail Delivery Subsystem <MAILER-DAEMON@mx.example>\nTo: help@shop.example\nSubject: Returned mail\n"
MICROSOFT = (
    b"From: Microsoft Outlook <MicrosoftExchange329e71ec88ae4615bbc36ab6ce41109e@shop.example>\n"
    b"To: help@shop.example\nSubject: Undeliverable: Your order\n"
)


@pytest.mark.parametrize("text", [EXIM, QMAIL, POSTFIX, SENDMAIL, GMAIL, OLD_GMAIL, OLD_EXCHANGE, YAHOO])
def test_a_bounce_in_words_is_a_fact_about_the_address(text: str) -> None:
    first, *told = read_mail(mail(body=text, header=SERVER))
    assert isinstance(first, Contact)
    assert (first.automatic, first.may_be_person) == (True, False)
    assert [one.address.value for one in told if isinstance(one, Reach)] == ["gone@kunde.example"]
    if "<ours@kept>" in text:
        assert "<ours@kept>" in first.references
        assert len(told) == 2


def test_a_bounce_of_exchange_in_words() -> None:
    first, *told = read_mail(mail(body=EXCHANGE, header=MICROSOFT))
    assert isinstance(first, Contact)
    assert first.automatic
    assert [one.address.value for one in told if isinstance(one, Reach)] == ["gone@kunde.example"]


@pytest.mark.parametrize("text", [EXIM, QMAIL, POSTFIX, EXCHANGE, SENDMAIL, GMAIL])
def test_a_bounce_that_a_person_passes_on_is_none(text: str) -> None:
    assert len(read_mail(mail(body=text, header=LAN.encode()))) == 1


def test_a_warning_in_words_is_no_bounce() -> None:
    text = EXIM.replace("This message was", "THIS IS A WARNING MESSAGE ONLY.\n\nThis message was")
    assert len(read_mail(mail(body=text, header=SERVER))) == 1


def test_a_full_mailbox_says_nothing_of_the_address() -> None:
    text = QMAIL.replace("Sorry, no mailbox here by that name. (#5.1.1)", "mailbox is full (#4.2.2)")
    assert not [one for one in read_mail(mail(body=text, header=SERVER)) if isinstance(one, Reach)]
