"""HTML mail as text that can be read, whatever the HTML is."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.intake.channels.html import readable, to_text
from services.intake.channels.mail.reply import new_words
from tests.intake.channels.chats import one
from tests.support.clocks import grows_with_size


@pytest.mark.parametrize(
    ("html", "text"),
    [
        ("<p>One</p><p>Two</p>", "One\n\nTwo"),
        ("One<br>Two<br/>\n<br>Three", "One\nTwo\n\nThree"),
        ("<div>One</div><div>Two</div>", "One\nTwo"),
        ("<ul><li>One</li><li>Two</li></ul>", "- One\n- Two"),
        ("a &lt;b&gt; &amp; c&nbsp;d &#7873;", "a <b> & c d ề"),
        ("1 < 2 and 3 > 2", "1 < 2 and 3 > 2"),
        ("write to <lan@example.com> please", "write to <lan@example.com> please"),
        ('<a href="https://example.com/x">here</a>.', "here <https://example.com/x>."),
        ('<a href="https://example.com">https://example.com</a>', "https://example.com"),
        ('<a href="mailto:lan@example.com">lan@example.com</a>', "lan@example.com"),
        ('<a href="javascript:alert(1)">here</a>', "here"),
        ("<table><tr><td>a</td><td>b</td></tr><tr><td>c</td></tr></table>", "a b\nc"),
        ("<head><title>t</title><style>p{}</style></head><body><p>x</p><script>y</script>", "x"),
        ("<head><body>the head is never closed", "the head is never closed"),
        ("a<!-- b > c -->d", "ad"),
        ('<img alt="a > b" src=x>c<o:p>&nbsp;</o:p>', "c"),
        ("<p>I\n  wrap\n  lines</p>", "I wrap lines"),
        ("<pre>I\n  do not</pre>", "I\n  do not"),
        ("<p>no end <b", "no end <b"),
        ("&#" + "9" * 5000 + ";", "&#" + "9" * 5000 + ";"),
        ("", ""),
    ],
)
def test_what_is_read(html: str, text: str) -> None:
    assert to_text(html) == text


def test_a_quote_is_marked_so_that_a_reply_can_be_told_from_it() -> None:
    html = (
        '<div dir="ltr">Chưa nhận được</div><br><div class="gmail_quote"><div>Vào Th 2, 5 thg 8, 2024 '
        'vào lúc 10:00 Lan &lt;<a href="mailto:lan@example.com">lan@example.com</a>&gt; đã viết:<br></div>'
        "<blockquote><p>Đã gửi</p><blockquote>Khi nào?</blockquote></blockquote></div>"
    )
    text = to_text(html)
    assert text.endswith("đã viết:\n\n> Đã gửi\n>\n> > Khi nào?")
    assert new_words(text) == "Chưa nhận được"


HOSTILE: dict[str, Any] = {
    "divs in each other": lambda n: "<div>" * (n // 5),
    "bold without end": lambda n: "".join(f"<b x={i}>" for i in range(n // 20)) + "<p>" * (n // 6),
    "smaller-than": lambda n: "<" * n,
    "tags without end": lambda n: "<a " * (n // 3),
    "quotes without end": lambda n: '<a x=">' * (n // 7),
    "both quotes": lambda n: "<a x=\"><a y='>" * (n // 14),
    "one quote, then tags": lambda n: '<a x=">' + "<p>" * (n // 3),
    "comments": lambda n: "<!--" * (n // 4),
    "entities": lambda n: "&" * n,
    "quotes in each other": lambda n: "<blockquote>a<br>" * (n // 17),
    "links": lambda n: "<a href=http://a>" * (n // 17) + "</a>" * 100,
    "links and ends": lambda n: "<a href=http://a>b</a>" * (n // 22),
    "spaces": lambda n: "<p " + " " * n + ">",
    "equals": lambda n: "<p " + "=" * n + '">',
}


@pytest.mark.parametrize("name", HOSTILE)
def test_time_grows_with_the_size_alone(name: str) -> None:
    def work(size: int) -> Any:
        html = HOSTILE[name](size)
        return lambda: to_text(html)

    grows_with_size(work, 30_000, most=2.0)


html_pieces = st.sampled_from(
    [
        "<",
        ">",
        "</",
        "<p>",
        "<br>",
        "<blockquote>",
        "</blockquote>",
        "<a href='http://x'>",
        "</a>",
        "<!--",
        "-->",
        "<pre>",
    ]
) | st.sampled_from(["<style>", "</style>", "<li>", "&lt;", "&#x0;", '"', "'", "=", "\n", "<td>", "</p>"])


@given(st.lists(html_pieces | st.text(max_size=6), max_size=40).map("".join))
def test_anything_is_read(html: str) -> None:
    text = to_text(html)
    assert len(text) <= 30 * len(html) + 100


@given(st.text(alphabet="ab.;#!/-é \n", max_size=80))
def test_words_without_marks_stay_as_they_are(words: str) -> None:
    """I13"""
    assert to_text(words).split() == words.split()


@pytest.mark.parametrize(
    ("words", "shown"),
    [
        ("<p>Chào <b>shop</b></p><p>Gấp!</p>", "Chào shop\n\nGấp!"),
        (' <div dir="auto">See <a href="https://a.example/1">order 8</a></div>', "See order 8 <https://a.example/1>"),
        ("<!DOCTYPE html><html><body>x</body></html>", "x"),
        ("<p></p>", None),
        ("a < b and c > d", "a < b and c > d"),
        ("<3 you", "<3 you"),
        ("<order 8> is late", "<order 8> is late"),
        ("Why does <p> not work?", "Why does <p> not work?"),
        ("**bold** and [a link](https://a.example)", "**bold** and [a link](https://a.example)"),
        (None, None),
    ],
)
def test_words_that_may_be_html_or_not(words: str | None, shown: str | None) -> None:
    assert readable(words) == shown


def test_a_helpdesks_html_is_text() -> None:
    body = {"kept": "comment", "comment_id": "1", "requester_email": "a@b.vn", "comment": "<p>late</p>"}
    assert one("zendesk", body).text == "late"
    message = {"event": "message_created", "id": 1, "message_type": "incoming", "content": "<p>late</p>"}
    assert one("chatwoot", {**message, "sender": {"id": 2}}).text == "late"
