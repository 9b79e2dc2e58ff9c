"""Rows are sealed anew in batches: a stop half-way loses nothing, and keys that are still needed are asked for."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any

import psycopg
import pytest
from databases import couple
from locksmith import key, keys
from moments import NOON
from sqlalchemy import Connection, event, text

from bot.engine.events import Message, Remember, Send
from bot.engine.run import Run, World
from bot.engine.saved import load_message
from bot.store import keyring, numbers, outbox, rotation, safety
from bot.store.database import Database, StoreError, open_database
from bot.store.rotation import Count, rotate, sweep
from bot.store.schema import WORDS
from bot.store.schema import safety as safety_table
from bot.store.sealing import READABLE, Keys, Ring, make_ring
from bot.store.worlds import load_world, save_world
from bot.store.writer import Writer

SEALED = {column.table.name: column.name for column in (*WORDS, safety_table.c.state)}
FILLED = {"people": 2, "runs": 7, "outbox": 2, "numbers": 2, "safety": 1}
"""How many rows of each table `_fill` leaves with something in them."""


@contextmanager
def _open(url: str, kept: Keys) -> Iterator[Database]:
    database = open_database(url, kept)
    try:
        with database.engine.begin() as conn:
            keyring.admit(conn)
            keyring.note(conn)
        yield database
    finally:
        database.close()


@contextmanager
def _writing(url: str, kept: Keys) -> Iterator[Writer]:
    with _open(url, kept) as database:
        writer = Writer(database)
        try:
            yield writer
        finally:
            asyncio.run(writer.close())


def _fill(url: str, kept: Keys) -> int:
    """Two people, seven runs, three messages of which one is sent, two numbers and a safety state; Ann's number."""
    with _open(url, kept) as database, database.engine.begin() as conn:
        ann, ben = couple(conn)
        world = load_world(conn, ann)
        runs = {name: Run(name, "warm_up", "s1", (ann, ben), "ask", NOON, NOON, seed=7) for name in "abcdefg"}
        save_world(conn, world, World(world.people, runs))
        outbox.put(conn, [(f"k{n}", Send(ann, Message(f"goodbye {n}"))) for n in range(3)], NOON)
        first = outbox.claim(conn, ann, NOON)
        assert first is not None
        outbox.sent(conn, first, 1, False, NOON, None)
        numbers.remember(conn, [Remember(ann, "mood", "rate", value, NOON) for value in (3, 9)])
        safety.save(conn, ann, '{"n":1}', NOON)
    return ann


def _check(url: str, kept: Keys, ann: int) -> None:
    """All that was filled in can be read with these keys."""
    with _open(url, kept) as database, database.engine.connect() as conn:
        world = load_world(conn, ann)
        assert sorted(one.name for one in world.people.values()) == ["Ann", "Ben"] and list(world.runs) == [*"abcdefg"]
        assert [value for _, value in numbers.last_days(conn, ann, "mood", "rate", NOON)] == [3, 9]
        assert safety.load(conn, [ann]) == {ann: '{"n":1}'}
        row = outbox.claim(conn, ann, NOON)
        assert row is not None and load_message(row.payload).text == "goodbye 1"
        outbox.release(conn, [row])


def _marks(url: str) -> set[str]:
    """How the stored values begin; "" for a readable one."""
    database = open_database(url)
    with database.engine.connect() as conn:
        found = [
            value
            for table, column in SEALED.items()
            for value in conn.execute(text(f"SELECT {column} FROM {table} WHERE {column} <> ''")).scalars()
        ]
    database.close()
    return {value[:5] if value.startswith("k1.") else "" for value in found}


def _rotate(url: str, kept: Keys) -> dict[str, Count]:
    with _writing(url, kept) as writer:
        return asyncio.run(rotate(writer))


