"""Jobs that share a commit, and what each of them is told."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Callable

import pytest
from databases import couple
from sqlalchemy import Connection, event, text
from sqlalchemy.exc import IntegrityError

from bot.store.database import StoreError, open_database
from bot.store.writer import Writer


def keep(conn: Connection, key: str, value: str) -> None:
    conn.execute(text("INSERT INTO meta VALUES (:key, :value)"), {"key": key, "value": value})


def _note(key: str) -> Callable[[Connection], str]:
    def job(conn: Connection) -> str:
        keep(conn, key, "here")
        return key

    return job


def _fail(key: str) -> Callable[[Connection], str]:
    def job(conn: Connection) -> str:
        keep(conn, key, "here")
        raise ValueError(key)

    return job


def _notes(conn: Connection) -> list[str]:
    return list(conn.execute(text("SELECT key FROM meta ORDER BY key")).scalars())


async def _behind(writer: Writer, *jobs: Callable[[Connection], object]) -> list[object]:
    """The jobs' answers, all of them queued while the writer is busy with another one."""
    begun, go = asyncio.Event(), threading.Event()
    loop = asyncio.get_running_loop()

    def block(_: Connection) -> None:
        loop.call_soon_threadsafe(begun.set)
        go.wait()

    blocking = [asyncio.ensure_future(writer.run(block)) for _ in writer.threads]
    await asyncio.wait([asyncio.ensure_future(begun.wait()), *blocking], return_when=asyncio.FIRST_COMPLETED)
    asked = [asyncio.ensure_future(writer.run(job)) for job in jobs]
    await asyncio.sleep(0)  # lets each of them reach the queue
    go.set()
    await asyncio.gather(*blocking)
    return await asyncio.gather(*asked, return_exceptions=True)


async def test_a_job_gives_its_value_and_is_kept(writer: Writer) -> None:
    assert await writer.run(_note("a")) == "a"
    assert await writer.run(_notes) == ["a"]


async def test_a_job_that_raises_changes_nothing_and_is_told(writer: Writer) -> None:
    with pytest.raises(ValueError, match="bad"):
        await writer.run(_fail("bad"))
    assert await writer.run(_notes) == []


async def test_a_job_that_raises_harms_no_other_in_its_commit(writer: Writer) -> None:
    told = await _behind(writer, _note("a"), _fail("bad"), _note("b"))
    assert told[0] == "a" and told[2] == "b"
    assert isinstance(told[1], ValueError)
    assert await writer.run(_notes) == ["a", "b"]


async def test_a_statement_that_is_refused_harms_no_other(writer: Writer) -> None:
    def twice(conn: Connection) -> None:
        conn.execute(text("INSERT INTO meta VALUES ('twice', ''), ('twice', '')"))

    told = await _behind(writer, _note("a"), twice, _note("b"))
    assert type(told[1]).__name__ == "IntegrityError"
    assert await writer.run(_notes) == ["a", "b"]


async def test_an_error_names_no_values(sqlite_url: str) -> None:
    database = open_database(sqlite_url)
    writer = Writer(database)

    def twice(conn: Connection) -> None:
        conn.execute(text("INSERT INTO meta VALUES (:key, ''), (:key, '')"), {"key": "dear diary"})

    with pytest.raises(IntegrityError) as refused:
        await writer.run(twice)
    assert "dear diary" not in str(refused.value)
    await writer.close()
    database.close()


async def test_jobs_that_wait_share_one_commit(sqlite_url: str) -> None:
    database = open_database(sqlite_url)
    writer = Writer(database)
    commits: list[object] = []
    event.listen(database.engine, "commit", commits.append)
    assert await _behind(writer, *(_note(str(n)) for n in range(10))) == [str(n) for n in range(10)]
    assert len(commits) == 2  # the one that kept the writer busy, and the ten together
    await writer.close()
    database.close()


async def test_nothing_is_answered_before_the_commit(sqlite_url: str) -> None:
    database = open_database(sqlite_url)
    writer = Writer(database)
    at_commit, go = asyncio.Event(), threading.Event()
    loop = asyncio.get_running_loop()

    def hold(_: Connection) -> None:
        loop.call_soon_threadsafe(at_commit.set)
        go.wait()

    event.listen(database.engine, "commit", hold)
    asked = [asyncio.ensure_future(writer.run(_note(key))) for key in ("a", "b")]
    await at_commit.wait()
    assert not any(one.done() for one in asked)
    go.set()
    assert await asyncio.gather(*asked) == ["a", "b"]
    await writer.close()
    database.close()


