"""The copy of our own people that commitments keeps: their roles and team, each from the instant intake told of it."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

from services.commitments.authority.house_rules import house_rules
from services.commitments.authority.limits import Member
from shared.configuration import Version
from shared.contracts import Event
from shared.contracts.intake import PersonUpdated
from shared.database import WriteSession
from shared.handling import Fact, Reaction, Work


class Members(NamedTuple):
    """The people as they are known so far, by subject, and what these events add to their history."""

    known: dict[str, Member]
    news: list[Version[Member]]


async def _gather(session: WriteSession, _: Sequence[Fact]) -> Members:
    return Members(
        {name: rule.value for name, rule in (await house_rules.in_force(session, Member, session.now)).items()}, []
    )


async def _write(session: WriteSession, members: Members) -> None:
    if members.news:
        await house_rules.learn(session, members.news)


learning = Reaction(_gather, _write)


@learning.on(PersonUpdated)
def learn(members: Members, work: Work, event: Event, said: PersonUpdated) -> None:
    """A change of roles, team or activity is another version of the person; of a name or language it is none here."""
    now = Member(role=said.roles[0], team=said.team, roles=said.roles, active=said.active)
    if members.known.get(said.subject) != now:
        members.known[said.subject] = now
        members.news.append(Version(said.subject, now, min(event.time, work.now), said.by))
