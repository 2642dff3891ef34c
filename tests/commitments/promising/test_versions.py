"""What was told in an earlier version of an event is read like everything else."""

import pytest

from services.commitments.board.reading import said_last
from shared.contracts.commitments import CommitmentAgreed, CommitmentDeclined
from tests.commitments.conftest import Commitments
from tests.support.versions import bring_next_version


async def test_decisions_told_in_an_old_version_are_still_decisions(
    kept: Commitments, monkeypatch: pytest.MonkeyPatch
) -> None:
    id_ = (await kept.promise())["id"]
    await kept.call("POST", f"/{id_}/agree", json={"revision": 1})
    before = await kept.call("GET", f"/{id_}/decisions")
    agreed = bring_next_version(monkeypatch, CommitmentAgreed, lambda data: data)
    assert await kept.call("GET", f"/{id_}/decisions") == before
    assert [entry["decision"] for entry in before] == ["agreed"]
    assert [fact["type"] for fact in await kept.call("GET", f"/{id_}/history")][-1] == agreed


async def test_the_board_shows_a_no_that_was_told_in_an_old_version(
    kept: Commitments, monkeypatch: pytest.MonkeyPatch
) -> None:
    id_ = (await kept.promise())["id"]
    await kept.call("POST", f"/{id_}/decline", json={"revision": 1, "reason": "The old lift does not work"})
    bring_next_version(monkeypatch, CommitmentDeclined, lambda data: data | {"reason": f"{data['reason']} (v2)"})
    async with kept.runtime.database.read() as session:
        heard = await said_last(session, await kept.all())
    assert [one.reason for one in heard.values()] == ["The old lift does not work (v2)"]
