"""Details of messages as JSON, and read back. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from pydantic import ConfigDict, ValidationError

from services.notifications.errors import Uncomposable
from services.notifications.messages.acknowledgement import Acknowledgement
from services.notifications.messages.details import Details, Kind
from services.notifications.messages.kinds import OF_KIND


class Stored(Details):
    """The details of a message that nobody here reads or changes."""

    model_config = ConfigDict(extra="allow")


def pack(details: Details) -> dict[str, Any]:
    """Details as JSON can hold them. A zone that is none is left out: the version before fills what is not there."""
    packed = details.model_dump(mode="json")
    return packed if packed["zone"] else {name: value for name, value in packed.items() if name != "zone"}


def unpack(kind: str, packed: Mapping[str, Any]) -> Details:
    """The details of a message of this kind. Raises Uncomposable where they do not hold."""
    try:
        return OF_KIND[Kind(kind)].model_validate(packed)
    except ValidationError as error:
        missing = ", ".join(str(one["loc"][0]) for one in error.errors(include_input=False))
        raise Uncomposable(kind, "any", f"its details do not hold: {missing}") from None
    except ValueError:
        raise Uncomposable(kind, "any", "there is no such kind of message") from None


def stored(kind: str, packed: Mapping[str, Any]) -> Details:
    """The details of a message that waits or has left, whatever became of it: an acknowledgement can still change."""
    return (Acknowledgement if kind == Kind.ACKNOWLEDGEMENT else Stored).model_validate(packed)
