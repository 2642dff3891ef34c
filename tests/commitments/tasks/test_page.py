"""The page of a task: a form and files without a login, nothing half stored, and every end said plainly (C26)."""

from __future__ import annotations

import re
from collections.abc import Sequence
from datetime import timedelta
from typing import Any
from uuid import UUID

import httpx
import pytest

from services.commitments.promise.core import Promise, Status
from services.commitments.tasks import page as task_page
from services.commitments.tasks.files import MOST_BYTES
from shared.contracts import commitments as told
from shared.ids import new_id
from shared.security import CustomerPage, Links
from tests.commitments.conftest import START, Commitments, known

PNG = b"\x89PNG\r\n\x1a\n" + b"\0" * 100
PHOTO = ("files", ("meter.png", PNG, "image/png"))
METER = {"name": "meter", "label": "Meter number", "kind": "text", "required": True}
FORM = [
    METER,
    {"name": "seen", "label": "Since when?", "kind": "date"},
    {"name": "people", "label": "People", "kind": "number"},
    {"name": "floor", "label": "Floor", "kind": "choice", "choices": ["Ground", "Upper"]},
]
HOSTILE = '<script>alert(1)</script> & "quotes"'


async def asked(kept: Commitments, language: Any = "en", **changes: Any) -> tuple[UUID, str]:
    """(id, token) of a task of two days that a promise to Lan waits for."""
    lan = new_id()
    await kept.deliver(known(lan, language=language))
    parent = (await kept.promise(lan, owner="minh.internal"))["id"]
    body = {"words": "Send us a photo of the meter", "due_at": (kept.now + timedelta(days=2)).isoformat()}
    task = await kept.call("POST", f"/{parent}/tasks", json=body | changes, expect=201)
    return UUID(task["id"]), kept.link(task["id"], CustomerPage.TASK).rpartition("/")[2]


async def page(kept: Commitments, token: str) -> httpx.Response:
    return await kept.http.get(f"/commitments/t/{token}", headers={"accept": "text/html"})


async def send(
    kept: Commitments,
    token: str,
    values: dict[str, Any] | None = None,
    files: Sequence[Any] = (),
    *,
    empty_file: bool = True,
) -> httpx.Response:
    """As a browser sends the form: multipart, a file input left empty as a file without a name."""
    url, headers, values = f"/commitments/t/{token}", {"accept": "text/html"}, (values or {}) | {"sent": "1"}
    if files:
        return await kept.http.post(url, data=values, files=list(files), headers=headers)
    parts = [(name, one) for name, said in values.items() for one in (said if isinstance(said, list) else [said])]
    lines = [f'--x\r\nContent-Disposition: form-data; name="{name}"\r\n\r\n{said}\r\n' for name, said in parts]
    if empty_file:
        head = 'Content-Disposition: form-data; name="files"; filename=""\r\nContent-Type: application/octet-stream'
        lines.append(f"--x\r\n{head}\r\n\r\n\r\n")
    headers["content-type"] = "multipart/form-data; boundary=x"
    return await kept.http.post(url, content="".join([*lines, "--x--\r\n"]).encode(), headers=headers)


async def stored(kept: Commitments, id_: UUID) -> dict[str, Any]:
    task: dict[str, Any] = await kept.call("GET", f"/{id_}/task")
    return task


async def promise_of(kept: Commitments, id_: UUID) -> Promise:
    async with kept.runtime.database.read() as session:
        return (await kept.promises.load(session, [id_]))[id_]


async def test_c26_the_customers_link_opens_a_page_that_asks_in_plain_words(kept: Commitments) -> None:
    _, token = await asked(kept)
    seen = await page(kept, token)
    assert seen.status_code == 200
    for shown in ("Send us a photo of the meter", "16:00, Wednesday 4 March 2026", "Your order reaches you"):
        assert shown in seen.text
    assert 'enctype="multipart/form-data"' in seen.text
    assert "<script" not in seen.text
    assert "minh.internal" not in seen.text
    assert seen.headers["cache-control"] == "no-store"


