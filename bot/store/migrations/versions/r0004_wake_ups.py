"""Wake-ups of replicas: the tables of procrastinate, which live on PostgreSQL only."""

from __future__ import annotations

from pathlib import Path

import sqlalchemy as sa
from alembic import op

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None


def upgrade() -> None:
    connection = op.get_bind()
    # The file cannot be run twice, and somebody may have run it by hand.
    if connection.dialect.name != "postgresql" or sa.inspect(connection).has_table("procrastinate_jobs"):
        return
    # The file's text and not the library's: every database that has this step holds the same. Past SQLAlchemy, because
    # only a call without any values takes many statements at once.
    script = Path(__file__).with_name("r0004_procrastinate.sql").read_text(encoding="utf-8")
    connection.connection.cursor().execute(script)
