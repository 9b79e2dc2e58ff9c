"""Worlds in and out: one person or one couple with all their runs, loaded for a turn and saved by what has changed."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import BigInteger, Connection, bindparam, delete, insert, or_, select, update
from sqlalchemy.dialects.postgresql import insert as upsert  # SQLite speaks the same ON CONFLICT

from bot.engine.events import PersonId
from bot.engine.run import Person, Run, World
from bot.engine.saved import Damaged, dump_person, dump_run, load_person, load_run
from bot.store.moment import ticks
from bot.store.schema import people, runs

_chat = bindparam("chat", type_=BigInteger)
_person_at = select(people.c.id).where(people.c.chat == _chat)
_add_person = upsert(people).on_conflict_do_nothing().returning(people.c.id)
_write_state = update(people).where(people.c.id == bindparam("who")).values(state=bindparam("state"))

_me, _other = people.alias("me"), people.alias("other")
_first, _also = bindparam("first", type_=BigInteger), bindparam("also", type_=BigInteger)
_couple = (
    select(people.c.id, people.c.partner, people.c.pending, people.c.state)
    .where(
        or_(
            people.c.id == _first,
            people.c.id == _also,
            people.c.id == select(_me.c.partner).where(_me.c.id == _first).scalar_subquery(),
            people.c.id == select(_other.c.pending).where(_other.c.id == _first).scalar_subquery(),
        )
    )
    .order_by(people.c.id)  # everybody locks in the same order
    .with_for_update()  # SQLite leaves this out: its transactions come one after the other
)
_ids = bindparam("ids", type_=BigInteger, expanding=True)
_their_runs = (
    select(runs.c.state)
    .where(runs.c.one.in_(_ids), or_(runs.c.two.is_(None), runs.c.two.in_(_ids)))
    .order_by(runs.c.place)
)
_save_person = (
    update(people)
    .where(people.c.id == bindparam("who"))
    .values(partner=bindparam("partner"), pending=bindparam("pending"), state=bindparam("state"))
)
_add_run = insert(runs)
_save_run = (
    update(runs)
    .where(runs.c.id == bindparam("run"))
    .values(one=bindparam("one"), two=bindparam("two"), state=bindparam("state"))
)
_drop_run = delete(runs).where(runs.c.id == bindparam("run"))


def person_of(conn: Connection, chat: int, name: str, language: str, now: datetime) -> PersonId:
    """The number of whoever writes from this chat; a new person, with this name and language, if nobody did before."""
    known = conn.execute(_person_at, {"chat": chat}).scalar()
    if known is not None:
        return int(known)
    added = conn.execute(_add_person, {"chat": chat, "state": "", "since": ticks(now)}).scalar()
    if added is None:  # another process was faster
        return int(conn.execute(_person_at, {"chat": chat}).scalar_one())
    person = Person(int(added), name, language=language)
    conn.execute(_write_state, {"who": person.id, "state": dump_person(person)})
    return person.id


def load_world(conn: Connection, person: PersonId, also: PersonId | None = None) -> World:
    """This person, the partner, whoever is about to be linked, and `also` (the inviter of a link that was opened), with
    the runs that nobody outside takes part in, oldest first. PostgreSQL locks these people until the commit.

    Raises Damaged if a saved row cannot be read, and LookupError if there is no such person.
    """
    while True:
        rows = conn.execute(_couple, {"first": person, "also": person if also is None else also}).all()
        here = {row.id for row in rows}
        mine = next((row for row in rows if row.id == person), None)
        if mine is None:
            raise LookupError(f"there is no person {person}")
        # On PostgreSQL somebody may have linked or parted while we waited for the lock: then look again.
        if {mine.partner, mine.pending} <= {*here, None}:
            break
    found = {row.id: load_person(row.state) for row in rows}
    if any(number != one.id for number, one in found.items()):
        raise Damaged("a saved person has somebody else's number")
    loaded = [load_run(state) for state in conn.execute(_their_runs, {"ids": sorted(here)}).scalars()]
    return World(people=found, runs={run.id: run for run in loaded})


def save_world(conn: Connection, before: World, after: World) -> None:
    """Write what is different in `after`. A run that is gone is deleted; people are never added or deleted here."""
    changed = [one for number, one in after.people.items() if _differs(one, before.people[number])]
    if changed:
        conn.execute(
            _save_person,
            [
                {"who": one.id, "partner": one.partner, "pending": one.pending, "state": dump_person(one)}
                for one in changed
            ],
        )
    if gone := [{"run": key} for key in before.runs if key not in after.runs]:
        conn.execute(_drop_run, gone)
    if new := [{"id": run.id, **_columns(run)} for key, run in after.runs.items() if key not in before.runs]:
        conn.execute(_add_run, new)
    both = [(before.runs[key], run) for key, run in after.runs.items() if key in before.runs]
    if moved := [{"run": run.id, **_columns(run)} for old, run in both if _differs(old, run)]:
        conn.execute(_save_run, moved)


def _differs(old: object, new: object) -> bool:
    return old is not new and old != new  # most are the very same: that is told at once


def _columns(run: Run) -> dict[str, object]:
    one, *rest = run.cast
    return {"one": one, "two": rest[0] if rest else None, "state": dump_run(run)}
