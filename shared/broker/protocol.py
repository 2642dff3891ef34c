"""The protocol of a broker. One contract suite holds both implementations to it.

Records of one key lie in one partition, in the order they were published. A group's partitions are shared
out among its live consumers. What was polled and not committed is polled again by whoever comes next.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import NamedTuple, Protocol


class BrokerLost(ConnectionError):
    """The broker cannot be reached, or took our partitions away. Trying again later can help."""


class Partition(NamedTuple):
    topic: str
    number: int


@dataclass(frozen=True, slots=True)
class Bounds:
    """The bounds of a partition: offsets from `first` to before `end`; `committed` is where a group goes on."""

    first: int
    end: int
    committed: int | None


@dataclass(frozen=True, slots=True)
class Survey:
    """A broker as a group finds it. `broker` names the log itself: another one, made anew, has another name."""

    broker: str
    partitions: Mapping[Partition, Bounds]


@dataclass(frozen=True, slots=True)
class Record:
    """A record of a topic. `value` None is a tombstone. `offset` is -1 until the record has been published."""

    topic: str
    key: str
    value: bytes | None
    headers: Sequence[tuple[str, bytes]]
    partition: int = -1
    offset: int = -1


class Consumer(Protocol):
    """One member of a group. Not for use by two tasks at once."""

    async def start(self) -> None: ...

    async def stop(self) -> None:
        """Leaves the group, so that others need not wait for its silence."""
        ...

    async def poll(self, *, limit: int, timeout: float) -> Mapping[Partition, Sequence[Record]]:
        """Returns up to `limit` records in offset order, at once or after `timeout` seconds with none.

        May be called while partitions are paused; calling it is what keeps the membership alive.
        """
        ...

    async def commit(self, offsets: Mapping[Partition, int]) -> None:
        """Commits each partition's next offset to read. Raises BrokerLost where the partition is ours no longer."""
        ...

    def rewind(self, partition: Partition, offset: int) -> None:
        """Lets the next poll of this partition start at `offset` again. Does nothing where it is ours no longer."""
        ...

    def pause(self, partition: Partition) -> None: ...

    def resume(self, partition: Partition) -> None: ...

    async def lag(self) -> int:
        """Records of this member's partitions that are published and not yet polled."""
        ...


Drain = Callable[[], Awaitable[None]]
"""Called before partitions are taken away: finish the batch in hand and commit it."""


class Broker(Protocol):
    async def start(self) -> None:
        """Connects and sees to it that the topics exist. Raises BrokerLost."""
        ...

    async def stop(self) -> None: ...

    async def publish(self, records: Sequence[Record]) -> None:
        """Publishes records, and returns when all are durable, in the order given for each key. Raises BrokerLost."""
        ...

    def consumer(self, group: str, topics: Sequence[str], *, drain: Drain | None = None) -> Consumer: ...

    async def survey(self, group: str, topics: Sequence[str]) -> Survey:
        """Looks at topics as a group finds them, without joining it. Raises BrokerLost."""
        ...

    async def set_back(self, group: str, offsets: Mapping[Partition, int]) -> None:
        """Sets where a group goes on, while it has no member. Raises BrokerLost where it has one."""
        ...

    def history(self, topic: str, since: datetime) -> AsyncIterator[Sequence[Record]]:
        """Reads the records of a topic from about `since` up to now, each partition's in order. Raises BrokerLost."""
        ...

    async def answers(self) -> None:
        """Checks that the broker answers. Raises BrokerLost where it does not."""
        ...