async def test_c26_a_form_filled_in_is_stored_acknowledged_and_lets_our_promise_go_on(kept: Commitments) -> None:
    id_, token = await asked(kept, wants="form", fields=FORM)
    kept.clock.advance(timedelta(hours=3))
    done = await send(
        kept, token, {"f_meter": " A-17 ", "f_seen": "3/2/2026", "f_people": "1.500", "f_floor": "Ground"}
    )
    assert (done.status_code, done.headers["location"]) == (303, f"/commitments/t/{token}")
    seen = (await page(kept, token)).text
    assert "Thank you, we have it" in seen
    assert "<form" not in seen
    assert "05:00, Tuesday 3 March 2026" in seen, "our own date, later by what we waited"
    task = await stored(kept, id_)
    assert task["answers"] == {"meter": "A-17", "seen": "2026-02-03", "people": "1.500", "floor": "Ground"}
    (fulfilled,) = await kept.facts(told.CommitmentFulfilled)
    assert (fulfilled.commitment_id, fulfilled.by, fulfilled.obligor) == (id_, "customer", "customer")
    (resumed,) = await kept.facts(told.CommitmentResumed)
    assert resumed.waited_seconds == 3 * 3600


async def test_c26_files_are_stored_and_handed_to_staff_alone_as_a_download(kept: Commitments) -> None:
    id_, token = await asked(kept, wants="upload")
    pdf = ("files", ("C:\\hóa đơn.pdf", b"%PDF-1.7 x", "text/html"))
    assert (await send(kept, token, files=[PHOTO, pdf])).status_code == 303
    files = (await stored(kept, id_))["files"]
    assert [(f["name"], f["content_type"], f["size"]) for f in files] == [
        ("meter.png", "image/png", len(PNG)),
        ("hóa đơn.pdf", "application/pdf", 10),
    ]
    path = f"/commitments/{id_}/files/{files[1]['id']}"
    assert (await kept.http.get(path)).status_code == 401
    got = await kept.http.get(path, headers=kept.token("commitments:read"))
    assert got.content == b"%PDF-1.7 x"
    assert got.headers["content-disposition"] == "attachment; filename*=UTF-8''h%C3%B3a%20%C4%91%C6%A1n.pdf"
    assert got.headers["x-content-type-options"] == "nosniff"
    assert "sandbox" in got.headers["content-security-policy"]
    other, _ = await asked(kept)
    for wrong in (f"/commitments/{other}/files/{files[1]['id']}", f"/commitments/{id_}/files/{new_id()}"):
        assert (await kept.http.get(wrong, headers=kept.token("commitments:read"))).status_code == 404


async def test_c26_anything_is_done_by_a_message_or_by_saying_so(kept: Commitments) -> None:
    id_, token = await asked(kept)
    assert (await send(kept, token, {"note": "Đã làm rồi nhé"}, [PHOTO])).status_code == 303
    task = await stored(kept, id_)
    assert (task["note"], len(task["files"])) == ("Đã làm rồi nhé", 1)
    id_, token = await asked(kept)
    assert (await send(kept, token, empty_file=False)).status_code == 303
    assert (await promise_of(kept, id_)).status is Status.FULFILLED


