"""The rule for a channel's secret, whatever its provider: text that can be sent, too long to be guessed.

Asked when a secret is set, never of one that is in use: a channel that was made before goes on working.
"""

from __future__ import annotations

import re

LEAST = 16
"""Characters of a secret that somebody chose, or that a provider made (theirs have 20 and more)."""

_CONTROL = re.compile(r"[\x00-\x1f\x7f-\x9f\u2028\u2029\ud800-\udfff]")


def unusable(secret: str) -> str | None:
    """What is wrong with a secret of any kind, an access token among them, or None."""
    if _CONTROL.search(secret):
        return "must have no line breaks and control characters"
    return None if secret and secret == secret.strip() else "must not be blank, nor begin or end with a space"


def guessable(secret: str) -> str | None:
    """What is wrong with a secret that signs, or that is sent as it is, or None."""
    if len(secret) < LEAST or len(set(secret)) < LEAST // 4:
        return f"must have at least {LEAST} characters, and not one of them over and over"
    return None
