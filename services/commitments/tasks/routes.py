"""The HTTP interface of tasks, for programs and agents: ask, look, and fetch what was sent."""

from __future__ import annotations

from datetime import datetime
from urllib.parse import quote
from uuid import UUID

from fastapi import Response, status
from sqlalchemy import text

from services.commitments import customers
from services.commitments.access import MayRead, MayWrite
from services.commitments.cases.sentences import NO_CHARGE
from services.commitments.errors import NotForTasks, PromiseNotFound, TaskNotFound, WrongState
from services.commitments.promise import core
from services.commitments.promise.core import OPEN, Decision, Promise, Status
from services.commitments.promise.core.days import end_of_day
from services.commitments.promise.store import COLUMNS, as_promise
from services.commitments.promising.routes import Store, one
from services.commitments.tasks import store as tasks
from services.commitments.tasks.model import Task, TaskField, second_reminder
from services.commitments.tasks.schemas import FileView, NewTask, PartView, TaskView
from shared.contracts.terms import CommitmentKind, Terms
from shared.ids import new_id
from shared.routing import Reading, Writing, router

api = router("/commitments", tags=["tasks"])

UNDER = OPEN | {Status.BROKEN}
"""Where a promise can stand under which something is asked of the customer; a blocking task needs an open one."""

_PARTS = text(f"SELECT {COLUMNS} FROM commitment WHERE parent_id = :id ORDER BY id")


@api.post("/{id}/tasks", status_code=status.HTTP_201_CREATED)
async def ask(id: UUID, new: NewTask, session: Writing, who: MayWrite, store: Store) -> TaskView:  # noqa: A002
    """Asks the customer to do something for a promise of ours. Where it blocks, our clock stands still (C25)."""
    locked = await store.lock(session, [id])
    if id not in locked:
        raise PromiseNotFound(f"there is no promise {id}")
    parent = locked[id]
    if parent.obligor == "customer":
        raise NotForTasks("a task of the customer has no tasks of its own")
    if parent.status not in UNDER:
        allowed = sorted(status.value for status in UNDER)
        raise WrongState(f"the promise is {parent.status}", state=parent.status.value, allowed=allowed)
    spoken = await customers.languages(session, [parent.customer_id])
    cost = new.cost or NO_CHARGE[spoken.get(parent.customer_id, store.default_language)]
    drafted = _task_under(parent, new, cost, owner=parent.owner or who.subject)
    told, said = core.state(drafted, session.now)
    events = tuple(event.model_copy(update={"blocks": new.blocks}) for event in said)
    waiting = _wait_for(parent, told, session.now, by=who.subject) if new.blocks else None
    fields = tuple(TaskField.model_validate(field.model_dump()) for field in new.fields)
    task = Task(told.id, new.wants, fields, new.blocks)
    await store.add(session, [(told, events)])
    await tasks.add(session, task, second_reminder(told))
    if waiting is not None:
        await store.save(session, [parent], [waiting])
    part = PartView.of_part(told, task).model_dump()
    return TaskView(**part, fields=list(fields))


@api.get("/{id}/parts")
async def parts(id: UUID, session: Reading, who: MayRead, store: Store) -> list[PartView]:  # noqa: A002
    """The parts of a promise: promises of our own people, and tasks of the customer (I20)."""
    await one(store, session, id)
    found = [as_promise(row) for row in await session.execute(_PARTS, {"id": id})]
    known = await tasks.find(session, [p.id for p in found if p.kind is CommitmentKind.TASK])
    return [PartView.of_part(p, known.get(p.id)) for p in found]


@api.get("/{id}/task")
async def task(id: UUID, session: Reading, who: MayRead, store: Store) -> TaskView:  # noqa: A002
    """A task with what the customer sent for it."""
    promise = await one(store, session, id)
    known = (await tasks.find(session, [id])).get(id)
    if known is None:
        raise TaskNotFound(f"the promise {id} is no task of the customer")
    answers, note, files = await tasks.filled(session, id)
    shown = [FileView(**file) for file in files]
    part = PartView.of_part(promise, known).model_dump()
    return TaskView(**part, fields=list(known.fields), answers=answers, note=note, files=shown)


@api.get("/{id}/files/{file}")
async def download(id: UUID, file: UUID, session: Reading, who: MayRead) -> Response:  # noqa: A002
    """A file the customer sent: to be saved, never shown in place, since a stranger made it."""
    found = await tasks.file(session, id, file)
    if found is None:
        raise TaskNotFound("there is no such file")
    headers = {
        "Content-Disposition": f"attachment; filename*=UTF-8''{quote(found.name, safe='')}",
        "Content-Security-Policy": "default-src 'none'; sandbox",
        "X-Content-Type-Options": "nosniff",
        "Cache-Control": "no-store",
    }
    return Response(found.content, media_type=found.content_type, headers=headers)


def _wait_for(parent: Promise, task: Promise, now: datetime, *, by: str) -> Decision:
    """Stops our clock for a task, which tells the customer so itself."""
    waiting, said = core.wait(parent, now, reason=task.binds.words, by=by)
    return waiting, tuple(event.model_copy(update={"task_id": task.id}) for event in said)


def _task_under(parent: Promise, new: NewTask, cost: str, *, owner: str) -> Promise:
    zone = new.zone or parent.binds.zone
    due_at = new.due_at or end_of_day(new.due_on, zone)
    return Promise(
        id=new_id(),
        customer_id=parent.customer_id,
        case_id=parent.case_id,
        parent_id=parent.id,
        kind=CommitmentKind.TASK,
        obligor="customer",
        owner=owner,
        team=parent.team,
        category=parent.category,
        terms=(Terms(revision=1, words=new.words, due_at=due_at, due_on=new.due_on, zone=zone, cost=cost),),
    )