BAD = [
    ({"wants": "form", "fields": FORM}, {}, (), "Please fill this in."),
    ({"wants": "form", "fields": FORM}, {"f_meter": " "}, (), "Please fill this in."),
    ({"wants": "form", "fields": FORM}, {"f_meter": "x" * 2001}, (), "This is too long."),
    ({"wants": "form", "fields": FORM}, {"f_meter": "a\0b"}, (), "a character that we cannot store"),
    ({"wants": "form", "fields": FORM}, {"f_meter": "1", "f_seen": "31/2/2026"}, (), "Please write a date"),
    ({"wants": "form", "fields": FORM}, {"f_meter": "1", "f_people": "many"}, (), "Please write a number"),
    ({"wants": "form", "fields": FORM}, {"f_meter": "1", "f_floor": "Roof"}, (), "Please choose one of the answers."),
    ({"wants": "form", "fields": FORM}, {"f_meter": "1", "f_extra": "1"}, (), "we did not ask for"),
    ({"wants": "form", "fields": FORM}, {"f_meter": ["1", "2"]}, (), "we did not ask for"),
    ({"wants": "form", "fields": FORM}, {"f_meter": "1"}, [PHOTO], "we did not ask for"),
    ({"wants": "message"}, {"note": "\n"}, (), "Please fill this in."),
    ({"wants": "message"}, {"note": "x" * 4001}, (), "This is too long."),
    ({"wants": "upload"}, {}, (), "Please choose a file."),
    ({"wants": "upload"}, {"note": "x"}, [PHOTO], "we did not ask for"),
    ({}, {"note": "see"}, [PHOTO] * 6, "more than 5 files"),
    ({}, {"note": "see"}, [PHOTO, ("files", ("a.exe", b"MZ", "image/png"))], "a.exe: We cannot take this kind"),
    ({}, {"note": "see"}, [("files", ("page.html", b"<html>", "image/png"))], "We cannot take this kind"),
    ({}, {"note": "see"}, [("files", ("a.svg", b"<svg/>", "image/png"))], "We cannot take this kind"),
    ({}, {"note": "see"}, [("files", (".png", PNG, "image/png"))], "We cannot take this kind"),
    ({}, {"note": "see"}, [("files", ("a.png", b"MZ", "image/png"))], "a.png: What is in this file is not"),
    ({}, {"note": "see"}, [("files", ("a.txt", b"a\0b", "text/plain"))], "is not what its name says"),
    ({}, {"note": "see"}, [("files", ("a.png", b"", "image/png"))], "This file is empty."),
]


@pytest.mark.parametrize(("ask", "values", "files", "says"), BAD)
async def test_c26_what_does_not_hold_is_said_on_the_page_and_nothing_is_stored(
    kept: Commitments, ask: dict[str, Any], values: dict[str, Any], files: Sequence[Any], says: str
) -> None:
    id_, token = await asked(kept, **ask)
    refused = await send(kept, token, values, files)
    assert refused.status_code == 422
    assert says in refused.text
    assert "This has not been sent yet" in refused.text or "we did not ask for" in refused.text
    for typed in values.values():
        if isinstance(typed, str) and "\0" not in typed and typed != "Roof" and "we did not ask" not in says:
            assert typed.strip() in refused.text, "what was typed is still there"
    task = await stored(kept, id_)
    assert (task["answers"], task["note"], task["files"], task["status"]) == (None, None, [], "stated")


async def test_c26_a_file_over_ten_megabytes_is_named_and_what_was_typed_is_kept(kept: Commitments) -> None:
    id_, token = await asked(kept)
    large = PNG + b"\0" * (MOST_BYTES - len(PNG))
    over = ("files", ("over.png", large + b"\0", "image/png"))
    refused = await send(kept, token, {"note": "see here"}, [PHOTO, over])
    assert refused.status_code == 422
    assert "over.png: This file is larger than 10 MB." in refused.text
    assert "see here" in refused.text
    assert "choose all your files again" in refused.text
    assert (await send(kept, token, files=[("files", ("just.png", large, "image/png"))])).status_code == 303
    assert (await stored(kept, id_))["files"][0]["size"] == MOST_BYTES


