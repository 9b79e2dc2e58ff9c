"""Every structure of every flow that was ever published, so that those inside one can finish it."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import Connection, bindparam, select
from sqlalchemy.dialects.postgresql import insert  # SQLite speaks the same ON CONFLICT

from bot.store.moment import ticks
from bot.store.schema import versions

_publish = insert(versions)
_publish = _publish.on_conflict_do_update(
    index_elements=[versions.c.flow, versions.c.structure],
    set_={"wording": _publish.excluded.wording, "source": _publish.excluded.source},
)
_source_of = select(versions.c.source).where(
    versions.c.flow == bindparam("of_flow"), versions.c.structure == bindparam("of_structure")
)


def publish(conn: Connection, flow: str, structure: str, wording: str, source: str, now: datetime) -> None:
    """Keep this version. New wording of a structure that is known replaces the old wording."""
    row = {"flow": flow, "structure": structure, "wording": wording, "source": source, "first_seen": ticks(now)}
    conn.execute(_publish, row)


def source_of(conn: Connection, flow: str, structure: str) -> str | None:
    """The file of this structure with its newest wording; None if it was never published."""
    found = conn.execute(_source_of, {"of_flow": flow, "of_structure": structure}).scalar()
    return None if found is None else str(found)
