"""Worlds in and out: one person or one couple with all their runs, loaded for a turn and saved by what has changed."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime, timedelta

import structlog
from sqlalchemy import BigInteger, Connection, bindparam, delete, func, insert, or_, select, update
from sqlalchemy.dialects.postgresql import insert as upsert  # SQLite speaks the same ON CONFLICT

from bot.engine.events import PersonId
from bot.engine.run import Person, Run, Safety, World
from bot.engine.saved import Damaged, dump_person, dump_run, dump_safety, load_person, load_run, load_safety
from bot.store import safety
from bot.store.moment import moment, ticks
from bot.store.schema import people, runs
from bot.store.sealing import Ring, words_of

log = structlog.get_logger()

_chat = bindparam("chat", type_=BigInteger)
_person_at = select(people.c.id).where(people.c.chat == _chat)
_since = select(people.c.since).where(people.c.id == bindparam("who", type_=BigInteger))
_newcomers = select(func.count()).select_from(people).where(people.c.since > bindparam("after", type_=BigInteger))
_add_person = upsert(people).on_conflict_do_nothing().returning(people.c.id)
_write_state = (
    update(people).where(people.c.id == bindparam("who")).values(state=bindparam("state"), seal=bindparam("seal"))
)

_me, _other = people.alias("me"), people.alias("other")
_first, _also = bindparam("first", type_=BigInteger), bindparam("also", type_=BigInteger)
_couple = (
    select(people.c.id, people.c.partner, people.c.pending, people.c.seal, people.c.state)
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
    select(runs.c.place, runs.c.seal, runs.c.state)
    .where(runs.c.one.in_(_ids), or_(runs.c.two.is_(None), runs.c.two.in_(_ids)))
    .order_by(runs.c.place)
)
_save_person = (
    update(people)
    .where(people.c.id == bindparam("who"))
    .values(
        partner=bindparam("partner"), pending=bindparam("pending"), state=bindparam("state"), seal=bindparam("seal")
    )
)
_add_run = insert(runs)
_save_run = (
    update(runs)
    .where(runs.c.id == bindparam("run"))
    .values(one=bindparam("one"), two=bindparam("two"), state=bindparam("state"), seal=bindparam("seal"))
)
_drop_run = delete(runs).where(runs.c.id == bindparam("run"))


def knows(conn: Connection, chat: int) -> bool:
    """Whether anybody has written from this chat before."""
    return conn.execute(_person_at, {"chat": chat}).scalar() is not None


def newcomers(conn: Connection, within: timedelta, now: datetime) -> int:
    """How many people came for the first time within this time."""
    return int(conn.execute(_newcomers, {"after": ticks(now - within)}).scalar_one())


def person_of(conn: Connection, chat: int, name: str, language: str, now: datetime) -> PersonId:
    """The number of whoever writes from this chat; a new person, with this name and language, if nobody did before."""
    known = conn.execute(_person_at, {"chat": chat}).scalar()
    if known is not None:
        return int(known)
    ring = words_of(conn)
    row = {"chat": chat, "since": ticks(now), **ring.sealed(people.c.state, "")}
    added = conn.execute(_add_person, row).scalar()
    if added is None:  # another process was faster
        return int(conn.execute(_person_at, {"chat": chat}).scalar_one())
    person = Person(int(added), name, language=language)
    conn.execute(_write_state, {"who": person.id, **ring.sealed(people.c.state, dump_person(person))})
    return person.id


def since(conn: Connection, person: PersonId) -> datetime:
    """When this person came for the first time."""
    return moment(conn.execute(_since, {"who": person}).scalar_one())


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
    ring = words_of(conn)
    found = {row.id: load_person(ring.opened(people.c.state, row.id, row.seal, row.state)) for row in rows}
    if any(number != one.id for number, one in found.items()):
        raise Damaged("a saved person has somebody else's number")
    theirs = conn.execute(_their_runs, {"ids": sorted(here)})
    loaded = [load_run(ring.opened(runs.c.state, row.place, row.seal, row.state)) for row in theirs]
    return World(people=found, runs={run.id: run for run in loaded}, safety=_safety_of(conn, here))


def _safety_of(conn: Connection, here: set[PersonId]) -> Mapping[PersonId, Safety]:
    """What these people told about being safe. What cannot be read counts as never told: not known is not open."""
    told: dict[PersonId, Safety] = {}
    for person, saved in safety.load(conn, sorted(here)).items():
        try:
            told[person] = load_safety(saved)
        except Damaged as damaged:
            log.error("row_not_read", table="safety", row=person, why=str(damaged))
    return told


def save_world(conn: Connection, before: World, after: World, now: datetime | None = None) -> None:
    """Write what is different in `after`. A run that is gone is deleted; people are never added or deleted here.

    `now` (the real time, where it is left out) is the moment from which the age of safety state counts.
    """
    _save_safety(conn, before, after, datetime.now(UTC) if now is None else now)
    ring = words_of(conn)
    changed = [one for number, one in after.people.items() if _differs(one, before.people[number])]
    if changed:
        conn.execute(
            _save_person,
            [
                {
                    "who": one.id,
                    "partner": one.partner,
                    "pending": one.pending,
                    **ring.sealed(people.c.state, dump_person(one)),
                }
                for one in changed
            ],
        )
    if gone := [{"run": key} for key in before.runs if key not in after.runs]:
        conn.execute(_drop_run, gone)
    if new := [{"id": run.id, **_columns(ring, run)} for key, run in after.runs.items() if key not in before.runs]:
        conn.execute(_add_run, new)
    both = [(before.runs[key], run) for key, run in after.runs.items() if key in before.runs]
    if moved := [{"run": run.id, **_columns(ring, run)} for old, run in both if _differs(old, run)]:
        conn.execute(_save_run, moved)


def _save_safety(conn: Connection, before: World, after: World, now: datetime) -> None:
    for person in before.safety.keys() - after.safety.keys():
        safety.drop(conn, person)
    for person, told in after.safety.items():
        if told != before.safety.get(person, Safety()):
            safety.save(conn, person, dump_safety(told), now)


def _differs(old: object, new: object) -> bool:
    return old is not new and old != new  # most are the very same: that is told at once


def _columns(ring: Ring, run: Run) -> dict[str, object]:
    one, *rest = run.cast
    return {"one": one, "two": rest[0] if rest else None, **ring.sealed(runs.c.state, dump_run(run))}
