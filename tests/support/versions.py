"""A next version of an event's type, as a later day brings it, until the test is over."""

import pytest

from shared.contracts import Payload, envelope, upcasting
from shared.contracts.upcasting import Upcaster, upcaster


def bring_next_version(patch: pytest.MonkeyPatch, payload: type[Payload], step: Upcaster) -> str:
    """The payload's class becomes that of the next version; `step` makes its data of the old. Returns the new type."""
    name, _, version = payload.type.rpartition(".v")
    old, new = payload.type, f"{name}.v{int(version) + 1}"
    patch.delitem(envelope._CLASSES, old)
    patch.setitem(envelope._CLASSES, new, payload)
    patch.setattr(payload, "type", new)
    patch.setattr(upcasting, "_STEPS", dict(upcasting._STEPS))
    upcaster(old, new)(step)
    return new
