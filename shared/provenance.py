"""The verdict on whether a mail comes from whom it says, by the checks that were made of it. Pure."""

from __future__ import annotations

from shared.contracts.intake import Authentication, Verdict

_SAYS_NOTHING = frozenset({None, Verdict.NONE, Verdict.NEUTRAL, Verdict.TEMPERROR})
"""Of a check that was not made, could not be, or may be made again. Neutral is to be read as none (RFC 7208, 2.6.2)."""


def unproven(found: Authentication | None) -> str | None:
    """The reason why the sender of a mail may be another than it says; None where nothing speaks for that.

    DMARC decides where it passes or fails. Without it one of SPF and DKIM must pass, if either says anything.
    """
    if found is None or found.dmarc is Verdict.PASS:
        return None
    if found.dmarc is Verdict.FAIL:
        return f"the mail may not be from whom it says: DMARC fails, says {found.by}"
    others = {"SPF": found.spf, "DKIM": found.dkim}
    if Verdict.PASS in others.values() or set(others.values()) <= _SAYS_NOTHING:
        return None
    verdicts = ", ".join(f"{name} {verdict or Verdict.NONE}" for name, verdict in others.items())
    return f"the mail may not be from whom it says: neither SPF nor DKIM passes ({verdicts}), says {found.by}"
