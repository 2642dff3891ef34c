"""Providers by name. They are found, not listed: a module of `providers/` with a `PROVIDER` in it is one."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache
from importlib import import_module
from pkgutil import iter_modules

from services.intake.channels import providers as room
from services.intake.channels.provider import Provider


@cache
def providers() -> Mapping[str, Provider]:
    """Raises TypeError where two modules claim one name."""
    found: dict[str, Provider] = {}
    for module in iter_modules(room.__path__):
        provider = getattr(import_module(f"{room.__name__}.{module.name}"), "PROVIDER", None)
        if not isinstance(provider, Provider):
            continue
        if provider.name in found:
            raise TypeError(f"two modules claim the provider {provider.name}")
        found[provider.name] = provider
    return dict(sorted(found.items()))
