"""Policies: the rules that say which clock opens for what, and how long it runs.

`model` finds the rule, `contacts` says what a contact opens and keeps, `trying` what a rule would have done. All of
those are pure. `store`, `schemas` and `routes` are the edge.
"""

from services.commitments.policies.contacts import answers, clock_for, is_kept_by
from services.commitments.policies.model import (
    Circumstances,
    Policy,
    PolicyKind,
    answering,
    due_by,
    first_rule,
    rule_for,
)

__all__ = [
    "Circumstances", "Policy", "PolicyKind", "answering", "answers", "clock_for", "due_by", "first_rule", "is_kept_by",
    "rule_for",
]  # fmt: skip
