"""What a stranger may send, and what comes back: a problem document, never a 500, never a stack trace."""

import json
from collections.abc import AsyncIterator
from datetime import datetime, timedelta, timezone
from typing import Any
from uuid import uuid4

import httpx
import pytest

from shared.database import Database
from shared.http import API_BODY_LIMIT
from shared.paging import encode
from tests.support.scratch import NOON, words

CUSTOMER = str(uuid4())
JSON = {"Content-Type": "application/json"}
_FORM = {"Content-Type": "application/x-www-form-urlencoded"}


def assert_problem(answer: httpx.Response, status: int, code: str) -> dict[str, Any]:
    assert answer.status_code == status, answer.text
    assert answer.headers["content-type"] == "application/problem+json"
    document: dict[str, Any] = answer.json()
    assert (document["status"], document["type"]) == (status, f"urn:kept:problem:{code}")
    assert {"title", "detail"} <= set(document)
    assert "Traceback" not in answer.text
    assert "secret" not in answer.text
    return document


async def test_each_error_has_the_one_shape(client: httpx.AsyncClient) -> None:
    assert_problem(await client.get("/toy/nowhere"), 404, "http")
    assert_problem(await client.put("/toy/notes"), 405, "http")
    assert assert_problem(await client.post("/toy/notes/a/refuse"), 409, "conflict")["version"] == 7
    teapot = await client.get("/toy/teapot")
    assert assert_problem(teapot, 418, "http")["detail"] == "short and stout"
    assert teapot.headers["x-pot"] == "tea"
    invalid = assert_problem(await client.post("/toy/notes", json={"customer": "x"}), 422, "invalid")
    assert {error["at"] for error in invalid["errors"]} == {"body/customer", "body/word"}
    assert_problem(await client.get("/toy/notes?limit=0"), 422, "invalid")
    assert_problem(await client.get("/toy/notes?cursor=nonsense"), 400, "malformed")


async def test_a_bug_of_ours_says_nothing_of_itself(client: httpx.AsyncClient) -> None:
    assert_problem(await client.get("/toy/breaks"), 500, "internal")


async def test_a_person_sees_a_page_in_their_language(client: httpx.AsyncClient) -> None:
    for language, title in (("en", "Something did not work"), ("vi-VN,vi;q=0.9", "Đã có lỗi xảy ra")):
        answer = await client.get("/toy/page", headers={"Accept": "text/html", "Accept-Language": language})
        assert answer.status_code == 409
        assert title in answer.text
        assert "&lt;b&gt;it has moved" in answer.text
        assert "default-src 'none'" in answer.headers["content-security-policy"]


HOSTILE: dict[str, bytes] = {
    "not JSON": b"{",
    "no UTF-8": b'{"word": "\xff"}',
    "deep": b"[" * 100_000,
    "NUL": json.dumps({"customer": CUSTOMER, "word": "a\0b"}).encode(),
    "a lone surrogate": b'{"customer": "%s", "word": "\\ud800"}' % CUSTOMER.encode(),
    "a lone surrogate as a name": b'{"customer": "%s", "word": "a", "\\ud800": 1}' % CUSTOMER.encode(),
    "a NUL in a name": json.dumps({"customer": CUSTOMER, "word": "a", "\0": 1}).encode(),
    "a number too large for its column": json.dumps({"customer": CUSTOMER, "word": "a", "count": 2**40}).encode(),
    "a number too large for anything": b'{"customer": "%s", "word": "a", "count": 1%s}'
    % (CUSTOMER.encode(), b"0" * 5000),
    "NaN": b'{"customer": "%s", "word": "a", "count": NaN}' % CUSTOMER.encode(),
    "Infinity": b'{"customer": "%s", "word": "a", "count": Infinity}' % CUSTOMER.encode(),
    "null": b"null",
    "nothing": b"",
}


@pytest.mark.parametrize("body", HOSTILE.values(), ids=HOSTILE.keys())
@pytest.mark.parametrize("key", [{}, {"Idempotency-Key": "a"}], ids=["", "idempotent"])
async def test_a_body_that_cannot_be_stored_is_the_caller_s_fault(
    client: httpx.AsyncClient, database: Database, body: bytes, key: dict[str, str]
) -> None:
    answer = await client.post("/toy/notes", content=body, headers={**JSON, **key})
    assert answer.status_code in {400, 422}
    assert_problem(answer, answer.status_code, answer.json()["type"].rpartition(":")[2])
    assert await words(database) == []


