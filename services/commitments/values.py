"""What a rule of the house says. Pure; `house_rules` keeps them."""

from __future__ import annotations

from typing import ClassVar

from pydantic import BaseModel, ConfigDict


class Value(BaseModel):
    """One kind of rule. `kind` names it in the table."""

    model_config = ConfigDict(frozen=True)

    kind: ClassVar[str]
