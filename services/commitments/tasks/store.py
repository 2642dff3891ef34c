"""Tasks to and from their tables; the promise that each is goes through `Promises`."""

from __future__ import annotations

import json
from collections.abc import Collection, Mapping, Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from pydantic import TypeAdapter
from sqlalchemy import text

from services.commitments.tasks.files import File
from services.commitments.tasks.model import Task, TaskField
from shared.database import ReadSession, WriteSession
from shared.ids import new_id
from shared.timers import Timer

REMINDER = "task_reminder"

_FIELDS = TypeAdapter(tuple[TaskField, ...])

_INSERT = text("""
    INSERT INTO task (commitment_id, wants, fields, blocks) VALUES (:id, :wants, CAST(:fields AS jsonb), :blocks)
""")
_FIND = text("""
    SELECT commitment_id, wants, fields::text AS fields, blocks FROM task
    WHERE commitment_id = ANY(CAST(:ids AS uuid[]))
""")
_ANSWERS = text("SELECT answers, note FROM task WHERE commitment_id = :id")
_FILES = text("SELECT id, name, content_type, size FROM task_file WHERE commitment_id = :id ORDER BY id")
_FILE = text("SELECT name, content_type, content FROM task_file WHERE commitment_id = :task AND id = :id")
_FILL = text("UPDATE task SET answers = CAST(:answers AS jsonb), note = :note WHERE commitment_id = :id")
_PUT_FILE = text("""
    INSERT INTO task_file (id, commitment_id, name, content_type, size, content, added_at)
    VALUES (:id, :task, :name, :type, :size, :content, :now)
""")


async def add(session: WriteSession, task: Task, reminder: datetime | None) -> None:
    values = {"id": task.id, "wants": task.wants, "blocks": task.blocks}
    await session.execute(_INSERT, values | {"fields": _FIELDS.dump_json(task.fields).decode()})
    if reminder is not None:
        session.schedule(Timer(REMINDER, str(task.id), reminder))


async def find(session: ReadSession, ids: Collection[UUID]) -> dict[UUID, Task]:
    rows = await session.execute(_FIND, {"ids": list(ids)}) if ids else ()
    return {row.commitment_id: _task(row) for row in rows}


async def fill(
    session: WriteSession, task: UUID, answers: Mapping[str, str], note: str | None, files: Sequence[File]
) -> None:
    await session.execute(_FILL, {"id": task, "answers": json.dumps(dict(answers)), "note": note})
    for file in files:  # one by one: together they may be 50 MB
        values = {"id": new_id(), "task": task, "name": file.name, "type": file.content_type, "now": session.now}
        await session.execute(_PUT_FILE, values | {"size": len(file.content), "content": file.content})


async def filled(session: ReadSession, task: UUID) -> tuple[dict[str, str] | None, str | None, list[dict[str, Any]]]:
    """The filled form of a task: (answers by field, message, files without their content)."""
    row = (await session.execute(_ANSWERS, {"id": task})).one()
    files = [dict(file) for file in (await session.execute(_FILES, {"id": task})).mappings()]
    return row.answers, row.note, files


async def file(session: ReadSession, task: UUID, id: UUID) -> File | None:  # noqa: A002
    row = (await session.execute(_FILE, {"task": task, "id": id})).first()
    return File(row.name, row.content_type, row.content) if row else None


def _task(row: Any) -> Task:
    return Task(row.commitment_id, row.wants, _FIELDS.validate_json(row.fields), row.blocks)
