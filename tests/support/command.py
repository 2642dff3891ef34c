"""The command `kept`: as the fixture of that name runs it, and what it can be told."""

from collections.abc import Callable
from typing import Any

Kept = Callable[..., tuple[int, str, str]]
"""`kept(WORDS...)`: exit status, standard output, standard error."""


def known(command: Any, path: tuple[str, ...] = ()) -> dict[tuple[str, ...], set[str]]:
    """Each command by its words, with its options."""
    found = {path: {option for one in command.params for option in one.opts if option.startswith("--")}}
    for name, child in getattr(command, "commands", {}).items():
        found |= known(child, (*path, name))
    return found
