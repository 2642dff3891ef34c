"""The statement that claims rows of a queue. Pure.

A claimed row is one whose `next_at` was moved ahead. So no transaction is open while it is worked on, two workers take
different rows, and a worker that dies only delays: when the claim is over, the row is due again.
"""

from __future__ import annotations

from collections.abc import Collection


def claim(table: str, key: str, columns: Collection[str]) -> str:
    """A statement that claims up to `:most` rows that are due at `:now`, until `:until`, those due first.

    The table has the columns `next_at`, null where there is nothing to do, and `attempts`, which counts the claims. It
    returns these columns of each row; with `attempts` among them whoever settles the row says whose claim it was.
    """
    return f"""
        WITH due AS (
            SELECT {key} FROM {table} WHERE next_at <= :now ORDER BY next_at LIMIT :most FOR UPDATE SKIP LOCKED)
        UPDATE {table} t SET attempts = t.attempts + 1, next_at = :until FROM due WHERE t.{key} = due.{key}
        RETURNING {", ".join(f"t.{column}" for column in columns)}
    """
