"""A person's own answers: read back newest first, by nobody else, and gone when they should be."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta

import pytest
from databases import couple
from locksmith import keys
from moments import NOON
from sqlalchemy import Connection, text

from bot.engine.events import Note, PersonId, Retract
from bot.engine.saved import Damaged
from bot.store import notes
from bot.store.database import Database, open_database

DAY = timedelta(days=1)


@pytest.fixture
def conn(database: Database) -> Iterator[Connection]:
    with database.engine.connect() as connection:
        yield connection


def note(of: PersonId, words: str, days: int = 0, *, step: str = "ask", shared: bool = False) -> Note:
    return Note(of, "check_in", step, words, shared, NOON + days * DAY)


def words(conn: Connection, person: PersonId, most: int | None = None, skipped: int = 0) -> list[str]:
    return [one.words for one in notes.newest(conn, person, most, skipped)]


def test_notes_come_back_newest_first_page_by_page(conn: Connection) -> None:
    ann, ben = couple(conn)
    given = [note(ann, "one"), note(ann, "three", 2), note(ann, "two", 1), note(ben, "his", 3), note(ann, "four", 2)]
    notes.keep(conn, given)
    notes.keep(conn, [])
    assert words(conn, ann) == ["four", "three", "two", "one"]
    assert words(conn, ann, 2) == ["four", "three"]
    assert words(conn, ann, 3, 2) == ["two", "one"]
    assert notes.newest(conn, ben) == [note(ben, "his", 3)]


def test_taking_an_answer_back_removes_its_newest_note_only(conn: Connection) -> None:
    ann, ben = couple(conn)
    notes.keep(conn, [note(ann, "old"), note(ann, "new", 1), note(ann, "other", 2, step="why"), note(ben, "his", 3)])
    notes.retract(conn, Retract(ann, "check_in", "ask"))
    assert words(conn, ann) == ["other", "old"]
    assert words(conn, ben) == ["his"]


def test_shared_copies_go_when_the_pair_ends(conn: Connection) -> None:
    ann, ben = couple(conn)
    notes.keep(conn, [note(ann, "mine"), note(ann, "ours", shared=True), note(ben, "his", shared=True)])
    notes.unshare(conn, ann)
    assert words(conn, ann) == ["mine"]
    assert words(conn, ben) == ["his"]


def test_old_notes_go(conn: Connection) -> None:
    ann, _ = couple(conn)
    notes.keep(conn, [note(ann, "old"), note(ann, "new", 1)])
    assert notes.prune(conn, NOON + DAY) == 1
    assert words(conn, ann) == ["new"]


def test_notes_are_sealed_and_a_copy_in_another_row_does_not_open(sqlite_url: str) -> None:
    database = open_database(sqlite_url, keys("w"))
    with database.engine.begin() as conn:
        ann, ben = couple(conn)
        notes.keep(conn, [note(ann, "she made tea"), note(ben, "his")])
        stored = conn.execute(text("SELECT words FROM notes ORDER BY id")).scalars().all()
        assert all(one.startswith("k1.") and "tea" not in one for one in stored)
        assert words(conn, ann) == ["she made tea"]
        conn.execute(text("UPDATE notes SET words = :other WHERE person = :who"), {"other": stored[0], "who": ben})
        with pytest.raises(Damaged):
            notes.newest(conn, ben)
    database.close()