async def test_when_the_commit_fails_everybody_is_told_and_the_writer_goes_on(sqlite_url: str) -> None:
    database = open_database(sqlite_url)
    writer = Writer(database)

    def orphan(conn: Connection) -> None:
        conn.exec_driver_sql("PRAGMA defer_foreign_keys=ON")  # so that only the commit finds out
        conn.execute(text("INSERT INTO timers VALUES ('t', 999, 0)"))

    for jobs in ((orphan,), (_note("a"), orphan, _note("b"))):
        told = await _behind(writer, *jobs)
        assert all(isinstance(one, StoreError) for one in told)
    assert await writer.run(_note("c")) == "c"
    assert await writer.run(_notes) == ["c"]
    await writer.close()
    database.close()


@pytest.mark.parametrize("together", [1, 3])
async def test_a_full_disk_is_one_sentence_and_passes(sqlite_url: str, together: int) -> None:
    database = open_database(sqlite_url)
    room = [0]

    def limit(connection: object, *_: object) -> None:
        # What SQLite itself says on a full disk, without filling one.
        pages = connection.exec_driver_sql("PRAGMA page_count").scalar() + room[0]  # type: ignore[attr-defined]
        connection.exec_driver_sql(f"PRAGMA max_page_count={pages}")  # type: ignore[attr-defined]

    event.listen(database.engine, "begin", limit)
    writer = Writer(database)

    def much(conn: Connection) -> str:
        keep(conn, "much", "x" * 100_000)
        return "kept"

    for one in await _behind(writer, *[much] * together):
        assert isinstance(one, StoreError)
        assert "disk is full" in str(one)
    room[0] = 1000
    assert await writer.run(much) == "kept"
    await writer.close()
    database.close()


async def test_closing_finishes_what_was_handed_in_and_takes_nothing_more(database_url: str) -> None:
    database = open_database(database_url)
    writer = Writer(database)
    asked = [asyncio.ensure_future(writer.run(_note(str(n)))) for n in range(20)]
    await asyncio.sleep(0)
    await writer.close()
    assert sorted(await asyncio.gather(*asked)) == sorted(str(n) for n in range(20))
    with pytest.raises(StoreError, match="closed"):
        await writer.run(_notes)
    await writer.close()
    database.close()


async def test_whoever_stops_waiting_stops_no_job(writer: Writer) -> None:
    asked = asyncio.ensure_future(writer.run(_note("a")))
    await asyncio.sleep(0)
    asked.cancel()
    assert await writer.run(_note("b")) == "b"
    while await writer.run(_notes) != ["a", "b"]:  # PostgreSQL's threads may overtake each other
        pass


async def test_a_connection_that_broke_is_made_anew(postgres_url: str) -> None:
    database = open_database(postgres_url)
    writer = Writer(database)
    cut: list[int] = []

    def break_off_once(conn: Connection) -> str:
        if not cut:
            cut.append(conn.execute(text("SELECT pg_backend_pid()")).scalar_one())
            conn.execute(text("SELECT pg_terminate_backend(pg_backend_pid())"))
        keep(conn, "a", "here")
        return "kept"

    assert await writer.run(break_off_once) == "kept"
    assert await writer.run(_notes) == ["a"]
    await writer.close()
    database.close()


async def test_two_jobs_that_block_each_other_are_untangled(postgres_url: str) -> None:
    database = open_database(postgres_url)
    writer = Writer(database)
    ann, ben = await writer.run(couple)
    both_have_one = threading.Barrier(2)
    lock = text("SELECT id FROM people WHERE id = :id FOR UPDATE")

    def job(first: int, second: int) -> Callable[[Connection], int]:
        tries: list[int] = []

        def locking(conn: Connection) -> int:
            conn.execute(text("SET LOCAL deadlock_timeout = '20ms'"))
            conn.execute(lock, {"id": first})
            tries.append(first)
            if len(tries) == 1:
                both_have_one.wait()
            conn.execute(lock, {"id": second})
            return len(tries)

        return locking

    tries = await asyncio.gather(writer.run(job(ann, ben)), writer.run(job(ben, ann)))
    assert sorted(tries) in ([1, 2], [2, 2])
    await writer.close()
    database.close()
