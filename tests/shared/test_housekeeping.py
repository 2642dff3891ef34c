"""Old ids go, young ones stay: what is swept is nothing that could still come again."""

from datetime import timedelta

from sqlalchemy import text

from shared.database import Database
from shared.housekeeping import sweep


async def test_only_what_is_old_goes(database: Database) -> None:
    now = database.clock.now()
    async with database.engine.begin() as connection:
        for age in (1, 29, 31, 400):
            await connection.execute(
                text("INSERT INTO inbox VALUES (gen_random_uuid(), :at)"), {"at": now - timedelta(days=age)}
            )
    assert await sweep(database, timedelta(days=30)) == 2
    async with database.engine.connect() as connection:
        assert (await connection.execute(text("SELECT count(*) FROM inbox"))).scalar_one() == 2
    assert await sweep(database, timedelta(days=30)) == 0
