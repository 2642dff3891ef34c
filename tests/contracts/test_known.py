"""Which events a process knows does not depend on what else it has imported."""

import subprocess
import sys

import pytest


@pytest.mark.process
def test_one_import_knows_the_events_of_every_service() -> None:
    """Intake shows events on the timeline whose modules nothing in it names."""
    program = "from shared.contracts import event_types; print(*{p.topic for p in event_types().values()})"
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert set(done.stdout.split()) == {"kept.intake", "kept.commitments", "kept.notifications", "kept.feedback"}
