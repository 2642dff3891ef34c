"""A migration that has landed never changes, and the chain of each service only grows.

`landed.json` names each file that a database may have been made by, with its SHA-256, in the order of the chain.
A new migration is added to it by `python -m tests.migrations.landed`, which refuses any other change.
"""

from __future__ import annotations

import json
import subprocess
from pathlib import Path

import pytest
from alembic.script import ScriptDirectory

from services.host import registry
from tests.migrations import landed

ROOT = Path(__file__).parents[2]


def test_no_landed_migration_has_changed_and_every_migration_is_listed() -> None:
    assert landed.read() == landed.found(), f"add a new migration by `python -m {landed.__name__}`; edit none"


@pytest.mark.parametrize("service", registry.NAMES)
def test_the_chain_has_one_line_in_the_order_of_the_names(service: str) -> None:
    script = ScriptDirectory(str(registry.migrations(service)))
    chain = [revision.revision for revision in reversed(list(script.walk_revisions()))]
    assert chain == sorted(chain), "revisions are numbered in their order"
    assert [script.get_revision(revision).down_revision for revision in chain] == [None, *chain[:-1]]
    files = [Path(script.get_revision(revision).path).name for revision in chain]
    assert files == [Path(name).name for name in landed.read() if f"/{service}/migrations/versions/" in name]


@pytest.mark.process
def test_since_they_are_locked_history_knows_of_no_change_to_any() -> None:
    """The lock itself could be edited together with a migration: git remembers. What has landed is the line of main."""
    lock = Path(landed.LOCK).relative_to(ROOT)

    def git(*words: str) -> str:
        ran = subprocess.run(["git", "-C", str(ROOT), *words], capture_output=True, text=True, check=False)
        if ran.returncode:
            pytest.skip("this is no clone with its history")
        return ran.stdout

    for revision in git("log", "--first-parent", "--diff-filter=AM", "--format=%H", "--", str(lock)).split():
        then = json.loads(git("show", f"{revision}:{lock}"))
        assert {name: landed.read().get(name) for name in then} == then, f"what {revision[:9]} locked has changed"


@pytest.mark.parametrize("change", ["edited", "gone", "put between"])
def test_any_other_change_than_a_new_end_is_refused(change: str) -> None:
    before = landed.read()
    after = dict(before)
    name = next(name for name in before if "/commitments/" in name and "0003" in name)
    if change == "edited":
        after[name] = "0" * 64
    elif change == "gone":
        del after[name]
    else:
        after = {}
        for one, digest in before.items():
            after[one] = digest
            if one == name:
                after[name.replace("0003", "0003a")] = "0" * 64
    with pytest.raises(landed.Changed):
        landed.grown(before, after)
    assert landed.grown(before, before) == before
