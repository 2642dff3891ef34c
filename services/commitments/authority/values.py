"""The values of house rules. Pure; `house_rules` stores them."""

from __future__ import annotations

from typing import ClassVar

from pydantic import BaseModel, ConfigDict


class Value(BaseModel):
    """One kind of rule. `kind` names it in the table."""

    model_config = ConfigDict(frozen=True)

    kind: ClassVar[str]
