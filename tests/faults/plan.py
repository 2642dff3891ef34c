"""What is broken, and when: a pure function of a seed."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import cycle
from random import Random
from typing import Literal

from services.host import registry

How = Literal["kill", "restart", "freeze"]
SERVERS = ("postgres", "kafka")
GAP = 1.0, 3.5
"""Seconds between one fault and the next."""
DOWN = 0.0, 2.0
"""Seconds for which what was killed stays away, besides the time it takes to start."""
FROZEN = 8.0, 11.0
"""Longer than a lease: somebody else has taken over when the frozen one goes on. Kafka gives up on it after 10."""
SERVER_EVERY = 6
"""One fault in so many is a server's."""
FREEZE_EVERY = 12


@dataclass(frozen=True, slots=True)
class Fault:
    """`at` seconds after the beginning, `target` ("intake worker", "postgres") is away for `seconds`."""

    at: float
    target: str
    how: How
    seconds: float


def plan(seed: int, seconds: float) -> list[Fault]:
    """In order of time. Everything there is comes to harm early, in an order that the seed decides."""
    random = Random(seed)
    targets, servers = _processes(random), _servers(random)
    faults: list[Fault] = []
    at = 1.0
    while at < seconds:
        number = len(faults) + 1
        if number % SERVER_EVERY == 2:
            target, how = next(servers)
            faults.append(Fault(at, target, how, random.uniform(*DOWN)))
        elif number % FREEZE_EVERY == 5:
            target = f"{random.choice(registry.NAMES)} worker"
            faults.append(Fault(at, target, "freeze", random.uniform(*FROZEN)))
        else:
            faults.append(Fault(at, next(targets), "kill", random.uniform(*DOWN)))
        at += random.uniform(*GAP)
    return faults


def _processes(random: Random) -> Iterator[str]:
    """Each once, then any of them, workers twice as often."""
    everything = [f"{service} {role}" for service in registry.NAMES for role in ("api", "worker")]
    yield from random.sample(everything, len(everything))
    weights = [2 if name.endswith("worker") else 1 for name in everything]
    while True:
        yield random.choices(everything, weights)[0]


def _servers(random: Random) -> Iterator[tuple[str, How]]:
    """Each killed, then each restarted in order, and so on."""
    order = random.sample(SERVERS, len(SERVERS))
    ways: tuple[How, ...] = ("kill", "restart")
    return cycle((server, how) for how in ways for server in order)
