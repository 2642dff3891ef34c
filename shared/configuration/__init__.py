"""Configuration with history: a setting holds from an instant on, and nothing that was set is overwritten.

`model` decides when a setting may begin and which version is in force, and is pure. `named` keeps settings as JSON, by
kind and name in one table; `rows` those that have a table of their own. Which tables those are, their service says.
"""

from shared.configuration.model import Setting, Version
from shared.configuration.named import NamedSettings

__all__ = ["NamedSettings", "Setting", "Version"]
