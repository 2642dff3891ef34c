"""Status rules: what the answers of a provider mean, as data. Pure."""

from __future__ import annotations

from collections.abc import Mapping

from services.notifications.errors import Outcome

Rules = Mapping[str, Outcome]
"""Outcomes by the codes of a provider's answers. A code stands for those below it: `5.2` for `5.2.1`, `5` for `550`."""


def judged(rules: Rules, *codes: str) -> Outcome:
    """The outcome of an answer with these codes, the most telling code first; unknown where no rule says."""
    for code in codes:
        if code in rules:
            return rules[code]
    for code in codes:
        while code:
            if code in rules:
                return rules[code]
            code = code.rpartition(".")[0] if "." in code else code[:-1]
    return Outcome.UNKNOWN
