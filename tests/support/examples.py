"""How many examples a property is tried on where a hundred are not the right number."""

from hypothesis import settings

USUAL = 100
"""Examples of a property that names no number, in `make test`."""


def examples(count: int) -> settings:
    """`count` of them, and as much fewer in `make test-fast` as there are of others."""
    usual = settings.default.max_examples if settings.default else USUAL
    return settings(max_examples=max(1, count * usual // USUAL))
