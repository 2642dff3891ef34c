"""Each kind that a provider documents becomes a contact, a fact or a word on a handle; what is nothing is named.

A kind that nobody knows yet is a contact without words, or waits in quarantine under its name. None is passed by.
"""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.intake.channels.registry import providers
from tests.intake.channels.kinds import chats, desks, mails, meta, own
from tests.intake.channels.kinds.samples import QUARANTINE, Unheard, became

TABLES = (meta, chats, desks, mails, own)
KINDS = [kind for table in TABLES for kind in table.KINDS]
UNHEARD: dict[str, list[Unheard]] = {name: samples for table in TABLES for name, samples in table.UNHEARD.items()}
CASES = [pytest.param(*kind, id=f"{kind[0]}-{number}") for number, kind in enumerate(KINDS)]

names = st.from_regex(r"unheard_[a-z]{1,9}(_of)?", fullmatch=True)
"""Providers name their kinds so, and none has one of these."""


@pytest.mark.parametrize(("provider", "sample", "becomes"), CASES)
def test_each_kind_becomes_what_it_is(provider: str, sample: object, becomes: object) -> None:
    assert became(provider, sample) == list(becomes), sample  # type: ignore[arg-type, call-overload]


@pytest.mark.parametrize("provider", sorted(providers()))
@given(name=names)
def test_a_kind_that_nobody_knows_never_vanishes(provider: str, name: str) -> None:
    """It may be filed, with what is known of its family; else quarantine says which it was."""
    for sample in UNHEARD[provider]:
        assert became(provider, sample(name)), sample(name)


def test_every_provider_is_in_the_tables() -> None:
    assert {name for name, _, _ in KINDS} == set(UNHEARD) == set(providers())


def test_quarantine_says_which_kind_it_was() -> None:
    said = [meta.change("a_field_to_come", x=1), meta.ms(to_come={}), chats.tg(to_come={}), desks.ic("a.topic.to.come")]
    for provider, sample in zip(("whatsapp", "messenger", "telegram", "intercom"), said, strict=True):
        assert became(provider, sample) == [QUARANTINE]
