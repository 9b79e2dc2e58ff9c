"""Which keys a database was written under: whoever lacks one may not begin, or all it sealed would be put aside."""

from __future__ import annotations

from sqlalchemy import Connection, Text, bindparam, delete, select
from sqlalchemy.dialects.postgresql import insert  # SQLite speaks the same ON CONFLICT

from bot.engine.saved import Damaged
from bot.store.database import StoreError
from bot.store.schema import meta
from bot.store.sealing import words_of

_PREFIX = "key "

_samples = select(meta.c.key, meta.c.value).where(meta.c.key.startswith(_PREFIX, autoescape=True))
_leave = insert(meta).on_conflict_do_nothing()
_forget = delete(meta).where(
    meta.c.key.startswith(_PREFIX, autoescape=True), meta.c.key != bindparam("first", type_=Text)
)


def admit(conn: Connection) -> None:
    """Try the connection's keys on a sample of each key that was ever first here.

    Raises StoreError where a key is missing or is another one under the same name.
    """
    ring = words_of(conn)
    for row in conn.execute(_samples).all():
        name = row.key.removeprefix(_PREFIX)
        if name not in ring.ciphers:
            raise StoreError(
                f"Words in this database are sealed under the key {name}, which TWOFOLD_KEYS does not hold. "
                "Put it back, after the others."
            )
        try:
            seal, _, stored = row.value.partition(" ")
            ring.unlocked(meta.c.value, seal, stored)
        except Damaged:
            raise StoreError(
                f"The key {name} in TWOFOLD_KEYS is not the one that sealed this database. Put the right one back."
            ) from None


def note(conn: Connection) -> None:
    """Leave a sample of the first key, before anything is sealed under it."""
    ring = words_of(conn)
    if ring.ciphers:
        key = _PREFIX + next(iter(ring.ciphers))
        sample = ring.sealed(meta.c.value, "opens")
        conn.execute(_leave, {"key": key, "value": f"{sample['seal']} {sample['value']}"})


def retire(conn: Connection) -> None:
    """Only the first key is needed from now on."""
    conn.execute(_forget, {"first": _PREFIX + next(iter(words_of(conn).ciphers), "")})
