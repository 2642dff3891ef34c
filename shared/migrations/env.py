"""Alembic's environment, the same for every service: the connection is handed in by `upgrade`.

Each revision is a transaction of its own, so that one may fill old rows a piece at a time."""

from __future__ import annotations

from alembic import context

context.configure(
    connection=context.config.attributes["connection"], transactional_ddl=True, transaction_per_migration=True
)
with context.begin_transaction():
    context.run_migrations()
