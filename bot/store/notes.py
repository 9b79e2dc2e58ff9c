"""What a person has answered, for that person alone to read again."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime

from sqlalchemy import BigInteger, Connection, Text, bindparam, delete, insert, select

from bot.engine.events import Note, PersonId, Retract
from bot.store.moment import moment, ticks
from bot.store.schema import notes
from bot.store.sealing import words_of

_person = bindparam("who", type_=BigInteger)
_keep = insert(notes)
_read = (
    select(notes.c.id, notes.c.flow, notes.c.step, notes.c.words, notes.c.shared, notes.c.at, notes.c.seal)
    .where(notes.c.person == _person)
    .order_by(notes.c.at.desc(), notes.c.id.desc())
)
_page = _read.limit(bindparam("most")).offset(bindparam("skipped"))
_newest = (
    select(notes.c.id)
    .where(
        notes.c.person == _person,
        notes.c.flow == bindparam("of_flow", type_=Text),
        notes.c.step == bindparam("of_step", type_=Text),
    )
    .order_by(notes.c.at.desc(), notes.c.id.desc())
    .limit(1)
)
_retract = delete(notes).where(notes.c.id == _newest.scalar_subquery())
_unshare = delete(notes).where(notes.c.person == _person, notes.c.shared)
_prune = delete(notes).where(notes.c.at < bindparam("before", type_=BigInteger))


def keep(conn: Connection, given: Iterable[Note]) -> None:
    """Keep these notes."""
    ring = words_of(conn)
    rows = [
        {
            "person": one.of,
            "flow": one.flow,
            "step": one.step,
            "shared": one.shared,
            "at": ticks(one.at),
            **ring.sealed(notes.c.words, one.words),
        }
        for one in given
    ]
    if rows:
        conn.execute(_keep, rows)


def newest(conn: Connection, person: PersonId, most: int | None = None, skipped: int = 0) -> list[Note]:
    """This person's notes, newest first: all of them, or `most` after the first `skipped`.

    Raises Damaged if one cannot be opened.
    """
    ring = words_of(conn)
    asked = {"who": person}
    rows = (
        conn.execute(_read, asked) if most is None else conn.execute(_page, {**asked, "most": most, "skipped": skipped})
    )
    return [
        Note(
            person,
            row.flow,
            row.step,
            ring.opened(notes.c.words, row.id, row.seal, row.words),
            row.shared,
            moment(row.at),
        )
        for row in rows
    ]


def retract(conn: Connection, back: Retract) -> None:
    """The newest note of this question goes: its answer was taken back."""
    conn.execute(_retract, {"who": back.of, "of_flow": back.flow, "of_step": back.step})


def unshare(conn: Connection, person: PersonId) -> None:
    """Copies of what this person shared go."""
    conn.execute(_unshare, {"who": person})


def prune(conn: Connection, before: datetime) -> int:
    """Forget the notes from before this moment; how many they were."""
    return conn.execute(_prune, {"before": ticks(before)}).rowcount
