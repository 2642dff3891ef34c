"""The four services by name, each with its settings and the function that builds it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from importlib import import_module
from pathlib import Path
from typing import Any

from shared.broker import Broker
from shared.clock import Clock
from shared.runtime import Role, Runtime
from shared.service import Service
from shared.settings import ServiceSettings

NAMES = ("intake", "commitments", "notifications", "feedback")


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
    return Path(__file__).parent / name / "migrations"


def runtime(name: str, clock: Clock, *, role: Role, shared_broker: Broker | None = None, **overrides: Any) -> Runtime:
    """A service ready to start. `overrides` stand before the environment's settings."""
    entry = find(name)
    settings = entry.settings(**overrides)
    return Runtime(entry.build(settings, clock), settings, clock=clock, role=role, broker=shared_broker)
