"""What we hand out has one spelling: every other text that decodes to the same is refused."""

from base64 import b32decode, urlsafe_b64decode, urlsafe_b64encode
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any, TypeAlias
from uuid import UUID

import jwt
import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from shared import paging
from shared.clock import ManualClock
from shared.problems import Problem
from shared.security import Links, Marks, Sessions, Tokens
from shared.security.spelling import letters, read_letters, read_urlsafe, urlsafe
from tests.support.scratch import NOON, toy_settings

SETTINGS = toy_settings("postgresql+asyncpg://nowhere")
CLOCK = ManualClock(NOON)
LINKS, MARKS = Links(SETTINGS, CLOCK, "promise"), Marks(SETTINGS)
SESSIONS, TOKENS = Sessions(SETTINGS, CLOCK), Tokens(SETTINGS, CLOCK)
HOUR = timedelta(hours=1)

Make: TypeAlias = Callable[[UUID], str]
Read: TypeAlias = Callable[[str], Any]
KINDS: dict[str, tuple[Make, Read]] = {
    "link": (lambda id_: LINKS.token(id_, lifetime=HOUR), LINKS.read),
    "mark": (MARKS.mark, MARKS.read),
    "session": (lambda id_: SESSIONS.open(f"an-{id_}", {"*"}), SESSIONS.read),
    "long session": (lambda id_: SESSIONS.open("a" * 4000 + str(id_), {"*"}), SESSIONS.read),
    "token": (lambda id_: TOKENS.issue(str(id_), frozenset({"a:read"}), lifetime=HOUR), TOKENS.verify),
    "cursor": (lambda id_: paging.encode(NOON, id_), paging.decode),
}

ALPHABET = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_"
SURPLUS = st.sampled_from(
    ["=", "==", "=" * 8, " ", "\t", "\n", "\r\n", "\0", ".", "*", "%3D", "\u00e9", "\u0130", "\ud800"]
)


WAYS = ["surplus", "plus", "slash", "upper", "swapped", "title", "last", "look-alike", "double"]


def respelled(text: str, way: str, place: int, surplus: str, letter: str) -> str:
    """Another text that a forgiving decoder takes for the same."""
    match way:
        case "surplus":
            return text[: place % (len(text) + 1)] + surplus + text[place % (len(text) + 1) :]
        case "plus" | "slash":
            return text.replace("-", "+", 1) if way == "plus" else text.replace("_", "/", 1)
        case "upper" | "swapped" | "title":
            return {"upper": text.upper(), "swapped": text.swapcase(), "title": text.title()}[way]
        case "last":  # the last letter of a part says fewer bits than it has
            ends = [at for at in range(len(text)) if at + 1 == len(text) or text[at + 1] == "."]
            at = ends[place % len(ends)]
            return text[:at] + letter + text[at + 1 :]
        case "look-alike":
            return text.replace("s", "\u017f", 1).replace("k", "\u212a", 1)
        case _:
            return text + text[-1:]


def taken(read: Read, text: str) -> Any:
    try:
        return read(text)
    except Problem:
        return None


@pytest.mark.parametrize("kind", KINDS)
@given(st.uuids(), st.sampled_from(WAYS), st.integers(0, 9999), SURPLUS, st.sampled_from(ALPHABET))
def test_there_is_one_spelling(kind: str, id_: UUID, way: str, place: int, surplus: str, letter: str) -> None:
    make, read = KINDS[kind]
    good = make(id_)
    assert taken(read, good) is not None
    other = respelled(good, way, place, surplus, letter)
    if other != good:
        assert taken(read, other) is None, other


