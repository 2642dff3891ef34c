"""Everyday faults, as one sentence each: a port that is taken, a house that is not up, a dead address.

What is not among it is a fault of ours and keeps its traceback.
"""

from __future__ import annotations

import os
from contextlib import suppress
from pathlib import Path

import httpx
from pydantic import ValidationError
from pydantic_settings import BaseSettings
from sqlalchemy.exc import DBAPIError

from shared.embedded import EmbeddedPostgresError
from shared.problems import Problem
from shared.settings import BadSetting
from shared.transient import is_transient

_NO_SUCH = {"28": "lets us not in: see the user and the password in it", "3D": "is not there: kept migrate --create"}
"""By the class of PostgreSQL's SQLSTATE, what an address of a database is told."""
ROOM = 1 << 20
"""Bytes that can be written at least where a house is to start: an empty file fits on a full disk."""


class Everyday(Exception):
    """Whoever runs the command can put it right; the message says how."""


def sentence(error: BaseException) -> str | None:
    """What to tell whoever ran the command; None where it is no everyday fault. Pure but for the environment."""
    match error:
        case BaseExceptionGroup():
            told = [sentence(one) for one in error.exceptions]
            return told[0] if all(told) else None
        case Everyday() | EmbeddedPostgresError() | BadSetting():
            return str(error)
        case Problem():
            return error.detail
        case ValidationError():
            return _settings(error)
        case httpx.HTTPStatusError():
            return _status(error.response)
        case httpx.InvalidURL() | httpx.UnsupportedProtocol():
            return f"this is no address that can be asked: {error}"
        case httpx.TransportError():
            return f"{_asked(error)} does not answer: {str(error) or type(error).__name__}"
        case DBAPIError() if (why := _database(error)) is not None:
            return why
        case OSError():
            return _system(error)
    return None


def _settings(error: ValidationError) -> str | None:
    """Of settings alone, and never with a value: among them are secrets."""
    if not error.title.endswith("Settings"):
        return None
    prefix = str(BaseSettings.model_config.get("env_prefix") or "KEPT_")
    told = ((f"{prefix}{e['loc'][0]}".upper() if e["loc"] else "", e["msg"]) for e in error.errors())
    return "; ".join(": ".join(filter(None, (name, why.removeprefix("Value error, ")))) for name, why in told)


def _status(answer: httpx.Response) -> str:
    where = f"{answer.request.method} {answer.request.url} answers {answer.status_code}"
    if answer.status_code in (401, 403):
        return f"{where}: the token is not one of this installation, or may not do this. `kept token` makes one."
    return f"{where}: is this the address of an installation?"


def _asked(error: httpx.TransportError) -> str:
    try:
        return str(error.request.url)
    except RuntimeError:
        return "the address"


def _database(error: DBAPIError) -> str | None:
    state = str(getattr(error.orig, "sqlstate", None) or "")
    told = _NO_SUCH.get(state[:2])
    if told is None and is_transient(error):
        told = f"does not answer: {error.orig}"
    return f"the database {told}" if told else None


def _system(error: OSError) -> str:
    where = f"{error.filename}: " if error.filename else ""
    return where + (error.strerror or str(error) or type(error).__name__)


def writable(directory: Path) -> Path:
    """The directory, made where it is missing. Raises Everyday where nothing can be written in it."""
    try:
        directory.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise Everyday(f"the data cannot live in {directory}: {_system(error)}") from error
    if not os.access(directory, os.W_OK | os.X_OK):
        raise Everyday(f"the data cannot live in {directory}: it cannot be written")
    probe = directory / ".writable"
    try:
        probe.write_bytes(bytes(ROOM))
    except OSError as error:
        raise Everyday(f"the data cannot live in {directory}: {_system(error)}") from error
    finally:
        with suppress(OSError):
            probe.unlink(missing_ok=True)
    return directory
