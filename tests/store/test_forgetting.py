"""Nothing is left of somebody who is forgotten, and nothing of anybody else is touched."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta

import pytest
from databases import couple
from moments import NOON
from sqlalchemy import Connection, text

from bot.engine.events import Arm, Message, Note, PersonId, Remember, Send
from bot.engine.run import Clear, Run, Safety
from bot.store import forgetting, links, notes, numbers, outbox, timers, traces
from bot.store.database import Database
from bot.store.schema import tables
from bot.store.worlds import load_world, person_of, save_world

DAY = timedelta(days=1)


@pytest.fixture
def conn(database: Database) -> Iterator[Connection]:
    with database.engine.connect() as connection:
        yield connection


def _live(conn: Connection, person: PersonId) -> None:
    """Something of this person in every table."""
    notes.keep(conn, [Note(person, "f", "s", "words", False, NOON)])
    numbers.remember(conn, [Remember(person, "f", "s", 3, NOON)])
    traces.note(conn, person, 5, NOON, ours=True)
    links.issue(conn, person, f"token{person}", NOON + DAY)
    timers.arm(conn, [Arm(f"own:{person}:page", person, NOON), Arm(f"every:{person}:f:", person, NOON)])
    for number, tag in enumerate(("q", "")):
        outbox.put(conn, [(f"{person}{number}", Send(person, Message("words"), tag))], NOON)
    row = outbox.claim(conn, person, NOON)
    assert row is not None
    outbox.sent(conn, row, 5, False, NOON, None)
    world = load_world(conn, person)
    alone = Run(f"alone{person}", "f", "s", (person,), "ask", NOON, NOON, seed=1)
    safety = {**world.safety, person: Safety(Clear.OPEN, asked=NOON)}
    save_world(conn, world, replace(world, runs={**world.runs, alone.id: alone}, safety=safety), NOON)


def _rows(conn: Connection) -> dict[str, list[int]]:
    owner = {"people": "id", "runs": "one", "invitations": "inviter", "timers": "owner"}
    left = {}
    for name in tables.tables:
        if name not in ("inbox", "meta", "versions", "slots"):
            column = owner.get(name, "person")
            left[name] = list(conn.execute(text(f"SELECT {column} FROM {name} ORDER BY 1")).scalars())
    return left


def test_a_wiped_person_leaves_a_row_without_a_chat_and_nothing_else(conn: Connection) -> None:
    ann, ben = couple(conn)
    for person in (ann, ben):
        _live(conn, person)
    timers.arm(conn, [Arm(f"own:{ann}:left", ben, NOON)])
    forgetting.wipe(conn, ann)
    assert {name for name, owners in _rows(conn).items() if ann in owners} == {"people"}
    assert all(ben in owners for owners in _rows(conn).values())
    assert conn.execute(text("SELECT chat FROM people WHERE id = :who"), {"who": ann}).scalar() == -ann
    assert conn.execute(text("SELECT count(*) FROM timers WHERE owner = :who"), {"who": ben}).scalar() == 3
    assert person_of(conn, 101, "Ann", "en", NOON) not in (ann, ben)


def test_a_tombstone_goes_when_its_partner_has_heard_and_its_last_words_are_sent(conn: Connection) -> None:
    ann, ben = couple(conn)
    forgetting.wipe(conn, ann)
    outbox.put_farewell(conn, "bye", ann, 101, Message("Everything is removed"), NOON)
    forgetting.bury(conn, ann)
    world = load_world(conn, ben)
    assert set(world.people) == {ann, ben}
    apart = {who: replace(one, partner=None) for who, one in world.people.items()}
    save_world(conn, world, replace(world, people=apart), NOON)
    forgetting.bury(conn, ann)
    assert set(load_world(conn, ann).people) == {ann}
    row = outbox.claim(conn, ann, NOON)
    assert row is not None and row.kind == "farewell" and "101" in row.payload
    outbox.sent(conn, row, 9, False, NOON, None)
    assert forgetting.bury_all(conn) == 1
    assert _rows(conn)["people"] == [ben]
    assert _rows(conn)["outbox"] == []


def test_nobody_with_a_chat_is_buried(conn: Connection) -> None:
    ann = person_of(conn, 7, "Ann", "en", NOON)
    forgetting.bury(conn, ann)
    assert forgetting.bury_all(conn) == 0
    assert _rows(conn)["people"] == [ann]
