"""House rules, which the tenant sets, each valid from an instant on: a report finds the value valid then (X3)."""

from __future__ import annotations

from datetime import datetime
from typing import TypeVar

from services.commitments.errors import RuleInThePast
from shared.configuration import NamedSettings, Setting, Version
from shared.database import WriteSession

V = TypeVar("V", bound=Setting)


class HouseRules(NamedSettings):
    async def put(
        self, session: WriteSession, name: str, value: V, *, set_by: str, valid_from: datetime | None = None
    ) -> Version[V]:
        """Stores a rule that holds from `valid_from` on, or from now. Raises RuleInThePast."""
        begins = valid_from or session.now
        if begins < session.now:
            raise RuleInThePast("a rule can begin now or later, not in the past")
        return await super().put(session, name, value, set_by=set_by, valid_from=begins)


house_rules = HouseRules("house_rule")
