"""The four services by name, each with its settings and the function that builds it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from importlib import import_module
from pathlib import Path
from typing import Any

from sqlalchemy import MetaData

from shared.broker import Broker
from shared.clock import Clock
from shared.runtime import Role, Runtime
from shared.security.access import OPERATIONS
from shared.service import Service
from shared.settings import ServiceSettings

NAMES = ("intake", "commitments", "notifications", "feedback")
SCOPES = (*(f"{name}:{act}" for name in NAMES for act in ("read", "write", "admin")), OPERATIONS, "*")
"""What a token may be good for. `admin` is to say what holds for others, and to open and close a way in."""


@dataclass(frozen=True, slots=True)
class Entry:
    settings: type[ServiceSettings]
    build: Callable[[Any, Clock], Service]


def find(name: str) -> Entry:
    """Imports one service and no other. Raises KeyError for a name that is none."""
    if name not in NAMES:
        raise KeyError(name)
    settings = import_module(f"services.{name}.settings")
    service = import_module(f"services.{name}.service")
    return Entry(getattr(settings, f"{name.capitalize()}Settings"), service.build)


def migrations(name: str) -> Path:
    return Path(__file__).parents[1] / name / "migrations"


def tables(name: str) -> MetaData:
    """The tables that a service's database has, besides the backbone's."""
    find(name)  # which imports every room that has tables
    found: MetaData = import_module(f"services.{name}.tables").Table.metadata
    return found


def runtime(name: str, clock: Clock, *, role: Role, shared_broker: Broker | None = None, **overrides: Any) -> Runtime:
    """A service ready to start. `overrides` stand before the environment's settings."""
    entry = find(name)
    settings = entry.settings(**overrides)
    return Runtime(entry.build(settings, clock), settings, clock=clock, role=role, broker=shared_broker)
