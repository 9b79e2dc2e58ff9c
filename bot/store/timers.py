"""Promises for later: one row a key. Whoever takes the row keeps the promise; nothing else in the bot keeps time."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import BigInteger, Connection, Text, bindparam, delete, func, select
from sqlalchemy.dialects.postgresql import insert  # SQLite speaks the same ON CONFLICT

from bot.engine.events import Arm, PersonId
from bot.store.moment import moment, ticks
from bot.store.schema import timers

_LAST = "\U0010ffff"
"""Sorts after every other character, so that what begins with a prefix lies between it and it plus this."""

_now = bindparam("now", type_=BigInteger)
_arm = insert(timers)
_arm = _arm.on_conflict_do_update(
    index_elements=[timers.c.key], set_={"owner": _arm.excluded.owner, "due": _arm.excluded.due}
)
_disarm = delete(timers).where(
    timers.c.key >= bindparam("low", type_=Text), timers.c.key < bindparam("high", type_=Text)
)
_due = (
    select(timers.c.owner, timers.c.key, timers.c.due)
    .where(timers.c.due <= _now)
    .order_by(timers.c.due, timers.c.key)
    .limit(bindparam("most"))
)
_take = delete(timers).where(timers.c.key == bindparam("name"), timers.c.due <= _now).returning(timers.c.due)
_next = select(func.min(timers.c.due))
_next_after = _next.where(timers.c.due > _now)


@dataclass(frozen=True, slots=True)
class Timer:
    """A promise to `owner`. `due` is exactly what it was armed with."""

    owner: PersonId
    key: str
    due: datetime


def arm(conn: Connection, armed: Iterable[Arm]) -> None:
    """Set these timers; one whose key is there already is moved. Of two with the same key the later one counts."""
    rows = {one.key: {"key": one.key, "owner": one.owner, "due": ticks(one.due)} for one in armed}
    if rows:
        conn.execute(_arm, list(rows.values()))


def disarm(conn: Connection, prefix: str) -> None:
    """Drop every timer whose key begins so, capital letters counting. An empty prefix is a mistake: ValueError."""
    if not prefix:
        raise ValueError("an empty prefix would drop the timers of everybody")
    conn.execute(_disarm, {"low": prefix, "high": prefix + _LAST})


def due(conn: Connection, now: datetime, limit: int) -> list[Timer]:
    """The timers whose moment has come, the most overdue first."""
    rows = conn.execute(_due, {"now": ticks(now), "most": limit})
    return [Timer(row.owner, row.key, moment(row.due)) for row in rows]


def take(conn: Connection, key: str, now: datetime) -> datetime | None:
    """Take a timer that is due: it is gone, and this is when it was due. None if it was moved, dropped or taken."""
    taken = conn.execute(_take, {"name": key, "now": ticks(now)}).scalar()
    return None if taken is None else moment(taken)


def next_due(conn: Connection, after: datetime | None = None) -> datetime | None:
    """When the next timer is due, be it long ago; or the next one after this moment. None if there is none."""
    first = conn.execute(_next) if after is None else conn.execute(_next_after, {"now": ticks(after)})
    due = first.scalar()
    return None if due is None else moment(due)
