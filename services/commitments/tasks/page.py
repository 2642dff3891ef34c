"""The customer's page of a task: what we ask, a form and files, by a signed link, without login and script."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any
from uuid import UUID

from fastapi import Request
from starlette.datastructures import FormData, UploadFile
from starlette.requests import ClientDisconnect
from starlette.responses import Response
from starlette.routing import Route

from services.commitments import customers
from services.commitments.errors import TaskNotFound
from services.commitments.promise.core import Promise, fulfil
from services.commitments.promise.following import is_undone
from services.commitments.promise.store import Promises
from services.commitments.promising.witness import witnessed
from services.commitments.tasks import store as tasks
from services.commitments.tasks.closing import BY, lock
from services.commitments.tasks.files import ACCEPT, MOST_BYTES
from services.commitments.tasks.forms import FILES, Filled, Wrong, input_name, read_form
from services.commitments.tasks.model import Task
from shared.crash import crash_point
from shared.database import Database, ReadSession
from shared.routing import Reading, router
from shared.security import CustomerPage
from shared.security.acts import act_by
from shared.translation import N_
from shared.web.screen import On, Screen, screen

PREFIX = "/commitments/t/"
BODY_LIMIT = 64 * 1024 * 1024
"""Five files with room to spare: who sends one that is too large is told so on the page, with what they typed."""

MOST_PARTS = 100

TOO_LARGE = Filled(
    {}, None, (), {}, {FILES: Wrong(N_("These files are too large together. Send fewer, or smaller ones."))}
)

pages = router("/commitments/t", include_in_schema=False)


@pages.get("/{token}")
async def show(request: Request, here: On, token: str, session: Reading) -> Response:
    promises: Promises = request.app.state.service
    return await _render(here, promises, session, promises.read_task_link(token))


async def submit(request: Request) -> Response:
    """Takes a form, whole or not at all. It comes in before a transaction begins: phones are slow."""
    promises: Promises = request.app.state.service
    database: Database = request.app.state.runtime.database
    token: str = request.path_params["token"]
    id_, here = promises.read_task_link(token), screen(request)
    async with database.read() as session:
        task = await _find(session, id_)
        if _claimed_size(request) > BODY_LIMIT:
            return await _render(here, promises, session, id_, filled=TOO_LARGE, status=413)
    try:
        async with request.form(max_files=MOST_PARTS, max_fields=MOST_PARTS) as form:
            filled = read_form(task, _values(form), await _uploads(form))
    except ClientDisconnect:
        return Response(status_code=400)
    async with database.write() as session:
        (locked,) = await lock(promises, session, {id_: await _parent(session, promises, id_)})
        if not is_undone(locked):
            return await _render(here, promises, session, id_, status=409)
        if filled.wrong:
            return await _render(here, promises, session, id_, filled=filled, status=422)
        await tasks.fill(session, id_, filled.answers, filled.note, filled.files)
        act = act_by(request, promises.task_links, CustomerPage.TASK, token, session.now)
        await promises.save(session, [locked], [witnessed(fulfil(locked, session.now, by=BY), act)])
        session.cancel(tasks.REMINDER, str(id_))
    crash_point("before_answer")
    return here.turn(here.path)


routes = [Route(f"{PREFIX}{{token}}", submit, methods=["POST"])]
"""A plain route: it opens its transaction itself, after the body is in."""


def _claimed_size(request: Request) -> int:
    """The size that the sender claims; the limit itself is counted while the body comes in."""
    claimed = request.headers.get("content-length", "")
    return int(claimed) if claimed.isascii() and claimed.isdigit() and len(claimed) < 20 else 0


def _values(form: FormData) -> list[tuple[str, str]]:
    return [(name, value) for name, value in form.multi_items() if isinstance(value, str)]


async def _uploads(form: FormData) -> list[tuple[str, bytes | None]]:
    """The files as (name, content), None for content over the limit. An empty input sends a file without a name."""
    uploads: list[tuple[str, bytes | None]] = []
    for _, value in form.multi_items():
        if isinstance(value, UploadFile) and value.filename:
            too_large = (value.size or 0) > MOST_BYTES
            uploads.append((value.filename, None if too_large else await value.read()))
    return uploads


async def _find(session: ReadSession, id_: UUID) -> Task:
    try:
        return (await tasks.find(session, [id_]))[id_]
    except KeyError:
        raise TaskNotFound(N_("This link is not one of ours, or a part of it is missing.")) from None


async def _parent(session: ReadSession, promises: Promises, id_: UUID) -> UUID | None:
    return (await promises.load(session, [id_]))[id_].parent_id


async def _render(
    here: Screen,
    promises: Promises,
    session: ReadSession,
    id_: UUID,
    *,
    filled: Filled | None = None,
    status: int = 200,
) -> Response:
    """Renders the page from these fields alone, so that nothing internal is on it."""
    task = await _find(session, id_)
    promise = (await promises.load(session, [id_]))[id_]
    above = await promises.load(session, [promise.parent_id] if promise.parent_id else [])
    whole = next(iter(above.values()), None)
    now = session.now
    spoken = await customers.languages(session, [promise.customer_id])
    wrong: Mapping[str, Wrong] = filled.wrong if filled else {}
    return here.speaking(spoken.get(promise.customer_id)).render(
        "task.html",
        status=status,
        state=_state(promise, whole),
        late=now > promise.binds.due_at,
        terms=promise.binds,
        done_at=promise.fulfilled_at,
        whole=_shown(whole),
        blocks=task.blocks and whole is not None and whole.is_open,
        questions=_questions(task, filled),
        wants=task.wants,
        asks_for_words=task.asks_for_words,
        asks_for_files=task.asks_for_files,
        note=filled.typed.get("note", "") if filled else "",
        wrong=wrong,
        choose_again=filled is not None and FILES not in wrong and bool(filled.files),
        accept=ACCEPT,
    )


def _state(promise: Promise, whole: Promise | None) -> str:
    """The state of the task for the customer: to do, done, or nothing to do any more."""
    if promise.fulfilled_at is not None:
        return "done"
    if not is_undone(promise):
        return "gone"
    ended = whole is not None and not whole.is_open and not is_undone(whole)
    return "gone" if ended and not promise.is_open else "to do"


def _shown(whole: Promise | None) -> dict[str, Any] | None:
    """The words and the date, once it runs again, of the promise that the task is for."""
    if whole is None or not whole.is_open:
        return None
    terms = whole.binds
    runs = whole.waiting_since is None
    return {"words": terms.words, "due_at": terms.due_at if runs else None, "zone": terms.zone}


def _questions(task: Task, filled: Filled | None) -> Sequence[dict[str, Any]]:
    return [
        {
            "input": input_name(field),
            "label": field.label,
            "kind": field.kind,
            "choices": [(choice, choice) for choice in field.choices],
            "required": field.required,
            "value": filled.typed.get(input_name(field), "") if filled else "",
        }
        for field in task.fields
    ]
