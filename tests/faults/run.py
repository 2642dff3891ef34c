"""One run: a crowd, a plan of faults, then quiet, and the verdict."""

from __future__ import annotations

import asyncio
from collections import Counter
from dataclasses import dataclass, field
from random import Random
from typing import get_args

from tests.faults.audit import Fault, Finding, examine
from tests.faults.chaos import Chaos
from tests.faults.crowd import Crowd
from tests.faults.facts import Facts
from tests.faults.ledger import Ledger
from tests.faults.plan import plan
from tests.faults.stand import Stand
from tests.faults.world import World

READY_WITHIN = 90.0
"""Seconds after the last fault for every process to be ready."""
QUIET_WITHIN = 120.0
"""And for everything accepted to have come to its end."""
FAULTS = get_args(Fault)
SHOWN = 15
"""Findings of each kind that a person is shown."""


@dataclass
class Outcome:
    """`seconds_to_zero_lag` None: it did not come to that."""

    ledger: Ledger
    done: Counter[tuple[str, str]]
    kills: int
    seconds_to_zero_lag: float | None = None
    seconds_to_the_end: float | None = None
    findings: list[Finding] = field(default_factory=list)
    facts: Facts | None = None

    @property
    def holds(self) -> bool:
        return not self.findings and self.seconds_to_zero_lag is not None

    def count(self, fault: str) -> int:
        return sum(finding.fault == fault for finding in self.findings)

    def report(self) -> dict[str, float | int | None]:
        """The object that is written to build/faults.json."""
        return {
            "kills": self.kills,
            "contacts": len(self.ledger.contacts),
            "lost": self.count("lost"),
            "doubled": self.count("doubled"),
            "out_of_order": self.count("out_of_order"),
            "seconds_to_zero_lag": self.seconds_to_zero_lag,
        }

    def text(self) -> str:
        """For people."""
        accepted, facts = self.ledger, self.facts
        rows = {
            "faults": ", ".join(f"{how} {target} {n}x" for (how, target), n in sorted(self.done.items())),
            "contacts": len(accepted.contacts),
            "answers": len(accepted.answers),
            "promises": f"{len(accepted.promises)}, {len(accepted.fulfilled)} of them fulfilled",
            "attempts": dict(sorted(accepted.tries.items())),
            "events": sum(map(len, facts.log.values())) if facts else "not looked at",
            "mails": f"{facts.mails.total()}, {facts.mails.total() - len(facts.mails)} of them repeated"
            if facts
            else "",
            "zero lag": _seconds(self.seconds_to_zero_lag),
            "all done": _seconds(self.seconds_to_the_end),
            **{fault: self.count(fault) for fault in FAULTS},
        }
        lines = [f"{name:<13}{value}" for name, value in rows.items()]
        for fault in FAULTS:
            found = [finding.what for finding in self.findings if finding.fault == fault]
            lines += [f"  {fault}: {what}" for what in found[:SHOWN]]
            lines += [f"  {fault}: and {len(found) - SHOWN} more"] if len(found) > SHOWN else []
        return "\n".join(lines)


def _seconds(value: float | None) -> str:
    return "never" if value is None else f"{value:.1f} s after the last fault"


async def run(stand: Stand, *, seconds: float, seed: int) -> Outcome:
    """`seconds` of load and faults; then they stop, and everything has its time to come to an end."""
    ledger = Ledger()
    world = World(stand.made.url, stand.made.token, ledger, Random(seed))
    crowd, chaos = Crowd(world), Chaos(stand)
    try:
        await world.open()
        crowding = asyncio.create_task(crowd.run())
        await chaos.carry_out(plan(seed, seconds))
        chaos.look_for_the_fallen()
        crowd.stop()
        await crowding
    finally:
        await world.close()
    outcome = Outcome(ledger, chaos.done, chaos.kills)
    outcome.findings += [Finding("lost", f"a process that ended by itself: {what}") for what in chaos.fell]
    try:
        outcome.seconds_to_zero_lag, outcome.seconds_to_the_end = await stand.quiet(within=QUIET_WITHIN)
        await stand.made.ready(seconds=READY_WITHIN)
    except TimeoutError as error:
        outcome.findings.append(Finding("lost", f"not quiet: {error}"))
    facts = await stand.facts()
    outcome.findings += examine(ledger, facts, stand.subscriptions)
    outcome.facts = facts
    return outcome
