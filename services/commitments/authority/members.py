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

    known: dict[str, Version[Member]]
    news: list[Version[Member]]


async def _gather(session: WriteSession, _: Sequence[Fact]) -> Members:
    return Members(await house_rules.in_force(session, Member, session.now), [])


async def _write(session: WriteSession, members: Members) -> None:
    if members.news:
        await house_rules.learn(session, members.news)


learning = Reaction(_gather, _write)


@learning.on(PersonUpdated)
def learn(members: Members, work: Work, event: Event, said: PersonUpdated) -> None:
    """A change of roles, team or activity is another version of the person; of a name or language it is none here.

    It follows the version known so far, also where the clock of whoever tells it was set back.
    """
    now = Member(role=said.roles[0], team=said.team, roles=said.roles, active=said.active)
    before = members.known.get(said.subject)
    if before is not None and before.value == now:
        return
    begins = min(event.time, work.now)
    if before is not None:
        begins = max(begins, before.valid_from)
    members.known[said.subject] = version = Version(said.subject, now, begins, said.by)
    members.news.append(version)
