"""Settings and their versions. Pure."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import ClassVar, Generic, TypeVar

from pydantic import BaseModel, ConfigDict


class Setting(BaseModel):
    """The value of one kind of setting. `kind` names it in the table."""

    model_config = ConfigDict(frozen=True)

    kind: ClassVar[str]


V = TypeVar("V", bound=Setting)


@dataclass(frozen=True, slots=True)
class Version(Generic[V]):
    """A setting from an instant on, until the next version of the same name."""

    name: str
    value: V
    valid_from: datetime
    set_by: str
