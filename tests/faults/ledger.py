"""What the installation said yes to, written down by those who asked. Afterwards it is held to every word of it."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from typing import Literal

Kind = Literal["message", "call", "missed_call"]


@dataclass(frozen=True, slots=True)
class Contact:
    """A contact as its provider knows it. `person` is the address it came from; one person's contacts have an order."""

    channel: str
    external_id: str
    kind: Kind
    person: str


@dataclass
class Ledger:
    """Only what was answered by 2xx counts as accepted. What was sent again under the same id counts once."""

    contacts: list[Contact] = field(default_factory=list)
    answers: list[str] = field(default_factory=list)
    """Texts of agents' answers, each of them unique."""
    promises: dict[str, str] = field(default_factory=dict)
    """Words by the id of a promise that was stated; the words are unique."""
    fulfilled: set[str] = field(default_factory=set)
    refused: list[str] = field(default_factory=list)
    """What was answered by a status after which nobody sends again, or by one that is nobody's to see."""
    tries: Counter[str] = field(default_factory=Counter)
    """How attempts ended: by status, or by the name of the connection's error."""

    def accept(self, contact: Contact) -> None:
        self.contacts.append(contact)
