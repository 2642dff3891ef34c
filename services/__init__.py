"""The composition root: four services, started apart or together, and the command `kept`."""

VERSION = "0.1.0"
"""As in pyproject.toml."""
