"""A pool of databases: a test borrows one with a service's tables, and what it wrote is taken out again.

Copying a database takes ten times as long as emptying one. Whoever alters the schema, the server or its roles makes a
database of their own by `ScratchPostgres.make_database`.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from time import monotonic, sleep

from tests.support.emptying import AsMade, Emptied
from tests.support.postgres import ScratchPostgres
from tests.support.scratch import migrated_template

LEAVING = 5.0
"""Seconds in which a server notices that whoever was connected has gone."""


class Pool:
    """The databases of one service: those that are free, and the template of which more are made."""

    def __init__(self, postgres: ScratchPostgres, migrations: Path) -> None:
        self._postgres = postgres
        self.template = migrated_template(postgres, migrations)
        self._as_made = AsMade(postgres.dsn(self.template))
        self._free: list[str] = []

    def take(self) -> str:
        """The name of a database that is as newly migrated, and nobody else's until `give_back`."""
        return self._free.pop() if self._free else self._postgres.make_database(self.template)

    def give_back(self, name: str) -> None:
        """Empties it, for the next. Raises AssertionError where somebody is still connected.

        One with an altered schema, or grown so large that it is slower than a new one, is dropped instead.
        """
        deadline = monotonic() + LEAVING
        while (found := self._as_made.restore(self._postgres.dsn(name))) is Emptied.IN_USE and monotonic() < deadline:
            sleep(0.01)
        if found is Emptied.AS_MADE:
            self._free.append(name)
            return
        self._postgres.drop_database(name)
        assert found is not Emptied.IN_USE, f"{LEAVING:.0f} s after the test somebody is connected to its database"

    @contextmanager
    def lent(self) -> Iterator[str]:
        """The name of a database for a block."""
        name = self.take()
        try:
            yield name
        finally:
            self.give_back(name)


class Pools:
    """The pool of each service, made when first asked for."""

    def __init__(self, postgres: ScratchPostgres) -> None:
        self._postgres = postgres
        self._pools: dict[Path, Pool] = {}

    def of(self, migrations: Path) -> Pool:
        if migrations not in self._pools:
            self._pools[migrations] = Pool(self._postgres, migrations)
        return self._pools[migrations]
