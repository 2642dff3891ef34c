"""House rules, which the tenant sets, each valid from an instant on: a report finds the value valid then (X3)."""

from __future__ import annotations

from shared.configuration import NamedSettings

house_rules = NamedSettings("house_rule")
