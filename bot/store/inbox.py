"""Which updates have been taken: the number goes in with the turn, so that a repeated delivery does nothing."""

from __future__ import annotations

from datetime import datetime, timedelta

from sqlalchemy import BigInteger, Connection, bindparam, delete
from sqlalchemy.dialects.postgresql import insert  # SQLite speaks the same ON CONFLICT

from bot.store.moment import ticks
from bot.store.schema import inbox

KEPT = timedelta(days=3)
"""The messenger gives up on an update after 24 hours; three days leave room for a clock that is wrong."""

_first = insert(inbox).on_conflict_do_nothing().returning(inbox.c.update_id)
_quarantine = insert(inbox)
_quarantine = _quarantine.on_conflict_do_update(
    index_elements=[inbox.c.update_id],
    set_={"status": _quarantine.excluded.status, "reason": _quarantine.excluded.reason},
)
_prune = delete(inbox).where(inbox.c.at < bindparam("before", type_=BigInteger))


def first_time(conn: Connection, update_id: int, now: datetime) -> bool:
    """Note the update; False if it was noted before."""
    row = {"update_id": update_id, "at": ticks(now), "status": "ok", "reason": None}
    return conn.execute(_first, row).scalar() is not None


def quarantine(conn: Connection, update_id: int, reason: str, now: datetime) -> None:
    """Note that this update cannot be worked on. `reason` is a code or the name of an error, never words of people."""
    conn.execute(_quarantine, {"update_id": update_id, "at": ticks(now), "status": "quarantined", "reason": reason})


def prune(conn: Connection, now: datetime) -> int:
    """Forget the updates that are older than KEPT; how many they were."""
    return conn.execute(_prune, {"before": ticks(now - KEPT)}).rowcount
