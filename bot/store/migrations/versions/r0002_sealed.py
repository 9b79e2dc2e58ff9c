"""Words can be sealed: each row with words gets its seal, and safety state a table of its own."""

from __future__ import annotations

import secrets

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None

_id = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
_SEALED = {"people": "id", "runs": "place", "outbox": "id", "numbers": "id"}


def upgrade() -> None:
    for table in _SEALED:
        # No batch: to make `people` anew in SQLite would delete all that belongs to people.
        op.add_column(table, sa.Column("seal", sa.Text(), server_default=sa.text("''"), nullable=False))
    with op.batch_alter_table("numbers") as numbers:
        numbers.alter_column(
            "value",
            type_=sa.Text(),
            existing_type=sa.Integer(),
            existing_nullable=False,
            postgresql_using="value::text",
        )
    for table, row in _SEALED.items():
        _fill(op.get_bind(), table, row)
    op.create_table(
        "safety",
        sa.Column("person", _id, nullable=False),
        sa.Column("seal", sa.Text(), nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("at", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(["person"], ["people.id"], name=op.f("fk_safety_person"), ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("person", name=op.f("pk_safety")),
    )


def _fill(connection: sa.Connection, table: str, row: str) -> None:
    found = connection.execute(sa.text(f"SELECT {row} FROM {table}")).scalars().all()
    if found:
        seals = [{"row": number, "seal": secrets.token_hex(16)} for number in found]
        connection.execute(sa.text(f"UPDATE {table} SET seal = :seal WHERE {row} = :row"), seals)
