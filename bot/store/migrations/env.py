"""What Alembic runs to reach the database: the connection that `migrate` gives it, inside its transaction."""

from __future__ import annotations

from alembic import context

from bot.store.migrations import ours
from bot.store.schema import tables

context.configure(
    connection=context.config.attributes["connection"],
    target_metadata=tables,
    render_as_batch=True,
    include_name=ours,
)
with context.begin_transaction():
    context.run_migrations()