async def test_c26_more_than_a_body_may_hold_is_refused_before_it_is_read(kept: Commitments) -> None:
    _, token = await asked(kept)
    headers = {"content-length": str(task_page.BODY_LIMIT + 1), "content-type": "multipart/form-data; boundary=x"}
    refused = await kept.http.post(f"/commitments/t/{token}", headers={"accept": "text/html"} | headers)
    assert refused.status_code == 413
    assert "too large together" in refused.text

    async def endless() -> Any:
        for _ in range(task_page.BODY_LIMIT // 2**20 + 2):
            yield b"x" * 2**20

    headers = {"content-type": "application/x-www-form-urlencoded", "accept": "text/html"}
    lying = await kept.http.post(f"/commitments/t/{token}", content=endless(), headers=headers)
    assert lying.status_code in {400, 413}


async def test_the_usual_limit_of_a_body_holds_everywhere_else(kept: Commitments) -> None:
    big = b'{"words": "' + b"x" * 2**20 + b'"}'
    headers = kept.token("commitments:write") | {"content-type": "application/json"}
    assert (await kept.http.post("/commitments", content=big, headers=headers)).status_code == 413


@pytest.mark.parametrize(
    ("content", "kind"),
    [
        (b"--x\r\nnonsense", "multipart/form-data; boundary=x"),
        (b"anything", "multipart/form-data"),
        (b"&".join(b"a%d=1" % i for i in range(500)), "application/x-www-form-urlencoded"),
    ],
)
async def test_a_body_that_is_no_form_is_refused(kept: Commitments, content: bytes, kind: str) -> None:
    id_, token = await asked(kept)
    refused = await kept.http.post(f"/commitments/t/{token}", content=content, headers={"content-type": kind})
    assert 400 <= refused.status_code < 500
    assert (await promise_of(kept, id_)).is_open


async def test_what_was_cut_off_on_the_way_does_no_task(kept: Commitments) -> None:
    id_, token = await asked(kept)
    for content in (b"", b"note=half+of+wh"):
        headers = {"content-type": "application/x-www-form-urlencoded"}
        cut = await kept.http.post(f"/commitments/t/{token}", content=content, headers=headers)
        assert cut.status_code == 422
        assert "This did not reach us whole." in cut.text
    assert (await promise_of(kept, id_)).is_open


async def test_a_content_length_that_is_no_number_is_no_error_of_ours(kept: Commitments) -> None:
    _, token = await asked(kept)
    sent = await kept.http.post(f"/commitments/t/{token}", headers={"content-length": "many"})
    assert sent.status_code < 500


async def test_c26_once_done_the_page_says_so_and_takes_nothing_more(kept: Commitments) -> None:
    id_, token = await asked(kept, wants="message")
    await send(kept, token, {"note": "first"})
    again = await send(kept, token, {"note": "second"})
    assert again.status_code == 409
    assert "Thank you, we have it" in again.text
    assert (await stored(kept, id_))["note"] == "first"
    assert len(await kept.facts(told.CommitmentFulfilled)) == 1


@pytest.mark.parametrize("end", ["withdraw", "void"])
async def test_c26_taken_back_the_page_says_so_and_takes_nothing(kept: Commitments, end: str) -> None:
    id_, token = await asked(kept)
    await kept.call("POST", f"/{id_}/{end}", json={"reason": "we found it"})
    for seen, status in ((await page(kept, token), 200), (await send(kept, token), 409)):
        assert seen.status_code == status
        assert "This is no longer needed" in seen.text
        assert "<form" not in seen.text
    assert await kept.facts(told.CommitmentFulfilled) == []


async def test_a_late_task_can_still_be_sent_and_stays_late(kept: Commitments) -> None:
    id_, token = await asked(kept)
    await kept.pass_time(days=3)
    assert "You can still send it." in (await page(kept, token)).text
    assert (await send(kept, token)).status_code == 303
    task = await promise_of(kept, id_)
    assert (task.status, task.fulfilled_at) == (Status.BROKEN, kept.now)
    assert "Thank you, we have it" in (await page(kept, token)).text
    assert len(await kept.facts(told.CommitmentResumed)) == 1


async def test_what_is_still_asked_for_is_said_after_the_first(kept: Commitments) -> None:
    id_, token = await asked(kept)
    parent = (await promise_of(kept, id_)).parent_id
    body = {"words": "Tell us the model", "due_at": (START + timedelta(days=3)).isoformat()}
    await kept.call("POST", f"/{parent}/tasks", json=body, expect=201)
    await send(kept, token)
    assert "We still wait for something else from you." in (await page(kept, token)).text


async def test_it_speaks_the_customers_language_whole(kept: Commitments) -> None:
    _, token = await asked(kept, "vi", words="Gửi ảnh đồng hồ nước", wants="upload", fields=[METER])
    seen = (await page(kept, token)).text
    assert "Điều chúng tôi cần anh/chị làm" in seen
    refused = (await send(kept, token)).text
    for shown in ("Vui lòng điền mục này.", "Vui lòng chọn tệp.", "Nội dung chưa được gửi."):
        assert shown in refused
    await send(kept, token, {"f_meter": "1"}, [PHOTO])
    done = (await page(kept, token)).text
    assert "Cảm ơn anh/chị, chúng tôi đã nhận được" in done
    for text in (seen, refused, done):
        assert not re.search(r">[^<]*\b(Please|We|Your message|Thank)\b[^<]*<", text)


async def test_it_speaks_the_language_they_chose_until_the_end(kept: Commitments) -> None:
    _, token = await asked(kept, "vi", wants="message")
    seen = (await page(kept, f"{token}?lang=en")).text
    assert '<html lang="en">' in seen
    assert f'action="/commitments/t/{token}?lang=en"' in seen
    assert '<html lang="en">' in (await send(kept, f"{token}?lang=en")).text, "refused, in the same language"
    done = await send(kept, f"{token}?lang=en", {"note": "A-17"})
    assert (done.status_code, done.headers["location"]) == (303, f"/commitments/t/{token}?lang=en")
    assert '<html lang="vi">' in (await page(kept, f"{token}?lang=de")).text


async def test_what_it_is_for_is_said_also_where_nothing_waits_for_it(kept: Commitments) -> None:
    _, token = await asked(kept, blocks=False)
    seen = (await page(kept, token)).text
    assert "What it is for: Your order reaches you" in seen
    assert "Our work waits" not in seen


async def test_links_that_are_altered_expired_or_for_something_else_are_plain_pages(kept: Commitments) -> None:
    id_, token = await asked(kept)
    links = Links(kept.runtime.settings, kept.clock, "promise")
    other = links.token(id_, lifetime=timedelta(days=1))
    parent = (await promise_of(kept, id_)).parent_id
    assert parent is not None
    task_links = Links(kept.runtime.settings, kept.clock, "task")
    no_task = task_links.token(parent, lifetime=timedelta(days=1))
    for wrong in (other, no_task, token[:-1], "x", "%00"):
        for got in (await page(kept, wrong), await send(kept, wrong)):
            assert got.status_code == 404, wrong
            assert "This link is not one of ours" in got.text
    kept.clock.advance(timedelta(days=91))
    assert (await page(kept, token)).status_code == 410
    assert (await send(kept, token)).status_code == 410


async def test_words_of_strangers_stay_words(kept: Commitments) -> None:
    field = {"name": "a", "label": HOSTILE, "kind": "choice", "choices": [HOSTILE, "b"]}
    id_, token = await asked(kept, words=HOSTILE, fields=[field])
    refused = await send(kept, token, {"note": HOSTILE, "f_a": HOSTILE + "!"}, [("files", ("<b>.exe", b"x", "x/y"))])
    assert refused.status_code == 422
    for seen in (refused, await page(kept, token)):
        assert "<script" not in seen.text
        assert "&lt;script&gt;alert(1)" in seen.text
    assert (await promise_of(kept, id_)).is_open
