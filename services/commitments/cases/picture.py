"""The picture that a batch of events is decided over: customers, cases, promises, loaded once, locked in one order."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from uuid import UUID

from services.commitments import customers
from services.commitments.calendars.store import Calendars
from services.commitments.cases import joining, watch
from services.commitments.cases.joining import Joined
from services.commitments.cases.watch import Cases
from services.commitments.customers import Customer, People
from services.commitments.policies.store import Rulebook
from services.commitments.promise import gathered
from services.commitments.promise.core import Promise
from services.commitments.promise.gathered import HEARD_OF, Gathered
from services.commitments.promise.store import Promises
from services.commitments.tasks import store as tasks
from services.commitments.tasks.model import Task
from shared.contracts.terms import CommitmentKind
from shared.database import WriteSession


@dataclass(frozen=True, slots=True)
class Wanted:
    """The keys of what a picture shows: people alone where no `kinds` of promises are asked for.

    `contacts` came in, and may ask for a clock; `answered` are named by what we sent.
    """

    customers: Collection[UUID]
    cases: Collection[UUID] = ()
    promises: Collection[UUID] = ()
    contacts: Collection[UUID] = ()
    answered: Collection[UUID] = ()
    kinds: Collection[CommitmentKind] = HEARD_OF


@dataclass(frozen=True, slots=True)
class Picture:
    """Customers with their families, cases, what is promised and not kept, tasks, and the rules, as decided so far."""

    people: People
    cases: Cases
    promises: Gathered
    tasks: dict[UUID, Task]
    joined: Joined
    rules: Rulebook

    def to(self, customer: UUID) -> Customer:
        return self.people.find(customer)

    def of_case(self, case: UUID, customer: UUID, kind: CommitmentKind) -> list[Promise]:
        """The promises of a kind that a case still waits for."""
        return [p for p in self.promises.unkept_of([customer], [kind]) if p.case_id == case]


async def gather(session: WriteSession, store: Promises, wanted: Wanted) -> Picture:
    """Loads the picture. Cases are locked before promises are."""
    people = await customers.gather(session, wanted.customers, store.stranger)
    if not wanted.kinds:
        promises = Gathered(people, store.default_language, {}, {}, set())
        return Picture(people, Cases(()), promises, {}, Joined({}), Rulebook((), Calendars({})))
    family = {member for customer in wanted.customers for member in people.family(customer)}
    cases = await watch.gather(session, wanted.cases, family)
    promises = await gathered.gather(
        session, store, people, family, ids=wanted.promises, contacts=wanted.contacts, kinds=wanted.kinds
    )
    asked = await tasks.find(session, [p.id for p in promises.before.values() if p.kind is CommitmentKind.TASK])
    joined = await joining.gather(session, {*wanted.contacts, *wanted.answered})
    return Picture(people, cases, promises, asked, joined, await Rulebook.load(session))


async def write(session: WriteSession, store: Promises, picture: Picture) -> None:
    await customers.write(session, picture.people)
    await watch.write(session, picture.cases)
    await picture.promises.write(session, store)
    await joining.write(session, picture.joined)
