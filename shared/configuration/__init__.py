"""Configuration with history: a setting holds from an instant on, and nothing that was set is overwritten.

`model` decides and is pure. `named` stores settings as JSON by kind and name in one table; `rows` reads and adds to
tables of a setting's own. Which tables those are, their service says.
"""

from shared.configuration.model import Setting, Version
from shared.configuration.named import NamedSettings

__all__ = ["NamedSettings", "Setting", "Version"]
