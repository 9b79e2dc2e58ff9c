"""Small facts of the bot itself, such as how far the messenger's updates have been read."""

from __future__ import annotations

from sqlalchemy import Connection, bindparam, select
from sqlalchemy.dialects.postgresql import insert  # SQLite speaks the same ON CONFLICT

from bot.store.schema import meta

_write = insert(meta)
_write = _write.on_conflict_do_update(index_elements=[meta.c.key], set_={"value": _write.excluded.value})
_read = select(meta.c.value).where(meta.c.key == bindparam("name"))


def write(conn: Connection, key: str, value: str) -> None:
    """Keep this fact in place of an older one."""
    conn.execute(_write, {"key": key, "value": value})


def read(conn: Connection, key: str) -> str | None:
    """The fact; None if it was never written."""
    found = conn.execute(_read, {"name": key}).scalar()
    return None if found is None else str(found)
