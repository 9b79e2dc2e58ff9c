"""What the bot knows about somebody's danger: a table and keys of its own, so that no backup need ever hold it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import datetime

from sqlalchemy import BigInteger, Connection, bindparam, delete, select
from sqlalchemy.dialects.postgresql import insert  # SQLite speaks the same ON CONFLICT

from bot.engine.events import PersonId
from bot.engine.saved import Damaged
from bot.store.moment import ticks
from bot.store.schema import safety
from bot.store.sealing import safety_of

_of_these = select(safety.c.person, safety.c.seal, safety.c.state).where(
    safety.c.person.in_(bindparam("people", type_=BigInteger, expanding=True))
)
_save = insert(safety)
_save = _save.on_conflict_do_update(
    index_elements=[safety.c.person],
    set_={"seal": _save.excluded.seal, "state": _save.excluded.state, "at": _save.excluded.at},
)
_drop = delete(safety).where(safety.c.person == bindparam("who", type_=BigInteger))
_prune = delete(safety).where(safety.c.at < bindparam("before", type_=BigInteger))


def load(conn: Connection, people: Iterable[PersonId]) -> Mapping[PersonId, str]:
    """The safety state of those of these people who have one.

    One that does not open, as in a restored backup that came without its key, counts as none; a line in the log says
    so.
    """
    ring = safety_of(conn)
    found: dict[PersonId, str] = {}
    for row in conn.execute(_of_these, {"people": list(people)}):
        try:
            found[row.person] = ring.opened(safety.c.state, row.person, row.seal, row.state)
        except Damaged:
            continue
    return found


def save(conn: Connection, person: PersonId, state_json: str, now: datetime) -> None:
    """Keep this state in place of any older one."""
    sealed = safety_of(conn).sealed(safety.c.state, state_json)
    conn.execute(_save, {"person": person, "at": ticks(now), **sealed})


def drop(conn: Connection, person: PersonId) -> None:
    """Forget this person's state."""
    conn.execute(_drop, {"who": person})


def prune(conn: Connection, before: datetime) -> int:
    """Forget what was saved before this moment; how many people's it was."""
    return conn.execute(_prune, {"before": ticks(before)}).rowcount
