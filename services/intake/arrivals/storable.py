"""Items in a form that the database can hold: no NUL, no half of a surrogate pair, no endless id. Pure.

An answer quotes what it answers: the link by which a customer acts, which stood there, is named and not kept.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import fields, is_dataclass, replace
from enum import Enum
from hashlib import sha256
from typing import Any, TypeVar

from services.intake.channels.items import CallStep, Contact, Item
from shared.security.customer_links import masked
from shared.texts import clean

LONGEST_ID = 200
"""Characters of an id; a longer one stands as its digest."""

_IDS = frozenset({"external_id", "call_id", "about", "message_id", "references"})

T = TypeVar("T")


def storable(items: Sequence[Item]) -> list[Item]:
    """Nearly always they are as they should be, which is quickly seen: no copy is made."""
    return [item if _is_storable(item) else _mended(item) for item in items]


def _is_storable(item: Item) -> bool:
    whole = "".join(_texts(item))
    if clean(whole) is not whole or masked(whole) is not whole:
        return False
    match item:
        case Contact():
            ids = [item.external_id, item.message_id, *item.references]
        case CallStep():
            ids = [item.call_id]
        case _:
            ids = [getattr(item, name, None) for name in ("external_id", "about")]
    return all(len(id_) <= LONGEST_ID for id_ in ids if id_)


def _texts(value: object) -> Iterator[str]:
    """Every text in it, however deep."""
    for name in value.__slots__:  # type: ignore[attr-defined]
        found = getattr(value, name)
        if not found:
            continue
        if type(found) is str:
            yield found
        elif type(found) is tuple:
            for one in found:
                yield from ((one,) if type(one) is str else _texts(one))
        elif is_dataclass(found):
            yield from _texts(found)


def _mended(value: T) -> T:
    changes = {field.name: _mend(field.name, getattr(value, field.name)) for field in fields(value)}  # type: ignore[arg-type]
    return replace(value, **changes)  # type: ignore[type-var]


def _mend(name: str, value: Any) -> Any:
    if isinstance(value, str) and not isinstance(value, Enum):
        return short(clean(value)) if name in _IDS else masked(clean(value))
    if isinstance(value, tuple):
        return tuple(_mend(name, one) for one in value)
    return _mended(value) if is_dataclass(value) else value


def short(external_id: str) -> str:
    return external_id if len(external_id) <= LONGEST_ID else sha256(external_id.encode()).hexdigest()