@pytest.fixture(autouse=True)
def small_batches(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(rotation, "BATCH", 2)


def test_readable_rows_are_sealed(database_url: str) -> None:
    ann = _fill(database_url, READABLE)
    assert _marks(database_url) == {""}
    assert _rotate(database_url, keys("a")) == {table: Count(FILLED.get(table, 0)) for table in SEALED}
    assert _marks(database_url) == {"k1.a.", "k1.s."}
    _check(database_url, keys("a"), ann)
    assert set(_rotate(database_url, keys("a")).values()) == {Count()}


def test_a_new_key_in_front_seals_everything_and_the_old_one_can_go(database_url: str) -> None:
    ann = _fill(database_url, keys("a", safety="s"))
    new = Keys(keys("b", "a").words, make_ring({"t": key("t"), "s": key("s")}))
    assert _rotate(database_url, new) == {table: Count(FILLED.get(table, 0)) for table in SEALED}
    assert _marks(database_url) == {"k1.b.", "k1.t."}
    _check(database_url, keys("b", safety="t"), ann)


def test_key_names_that_differ_in_a_capital_are_two_keys(database_url: str) -> None:
    ann = _fill(database_url, keys("a"))
    _rotate(database_url, keys("A", "a"))
    assert _marks(database_url) == {"k1.A.", "k1.s."}
    _check(database_url, keys("A"), ann)


@pytest.mark.parametrize("table", FILLED)
@pytest.mark.parametrize("before", [READABLE, keys("a")], ids=["readable", "older key"])
def test_a_stop_half_way_loses_nothing_and_the_next_try_goes_on(database_url: str, table: str, before: Keys) -> None:
    ann = _fill(database_url, before)
    new = keys("b", "a", safety="t")
    if before is not READABLE:
        new = Keys(new.words, make_ring({"t": key("t"), "s": key("s")}))
    with _writing(database_url, new) as writer:

        def fail(_c: object, _cursor: object, statement: str, *_: object) -> None:
            if statement.startswith(f"UPDATE {table}"):
                raise RuntimeError("stopped")

        event.listen(writer.database.engine, "after_cursor_execute", fail)
        with pytest.raises(RuntimeError, match="stopped"):
            asyncio.run(rotate(writer))
    assert not _marks(database_url) <= {"k1.b.", "k1.t."}
    _check(database_url, new, ann)
    counts = _rotate(database_url, new)
    done = [*FILLED].index(table)
    assert [counts[name].sealed for name in FILLED] == [0] * done + [*FILLED.values()][done:]
    assert _marks(database_url) == {"k1.b.", "k1.t."}
    _check(database_url, keys("b", safety="t"), ann)


def test_a_stop_inside_a_table_keeps_the_batches_before(database_url: str) -> None:
    ann = _fill(database_url, READABLE)
    with _writing(database_url, keys("a")) as writer:
        batches = 0

        def fail(_c: object, _cursor: object, statement: str, *_: object) -> None:
            nonlocal batches
            if statement.startswith("UPDATE runs"):
                batches += 1
                if batches == 3:
                    raise RuntimeError("stopped")

        event.listen(writer.database.engine, "after_cursor_execute", fail)
        with pytest.raises(RuntimeError):
            asyncio.run(rotate(writer))
    _check(database_url, keys("a"), ann)
    assert _rotate(database_url, keys("a"))["runs"] == Count(3)


def test_a_row_that_does_not_open_is_left_and_counted(database_url: str) -> None:
    _fill(database_url, keys("a"))
    with _open(database_url, keys("a")) as database, database.engine.begin() as conn:
        conn.execute(text("UPDATE runs SET seal = '' WHERE id IN ('a', 'd', 'e')"))
        spoilt = conn.execute(text("SELECT state FROM runs WHERE seal = '' ORDER BY place")).scalars().all()
    counts = _rotate(database_url, keys("b", "a"))
    assert counts["runs"] == Count(4, 3) and counts["numbers"] == Count(2)
    with _open(database_url, keys("b", "a")) as database, database.engine.begin() as conn:
        left = conn.execute(text("SELECT state FROM runs WHERE seal = '' ORDER BY place")).scalars().all()
        assert left == spoilt
    with pytest.raises(StoreError, match="under the key a"), _open(database_url, keys("b")):
        pass


async def test_turns_and_a_rotation_beside_them_both_come_through(database_url: str) -> None:
    """As on a PostgreSQL whose bot goes on, its new key in front already."""
    ann = _fill(database_url, keys("a"))
    with _open(database_url, keys("b", "a")) as database:
        writer = Writer(database)

        def visit(conn: Connection) -> None:
            world = load_world(conn, ann)
            moved = {name: replace(run, visit=run.visit + 1) for name, run in reversed([*world.runs.items()])}
            save_world(conn, world, World(world.people, moved))

        await asyncio.gather(rotate(writer), *(writer.run(visit) for _ in range(20)))
        world = await writer.run(lambda conn: load_world(conn, ann))
        assert {run.visit for run in world.runs.values()} == {20}
        await writer.close()
    assert _marks(database_url) == {"k1.b.", "k1.s."}


def test_rows_that_are_sealed_anew_wait_for_nobody_else_to_change_them(postgres_url: str) -> None:
    """Between reading a row and writing it, no turn may change it: its change would be lost."""
    _fill(postgres_url, keys("a"))
    refused: list[bool] = []
    with _writing(postgres_url, keys("b", "a")) as writer, psycopg.connect(postgres_url) as other:

        def try_it(_c: object, _cursor: object, statement: str, *_: object) -> None:
            if statement.startswith("UPDATE runs"):
                try:
                    other.execute("SELECT 1 FROM runs FOR UPDATE NOWAIT")
                except psycopg.errors.LockNotAvailable:
                    refused.append(True)
                other.rollback()

        event.listen(writer.database.engine, "before_cursor_execute", try_it)
        asyncio.run(rotate(writer))
    assert refused == [True] * 4


def test_what_was_readable_is_nowhere_in_the_file_after_the_sweep(sqlite_url: str, tmp_path: Path) -> None:
    ann = _fill(sqlite_url, READABLE)
    database = open_database(sqlite_url)
    with database.engine.begin() as conn:
        letters = [(f"l{n}", Send(ann, Message(f"goodbye {n} " * 20))) for n in range(100)]
        outbox.put(conn, letters, NOON)
        conn.execute(text("DELETE FROM outbox WHERE id % 3 = 0 AND key LIKE 'l%'"))
    database.close()

    def found() -> list[str]:
        return [file.name for file in tmp_path.iterdir() if b"goodbye" in file.read_bytes()]

    with _writing(sqlite_url, keys("a")) as writer:

        def leave_traces(connection: Any, _record: object) -> None:
            connection.execute("PRAGMA secure_delete=OFF")  # as most builds of SQLite do by themselves

        writer.database.engine.dispose()
        event.listen(writer.database.engine, "connect", leave_traces)
        asyncio.run(rotate(writer))
    assert found() == ["bot.db"]  # where rows have been: this is what the sweep is for
    with _open(sqlite_url, keys("a")) as database:
        sweep(database)
        assert found() == []
    assert found() == []
    _check(sqlite_url, keys("a"), ann)


def test_the_sweep_works_on_a_server_too(postgres_url: str) -> None:
    ann = _fill(postgres_url, keys("a"))
    with _open(postgres_url, keys("a")) as database:
        sweep(database)
    _check(postgres_url, keys("a"), ann)


# --- which keys a database needs --------------------------------------------------------------------------------------


WRONG: dict[str, tuple[Callable[[], Keys], str]] = {
    "none": (lambda: READABLE, "under the key a, which TWOFOLD_KEYS does not hold"),
    "another": (lambda: keys("b"), "under the key a, which TWOFOLD_KEYS does not hold"),
    "another of this name": (lambda: Keys(make_ring({"a": key("b")})), "key a in TWOFOLD_KEYS is not the one"),
}


@pytest.mark.parametrize(("kept", "words"), WRONG.values(), ids=WRONG)
def test_a_bot_without_the_right_keys_may_not_begin(database_url: str, kept: Any, words: str) -> None:
    with _open(database_url, keys("a")):
        pass
    with pytest.raises(StoreError, match=words), _open(database_url, kept()):
        pass
    with _open(database_url, keys("b", "a")):
        pass
    with pytest.raises(StoreError, match="under the key b"), _open(database_url, keys("a")):
        pass


def test_safety_keys_are_not_asked_for(database_url: str) -> None:
    with _open(database_url, keys("a", safety="s")):
        pass
    with _open(database_url, Keys(keys("a").words, Ring())):
        pass


def test_a_database_that_never_had_keys_asks_for_none(database_url: str) -> None:
    with _open(database_url, READABLE) as database, database.engine.connect() as conn:
        assert conn.execute(text("SELECT count(*) FROM meta")).scalar() == 0