@pytest.mark.parametrize("word", ["a%00b", "%ff", "%ed%a0%80"], ids=["NUL", "no UTF-8", "a surrogate"])
async def test_text_in_a_path_or_a_form_that_cannot_be_stored(client: httpx.AsyncClient, word: str) -> None:
    in_path = await client.post(f"/toy/notes/{word}/refuse")
    assert in_path.status_code in {409, 422}
    in_form = await client.post("/toy/form", content=f"word={word}", headers=_FORM)
    assert in_form.status_code in {200, 422}
    assert (await client.post("/toy/form", content="word=a%00b", headers=_FORM)).status_code == 422


async def test_a_cursor_no_database_can_read(client: httpx.AsyncClient) -> None:
    """Year 1 east of Greenwich is before the first instant, and no cursor of ours."""
    cursor = encode(datetime(1, 1, 1, tzinfo=timezone(timedelta(hours=14))), uuid4())
    assert_problem(await client.get("/toy/notes", params={"cursor": cursor}), 400, "malformed")
    assert (await client.get("/toy/notes", params={"cursor": encode(NOON, uuid4())})).status_code == 200


PART = b'--b\r\nContent-Disposition: form-data; name="word"\r\n\r\n'


async def chunks(start: bytes, counted: list[int]) -> AsyncIterator[bytes]:
    """`start`, then twenty times what is allowed."""
    yield start
    for _ in range(20 * 16):
        counted.append(64 * 1024)
        yield b"x" * 64 * 1024


@pytest.mark.parametrize(
    ("path", "kind", "start"),
    [
        ("/toy/raw", "application/octet-stream", b""),
        ("/toy/notes", "application/json", b'{"word": "'),
        ("/toy/form", "application/x-www-form-urlencoded", b"word="),
        ("/toy/form", "multipart/form-data; boundary=b", PART),
    ],
)
async def test_a_body_over_the_limit_is_refused_while_it_is_read(
    client: httpx.AsyncClient, database: Database, path: str, kind: str, start: bytes
) -> None:
    """413, whether its length was said or not; and no more is read than must be."""
    counted: list[int] = []
    answer = await client.post(path, content=chunks(start, counted), headers={"Content-Type": kind})
    assert "content-length" not in answer.request.headers
    assert_problem(answer, 413, "too-large")
    assert sum(counted) <= API_BODY_LIMIT + 2 * 64 * 1024

    said = await client.post(path, content=start + b"x" * API_BODY_LIMIT + b"x", headers={"Content-Type": kind})
    assert_problem(said, 413, "too-large")
    assert await words(database) == []


async def test_over_the_limit_with_a_key_and_a_session_too(client: httpx.AsyncClient, app: Any) -> None:
    body = b"x" * (API_BODY_LIMIT + 1)
    assert_problem(await client.post("/toy/raw", content=body, headers={"Idempotency-Key": "a"}), 413, "too-large")
    client.cookies.set("kept_session", app.state.sessions.open("an", {"*"}))
    assert_problem(await client.post("/toy/private", content=body, headers=_FORM), 413, "too-large")


async def test_at_the_limit_it_is_taken_and_webhooks_have_their_own(client: httpx.AsyncClient) -> None:
    assert (await client.post("/toy/raw", content=b"x" * API_BODY_LIMIT)).json() == {"size": API_BODY_LIMIT}
    large = await client.post("/toy/webhooks/sms", content=b"x" * (API_BODY_LIMIT + 1))
    assert large.json() == {"size": API_BODY_LIMIT + 1}


async def test_metrics_count_requests_by_route_and_not_by_what_was_asked(client: httpx.AsyncClient) -> None:
    await client.post("/toy/notes/a-customer-s-word/refuse")
    await client.get("/toy/a-path-nobody-has")
    answer = await client.get("/toy/metrics")
    assert answer.headers["content-type"].startswith("text/plain")
    assert 'route="/toy/notes/{word}/refuse",service="toy",status="409"' in answer.text
    assert 'route="other",service="toy",status="404"' in answer.text
    assert "a-customer-s-word" not in answer.text
    assert "a-path-nobody-has" not in answer.text


async def test_health_and_the_openapi_document_are_under_the_service_s_name(client: httpx.AsyncClient) -> None:
    assert (await client.get("/toy/health")).json() == {"service": "toy", "status": "alive"}
    answer = await client.get("/toy/openapi.json")
    assert answer.status_code == 200, answer.text
    document = answer.json()
    assert all(path.startswith("/toy/") for path in document["paths"])
