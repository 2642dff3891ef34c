"""docs/promise.md shows the rules as they are."""

from __future__ import annotations

import re

import pytest

from services.commitments.promise.core import RULES, Command, Status
from services.commitments.promise.core.rules import Rule
from services.commitments.promise.diagram import PAGE, diagram, drawn, table, ways


def test_the_page_is_drawn_from_the_rules_as_they_are() -> None:
    page = PAGE.read_text()
    assert drawn(page) == page, "run `python -m services.commitments.promise.diagram`"


def test_every_command_and_every_way_is_in_it() -> None:
    arrows = re.findall(r"^    (\w+) --> (\w+): (.*)$", diagram(RULES), flags=re.M)
    shown = {(here, there, by) for here, there, names in arrows for by in names.split(", ")}
    taken = {(here.value, there.value, command.value) for here, there, command in ways()}
    assert shown == taken, "the rules allow what the decisions do"
    assert {line.split(" | ")[0] for line in table(RULES).splitlines()[2:]} == {f"| {c.value}" for c in Command}


def test_no_rule_names_a_state_that_no_decision_leads_to() -> None:
    for command, rule in RULES.items():
        reached = {there for _, there, by in ways() if by is command}
        assert reached <= set(rule.to), command
        assert set(rule.to) - reached <= rule.may, f"{command} leads there or stays there"


def test_what_leads_nowhere_is_an_end() -> None:
    ends = set(re.findall(r"^    (\w+) --> \[\*\]$", diagram(RULES), flags=re.M))
    assert ends == {"fulfilled", "broken", "withdrawn", "void"}


def test_a_changed_rule_shows() -> None:
    changed = {**RULES, Command.VOID: Rule(frozenset({Status.DRAFT}), (Status.VOID,))}
    assert drawn(PAGE.read_text(), changed) != PAGE.read_text()


def test_a_page_without_a_place_for_it_is_no_page() -> None:
    with pytest.raises(ValueError, match="no place"):
        drawn("# nothing")
