"""What can go wrong with a message, as named errors.

Uncomposable        a template has a placeholder nobody filled; such a text is never sent
Undelivered         the provider did not take it
+-- Refused         for good: the same message will not be taken later
+-- TryLater        for now: the network, the server or its mood
"""

from __future__ import annotations


class Uncomposable(ValueError):
    def __init__(self, template: str, language: str, why: str) -> None:
        super().__init__(f"the template {template} ({language}) cannot be filled: {why}")


class Undelivered(Exception):
    """`reason` is a line for our people, free of control characters."""

    def __init__(self, reason: str) -> None:
        self.reason = " ".join(reason.split())[:300]
        super().__init__(self.reason)


class Refused(Undelivered):
    pass


class TryLater(Undelivered):
    pass