@given(st.binary(max_size=60))
def test_what_is_written_is_read_again(packed: bytes) -> None:
    assert read_urlsafe(urlsafe(packed)) == packed
    whole = packed[: len(packed) // 5 * 5]
    assert read_letters(letters(whole)) == whole


@given(st.text(max_size=40) | st.text("ABCab01-_+/= \n", max_size=40))
@example("QQ==")
@example("QR")
def test_two_texts_are_never_read_as_the_same(text: str) -> None:
    """Whatever is read is just what would be written."""
    for read, write in ((read_urlsafe, urlsafe), (read_letters, letters)):
        try:
            packed = read(text)
        except ValueError:
            continue
        assert write(packed) == text


def test_the_spellings_that_are_refused_would_decode() -> None:
    """The property above means something: these are the same bytes to the standard library."""
    token, mark = LINKS.token(UUID(int=255), lifetime=HOUR), MARKS.mark(UUID(int=7))
    padded = token + "=="
    assert urlsafe_b64decode(padded) == urlsafe_b64decode(token)
    assert b32decode(mark[5:].upper()) == b32decode(mark[5:], casefold=True)
    assert taken(LINKS.read, padded) is None
    assert MARKS.read(mark.upper()) is None
    assert MARKS.read("keptX" + mark[5:]) is None


CURSORS = {
    "spaces": f'[ "{NOON.isoformat()}","{UUID(int=1)}"]',
    "no spaces": f'["{NOON.isoformat()}","{UUID(int=1)}"]',
    "Z": f'["{NOON.replace(tzinfo=None).isoformat()}Z", "{UUID(int=1)}"]',
    "no zone": f'["{NOON.replace(tzinfo=None).isoformat()}", "{UUID(int=1)}"]',
    "an id in braces": f'["{NOON.isoformat()}", "{{{UUID(int=1)}}}"]',
    "an id without dashes": f'["{NOON.isoformat()}", "{UUID(int=1).hex}"]',
    "an id with its scheme": f'["{NOON.isoformat()}", "{UUID(int=1).urn}"]',
    "escaped": f'["{NOON.isoformat()}", "\\u0030{str(UUID(int=1))[1:]}"]',
    "a basic date": f'["{NOON:%Y%m%dT%H%M%S+0000}", "{UUID(int=1)}"]',
    "another order": '{"a": 1, "b": 2}',
    "deep": "[" * 100_000,
}


@pytest.mark.parametrize("said", CURSORS.values(), ids=CURSORS.keys())
def test_a_cursor_is_read_as_it_was_written(said: str) -> None:
    cursor = urlsafe_b64encode(said.encode()).decode().rstrip("=")
    with pytest.raises(Problem) as refused:
        paging.decode(cursor)
    assert refused.value.status == 400
    there = datetime(2026, 1, 2, 3, 4, 5, 6, tzinfo=UTC)
    assert paging.decode(paging.encode(there, UUID(int=1))) == (there, UUID(int=1))


def signed(payload: str) -> str:
    """A token of ours by its signature, with claims that no encoder of ours writes."""
    key = SETTINGS.derive("tokens")
    return jwt.PyJWS().encode(payload.encode(), key, algorithm="HS256", headers={"typ": "JWT"})


SUBJECT = '"sub": "crm", "aud": "kept", "scope": "*"'
CLAIMS = {
    "never ends, as text": f'{{{SUBJECT}, "exp": "nan"}}',
    "never ends": f'{{{SUBJECT}, "exp": NaN}}',
    "ends after everything": f'{{{SUBJECT}, "exp": Infinity}}',
    "ends after everything, as text": f'{{{SUBJECT}, "exp": "inf"}}',
    "a number too large": f'{{{SUBJECT}, "exp": 1e999}}',
    "a whole number too large": f'{{{SUBJECT}, "exp": 1{"0" * 400}}}',
    "digits as text": f'{{{SUBJECT}, "exp": "99999999999"}}',
    "a part of a second": f'{{{SUBJECT}, "exp": 99999999999.5}}',
    "true": f'{{{SUBJECT}, "exp": true}}',
    "a list": f'{{{SUBJECT}, "exp": [99999999999]}}',
    "nothing": f'{{{SUBJECT}, "exp": null}}',
    "begins never": f'{{{SUBJECT}, "exp": 99999999999, "nbf": NaN}}',
    "begins later": f'{{{SUBJECT}, "exp": 99999999999, "nbf": 99999999998}}',
    "begins, as text": f'{{{SUBJECT}, "exp": 99999999999, "nbf": "0"}}',
    "scopes as a list": '{"sub": "crm", "aud": "kept", "scope": ["*"], "exp": 99999999999}',
    "a number for a subject": '{"sub": 7, "aud": "kept", "scope": "*", "exp": 99999999999}',
}


@pytest.mark.parametrize("payload", CLAIMS.values(), ids=CLAIMS.keys())
def test_a_claim_has_one_type(payload: str) -> None:
    with pytest.raises(Problem) as refused:
        TOKENS.verify(signed(payload))
    assert refused.value.status == 401


def test_a_token_begins_by_the_clock_that_was_handed_in() -> None:
    early = signed(f'{{{SUBJECT}, "exp": {int(NOON.timestamp()) + 60}, "nbf": {int(NOON.timestamp())}}}')
    assert TOKENS.verify(early) == ("crm", frozenset({"*"}))
