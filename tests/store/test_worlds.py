"""Worlds come back as they went in, hold the right people and runs, and are saved by what has changed."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Awaitable, Iterator, Mapping
from dataclasses import replace
from datetime import timedelta

import pytest
from databases import couple, link
from moments import NOON
from sqlalchemy import Connection, event, text

from bot.engine.flow import Share
from bot.engine.run import Answer, Form, Life, Person, Run, World
from bot.engine.saved import Damaged
from bot.store.database import Database, open_database
from bot.store.worlds import load_world, person_of, save_world
from bot.store.writer import Writer


@pytest.fixture
def conn(database: Database) -> Iterator[Connection]:
    with database.engine.connect() as connection:
        yield connection


def _run(name: str, *cast: int) -> Run:
    return Run(name, "warm_up", "s1", cast, "ask", NOON, NOON, seed=7)


def _with(world: World, *runs: Run, people: Mapping[int, Person] | None = None) -> World:
    return World(people={**world.people, **(people or {})}, runs={**world.runs, **{run.id: run for run in runs}})


def _begin(conn: Connection, person: int, *runs: Run, also: int | None = None) -> None:
    world = load_world(conn, person, also)
    save_world(conn, world, _with(world, *runs))


def test_a_chat_that_is_new_becomes_a_person_once(conn: Connection) -> None:
    ann = person_of(conn, 5_000_000_000, "Ann", "pt-br", NOON)
    assert person_of(conn, 5_000_000_000, "Other", "de", NOON) == ann
    assert load_world(conn, ann) == World({ann: Person(ann, "Ann", language="pt-br")}, {})
    assert person_of(conn, 6, "Ben", "en", NOON) != ann


def test_a_world_comes_back_as_it_was_saved(conn: Connection) -> None:
    ann, ben = couple(conn)
    answer = Answer(Form.WORDS, "no \x00 harm \U0001f49b {x}", Share.PRIVATE, Life.SEALED, 3)
    run = replace(
        _run("r1", ann, ben),
        answers={"ask": {ann: answer}},
        ends={"wait": NOON + timedelta(days=1)},
        untold=frozenset({ben}),
        parent="r0",
    )
    before = load_world(conn, ann)
    after = _with(before, run, people={ann: replace(before.people[ann], name="Änn", zone="Europe/Berlin", linked=NOON)})
    save_world(conn, before, after)
    assert load_world(conn, ann) == after
    assert load_world(conn, ben) == after


def test_runs_keep_the_order_in_which_they_began(conn: Connection) -> None:
    ann, ben = couple(conn)
    names = ["z", "a", "m", "b"]
    _begin(conn, ann, _run("z", ann, ben), _run("a", ann))
    _begin(conn, ben, _run("m", ben), _run("b", ben, ann))
    world = load_world(conn, ann)
    save_world(conn, world, World(world.people, {**world.runs, "z": replace(world.runs["z"], step="next")}))
    assert list(load_world(conn, ben).runs) == names


def test_a_world_holds_the_runs_of_its_people_and_of_nobody_else(conn: Connection) -> None:
    ann, ben = couple(conn)
    cat, dan = couple(conn, 103, 104)
    _begin(conn, ann, _run("ours", ann, ben), _run("mine", ann), _run("his", ben))
    _begin(conn, cat, _run("theirs", cat, dan), _run("hers", cat))
    _begin(conn, ann, _run("across", ann, cat), also=cat)
    assert set(load_world(conn, ann).people) == {ann, ben}
    assert set(load_world(conn, ann).runs) == {"ours", "mine", "his"}
    assert set(load_world(conn, cat).runs) == {"theirs", "hers"}


def test_whoever_is_about_to_be_linked_is_in_the_world(conn: Connection) -> None:
    ann, ben = (person_of(conn, chat, "A", "en", NOON) for chat in (1, 2))
    assert set(load_world(conn, ann).people) == {ann}
    both = load_world(conn, ann, also=ben)
    assert set(both.people) == {ann, ben}
    save_world(conn, both, _with(both, people={ann: replace(both.people[ann], pending=ben)}))
    assert set(load_world(conn, ann).people) == {ann, ben}
    assert set(load_world(conn, ben).people) == {ben}


def test_an_opened_link_brings_a_third_person_in(conn: Connection) -> None:
    ann, ben = couple(conn)
    cat = person_of(conn, 103, "Cat", "en", NOON)
    assert set(load_world(conn, ann, also=cat).people) == {ann, ben, cat}
    assert set(load_world(conn, ann, also=ann).people) == {ann, ben}


def test_a_run_that_is_gone_is_deleted(conn: Connection) -> None:
    ann, ben = couple(conn)
    _begin(conn, ann, _run("r1", ann, ben), _run("r2", ann))
    world = load_world(conn, ann)
    save_world(conn, world, World(world.people, {"r2": world.runs["r2"]}))
    assert set(load_world(conn, ben).runs) == {"r2"}


def test_only_what_has_changed_is_written(database: Database, conn: Connection) -> None:
    ann, ben = couple(conn)
    _begin(conn, ann, _run("r1", ann, ben), _run("r2", ann))
    world = load_world(conn, ann)
    said: list[str] = []
    event.listen(database.engine, "before_cursor_execute", lambda c, cur, statement, *_: said.append(statement))
    save_world(conn, world, World(dict(world.people), {key: replace(run) for key, run in world.runs.items()}))
    assert said == []
    save_world(conn, world, _with(world, replace(world.runs["r2"], step="next")))
    assert len(said) == 1 and said[0].startswith("UPDATE runs")


def test_a_turn_of_a_couple_takes_eight_statements(database: Database, conn: Connection) -> None:
    ann, ben = couple(conn)
    _begin(conn, ann, _run("r1", ann, ben))
    said: list[str] = []
    event.listen(database.engine, "before_cursor_execute", lambda c, cur, statement, *_: said.append(statement))
    world = load_world(conn, person_of(conn, 101, "Ann", "en", NOON))
    save_world(conn, world, _with(world, replace(world.runs["r1"], step="next")))
    assert len(said) == 5  # with the inbox, the outbox and the timer: eight


def test_somebody_unknown_has_no_world(conn: Connection) -> None:
    with pytest.raises(LookupError, match="no person 99"):
        load_world(conn, 99)


@pytest.mark.parametrize("damage", ["", "{", "[]", '{"format": 99}', '{"format": 1}'])
@pytest.mark.parametrize("table", ["people", "runs"])
def test_a_damaged_row_is_told_without_its_words(sqlite_url: str, table: str, damage: str) -> None:
    database = open_database(sqlite_url)
    with database.engine.connect() as conn:
        ann, ben = couple(conn)
        _begin(conn, ann, _run("r1", ann, ben))
        conn.execute(text(f"UPDATE {table} SET state = :damage"), {"damage": damage})
        with pytest.raises(Damaged, match=r"cannot be read|newer version"):
            load_world(conn, ann)
    database.close()


def test_a_person_with_the_number_of_another_is_damaged(conn: Connection) -> None:
    ann, ben = couple(conn)
    state = conn.execute(text("SELECT state FROM people WHERE id = :id"), {"id": ben}).scalar_one()
    conn.execute(text("UPDATE people SET state = :state WHERE id = :id"), {"state": state, "id": ann})
    with pytest.raises(Damaged):
        load_world(conn, ann)


async def test_turns_of_one_couple_come_one_after_the_other(writer: Writer) -> None:
    ann, ben = await writer.run(couple)

    def begin(conn: Connection) -> None:
        _begin(conn, ann, _run("r1", ann, ben))

    await writer.run(begin)

    def visit(person: int) -> Awaitable[None]:
        def job(conn: Connection) -> None:
            world = load_world(conn, person)
            run = world.runs["r1"]
            save_world(conn, world, _with(world, replace(run, visit=run.visit + 1)))

        return writer.run(job)

    await asyncio.gather(*(visit(person) for _ in range(20) for person in (ann, ben)))
    assert (await writer.run(lambda conn: load_world(conn, ann))).runs["r1"].visit == 40


async def test_whoever_was_linked_while_we_waited_for_the_lock_is_loaded(postgres_url: str) -> None:
    database = open_database(postgres_url)
    writer = Writer(database)
    ann, ben = await writer.run(
        lambda conn: (person_of(conn, 1, "Ann", "en", NOON), person_of(conn, 2, "Ben", "en", NOON))
    )
    locked, waiting = asyncio.Event(), threading.Event()
    loop = asyncio.get_running_loop()
    blocked = text("SELECT count(*) FROM pg_stat_activity WHERE wait_event_type = 'Lock'")

    def linking(conn: Connection) -> None:
        world = load_world(conn, ann, also=ben)
        loop.call_soon_threadsafe(locked.set)
        waiting.wait()
        with database.engine.connect() as other:
            other.execution_options(isolation_level="AUTOCOMMIT")
            while not other.execute(blocked).scalar():
                pass
        save_world(conn, world, link(world, ann, ben))

    first = asyncio.ensure_future(writer.run(linking))
    await locked.wait()
    second = asyncio.ensure_future(writer.run(lambda conn: load_world(conn, ann)))
    waiting.set()
    await first
    assert set((await second).people) == {ann, ben}
    await writer.close()
    database.close()
