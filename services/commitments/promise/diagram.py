"""The life of a promise as a picture, which `python -m services.commitments.promise.diagram` draws from the rules.

Pure but for the last lines: rules to the text of a Mermaid state diagram and of a table, and both into docs/promise.md.
"""

from __future__ import annotations

import sys
from collections.abc import Callable, Mapping
from datetime import UTC, datetime, timedelta
from functools import cache
from itertools import product
from pathlib import Path
from uuid import UUID

from services.commitments.promise import core
from services.commitments.promise.core import RULES, Command, Decision, Promise, Status
from services.commitments.promise.core.rules import Rule
from shared.contracts.terms import CommitmentKind, Option, Progress, Terms
from shared.problems import Problem

PAGE = Path(__file__).parents[3] / "docs/promise.md"

_BEGIN, _END = "<!-- drawn from the rules: {} -->", "<!-- end of {} -->"


Way = tuple[Status, Status, Command]
_BEGAN = datetime(2026, 3, 2, tzinfo=UTC)
_STEP = timedelta(hours=1)
_LONGEST = 3
"""Revisions of a promise after which its life brings no way that was not there before."""


@cache
def ways() -> frozenset[Way]:
    """Every step that the decisions take from one state to another, found by walking all lives of a promise.

    Each command is tried on each promise that can be reached, in time and late, for as long as something is new.
    """
    found: set[Way] = set()
    known: set[Promise] = set()
    new = [_first()]
    while new:
        promise = new.pop()
        if promise in known or len(promise.terms) > _LONGEST:
            continue
        known.add(promise)
        for command, now in product(Command, (_BEGAN + _STEP, promise.binds.due_at + _STEP)):
            try:
                after = _COMMANDS[command](promise, now)[0]
            except Problem:
                continue
            if after.status is not promise.status:
                found.add((promise.status, after.status, command))
            new.append(after)
    return frozenset(found)


def _first() -> Promise:
    due = _BEGAN + 10 * _STEP
    another = Option(name="another", words="", due_at=due + _STEP, cost="")
    terms = Terms(revision=1, words="", due_at=due, zone="UTC", cost="", options=(another,))
    return Promise(id=UUID(int=1), customer_id=UUID(int=2), kind=CommitmentKind.PROMISE, terms=(terms,))


def _revised(promise: Promise, now: datetime) -> Decision:
    return core.revise(promise, due_at=promise.latest.due_at + 10 * _STEP, reason="", by="", now=now)


def _progressed(promise: Promise, now: datetime) -> Decision:
    said = Progress(at=_BEGAN, now_doing="", next_step="", next_contact_at=_BEGAN)
    return core.tell_progress(promise, said, now, by="")


_COMMANDS: Mapping[Command, Callable[[Promise, datetime], Decision]] = {
    Command.REVIEW: lambda p, now: core.review(p, "approved", now, by="", reason=""),
    Command.STATE: core.state,
    Command.AGREE: lambda p, now: core.agree(p, len(p.terms), now),
    Command.DECLINE: lambda p, now: core.decline(p, len(p.terms), "", now),
    Command.CHOOSE: lambda p, now: core.choose(p, len(p.terms), "another", now),
    Command.CONFIRM: lambda p, now: core.confirm(p, len(p.terms), now, by=""),
    Command.REVISE: _revised,
    Command.PROGRESS: _progressed,
    Command.WAIT: lambda p, now: core.wait(p, now, reason="", by=""),
    Command.RESUME: lambda p, now: core.resume(p, now, by=""),
    Command.WARN: lambda p, now: core.warn(p, now, early=True),
    Command.ESCALATE: lambda p, now: core.escalate(p, to="", by_when=now + _STEP, reason="", by="", now=now),
    Command.FALL_DUE: core.fall_due,
    Command.FULFIL: lambda p, now: core.fulfil(p, now, by=""),
    Command.WITHDRAW: lambda p, now: core.withdraw(p, now, reason="", by=""),
    Command.VOID: lambda p, now: core.void(p, now, reason="", by=""),
}


def diagram(rules: Mapping[Command, Rule]) -> str:
    """Each arrow is a pair of states with the commands that lead from one to the other.

    The rules say what may lead where; of that, what the decisions do is drawn.
    """
    taken = ways()
    arrows: dict[tuple[Status, Status], list[str]] = {}
    for command, rule in rules.items():
        for here, there in product(Status, Status):
            if (here, there, command) in taken and here in rule.may and there in rule.to:
                arrows.setdefault((here, there), []).append(command.value)
    ends = [status for status in Status if not any(here is status for here, _ in arrows)]
    lines = ["stateDiagram-v2", f"    [*] --> {Status.DRAFT.value}"]
    lines += [f"    {here.value} --> {there.value}: {', '.join(by)}" for (here, there), by in sorted(arrows.items())]
    lines += [f"    {status.value} --> [*]" for status in ends]
    return "\n".join(lines)


def table(rules: Mapping[Command, Rule]) -> str:
    """The table of commands: from where, to where, and whether only until the binding due time."""
    lines = ["| command | from | to | only in time |", "| --- | --- | --- | --- |"]
    for command, rule in rules.items():
        may = ", ".join(status.value for status in Status if status in rule.may)
        to = ", ".join(status.value for status in rule.to) or "stays where it is"
        lines.append(f"| {command.value} | {may} | {to} | {'yes' if rule.in_time else ''} |")
    return "\n".join(lines)


def drawn(page: str, rules: Mapping[Command, Rule] = RULES) -> str:
    """The page with what is drawn from the rules in its place. Raises ValueError where a place is missing."""
    for name, content in (("diagram", f"```mermaid\n{diagram(rules)}\n```"), ("table", table(rules))):
        before, begin, rest = page.partition(_BEGIN.format(name))
        _, end, after = rest.partition(_END.format(name))
        if not begin or not end:
            raise ValueError(f"the page has no place for the {name}")
        page = f"{before}{begin}\n{content}\n{end}{after}"
    return page


if __name__ == "__main__":
    PAGE.write_text(drawn(PAGE.read_text()))
    sys.stdout.write(f"{PAGE} is drawn\n")
