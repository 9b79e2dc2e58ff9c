"""A bot that has outgrown its file: everything is carried over, and the conversations go on where they stood."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field, replace
from datetime import timedelta
from functools import cache
from itertools import count
from pathlib import Path
from typing import Any

import pytest
from databases import Postgres, couple
from delivery.postman import Postman
from locksmith import keys
from moments import NOON, FakeTime
from sqlalchemy import Connection, insert, select, text

from bot.authoring.library import compile_source, load
from bot.authoring.rehearsal import settled
from bot.delivery.clock import Clock
from bot.delivery.sender import Sender, deliver
from bot.engine.events import Input, Message, Send, Tap, Words
from bot.engine.library import Library
from bot.engine.run import Clear, Safety
from bot.move import carry, move
from bot.service import Incoming, Service
from bot.settings import shipped
from bot.store import inbox, keyring, outbox, timers
from bot.store.database import InUse, StoreError, make_engine, open_database, read_url
from bot.store.schema import people, tables
from bot.store.worlds import load_world, save_world
from bot.store.writer import Writer

ANN, BEN, CARL, DORA = 101, 102, 103, 104
"""Chats."""

KEYS = keys("a")

LEASED = [column.name for column in tables.tables["outbox"].c].index("lease")


@cache
def library() -> Library:
    loaded = load(shipped("flows"), shipped("content"))
    assert loaded.library is not None
    return loaded.library


@dataclass(slots=True)
class House:
    """A bot on some database; its time and its postman outlive the move."""

    writer: Writer
    time: FakeTime
    postman: Postman
    updates: Any = field(default_factory=lambda: count(1))
    service: Service = field(init=False)
    sender: Sender = field(init=False)

    def __post_init__(self) -> None:
        async def sleep(seconds: float) -> None:
            self.time.at += timedelta(seconds=seconds)

        self.service = Service(self.writer, library(), compile_source, now=self.time.now)
        clock = Clock(self.time.now, sleep)
        self.sender = Sender(self.writer, self.postman, self.service.gone, clock, asyncio.Event())

    async def give(self, chat: int, given: Input) -> None:
        number = next(self.updates)
        await self.service.handle(Incoming(number, chat, "Name", "en", given, 1000 + number))

    async def say(self, chat: int, words: str) -> None:
        await self.give(chat, Words(0, words))
        await self.send()

    async def tap(self, chat: int, label: str) -> None:
        shown = [letter.message for _, letter in self.postman.letters if letter.chat == chat and letter.message]
        buttons = [one for message in shown for row in message.buttons for one in row]
        await self.give(chat, Tap(0, next(one.data for one in reversed(buttons) if one.label == label)))
        await self.send()

    async def send(self) -> None:
        while waiting := await self.writer.run(lambda conn: outbox.ready(conn, self.time.now(), (), 9)):
            for person in waiting:
                while await deliver(self.sender, person):
                    pass

    async def time_is_up(self) -> None:
        for timer in await self.writer.run(lambda conn: timers.due(conn, self.time.now(), 9)):
            await self.service.due(timer.owner, timer.key, timer.due)
        await self.send()

    async def promised(self) -> list[timers.Timer]:
        return await self.writer.run(lambda conn: timers.due(conn, NOON.replace(2027), 99))

    def texts(self, chat: int) -> list[str]:
        return [one.message.text for _, one in self.postman.letters if one.chat == chat and one.message]


@asynccontextmanager
async def living_in(url: str, time: FakeTime, postman: Postman, updates: Any) -> AsyncIterator[House]:
    database = open_database(url, KEYS)
    writer = Writer(database)
    try:
        await writer.run(keyring.note)
        yield House(writer, time, postman, updates)
    finally:
        await writer.close()
        database.close()


def _seat(conn: Connection) -> None:
    """Ann and Ben, linked for long."""
    ann, _ = couple(conn, ANN, BEN)
    world = load_world(conn, ann)
    known = {who: settled(one, NOON) for who, one in world.people.items()}
    safety = {who: Safety(Clear.OPEN, asked=NOON) for who in known}
    save_world(conn, world, replace(world, people=known, safety=safety), NOON)


def everything(url: str) -> dict[str, list[tuple[Any, ...]]]:
    """Every row of every table, as it lies there."""
    engine = make_engine(read_url(url))
    with engine.begin() as conn:
        found = {one.name: sorted(map(tuple, conn.execute(select(one))), key=repr) for one in tables.sorted_tables}
    engine.dispose()
    return found


def one_person(url: str) -> None:
    engine = make_engine(read_url(url))
    with engine.begin() as conn:
        conn.execute(insert(people), [{"chat": 7, "state": "", "since": 1}])
    engine.dispose()


async def test_conversations_go_on_in_postgresql(sqlite_url: str, postgres_url: str, time: FakeTime) -> None:
    postman, updates = Postman(time.now), count(1)
    async with living_in(sqlite_url, time, postman, updates) as before:
        await before.writer.run(_seat)
        await before.say(CARL, "/start")
        await before.say(CARL, "/forget")
        await before.tap(CARL, "Yes, remove everything")
        await before.tap(CARL, "Really everything")
        await before.say(ANN, "/check_in")
        await before.say(ANN, "/pause")
        await before.tap(ANN, "Twenty minutes")
        promised = await before.promised()
        assert any("Until then" in words for words in before.texts(BEN))

        def leave(conn: Connection) -> None:
            outbox.put(conn, [("late", Send(1, Message("written, and not sent yet")))], time.now())
            assert outbox.claim(conn, 1, time.now()) is not None  # by a sender that was killed

        await before.writer.run(leave)
    old = everything(sqlite_url)
    counts = carry(sqlite_url, postgres_url)
    new = everything(postgres_url)
    for rows in (old, new):  # whoever had a message in hand is gone
        rows["outbox"] = [row[:LEASED] + row[LEASED + 1 :] for row in rows["outbox"]]
    assert new == old
    assert counts == {name: len(rows) for name, rows in old.items()} and min(counts["runs"], counts["timers"]) >= 1
    assert "k1.a." in repr(new["people"]) and "not sent yet" not in repr(new)

    async with living_in(postgres_url, time, postman, updates) as after:
        assert await after.promised() == promised
        assert not await after.writer.run(lambda conn: inbox.first_time(conn, 1, NOON))  # a repeated update is known
        await after.send()
        assert after.texts(ANN)[-1] == "written, and not sent yet"
        await after.say(DORA, "/start")
        numbers = select(people.c.id).order_by(people.c.id)
        assert await after.writer.run(lambda conn: conn.scalars(numbers).all()) == [1, 2, 4]
        time.at += timedelta(minutes=20)
        await after.time_is_up()
        assert all("The break is over" in after.texts(chat)[-1] for chat in (ANN, BEN))
        await after.tap(ANN, "Calm enough to talk")
        await after.tap(BEN, "Calm enough to talk")
        assert any("Welcome back, you two" in words for words in after.texts(BEN))


def test_links_between_people_and_the_newest_numbers_come_along(sqlite_url: str, postgres_url: str) -> None:
    engine = make_engine(read_url(sqlite_url))
    with engine.begin() as conn:
        ann, ben = couple(conn)
        conn.execute(text("UPDATE people SET pending = :ben WHERE id = :ann"), {"ann": ann, "ben": ben})
        conn.execute(insert(people), [{"chat": 900 + n, "state": "", "since": 1} for n in range(2500)])
    engine.dispose()
    assert carry(sqlite_url, postgres_url)["people"] == 2502
    engine = make_engine(read_url(postgres_url))
    with engine.begin() as conn:
        linked = conn.execute(select(people.c.id, people.c.partner, people.c.pending).where(people.c.id <= 2)).all()
        assert sorted(map(tuple, linked)) == [(ann, ben, ben), (ben, ann, None)]
        assert (
            conn.execute(insert(people).returning(people.c.id), {"chat": 1, "state": "", "since": 1}).scalar() == 2503
        )
    engine.dispose()


def test_a_database_that_holds_something_is_left_alone(sqlite_url: str, postgres_url: str) -> None:
    one_person(sqlite_url)
    one_person(postgres_url)
    before = everything(postgres_url)
    with pytest.raises(StoreError, match="not empty: there is something in people"):
        carry(sqlite_url, postgres_url)
    assert everything(postgres_url) == before


def test_a_row_that_does_not_come_through_means_that_none_does(sqlite_url: str, postgres: Postgres) -> None:
    one_person(sqlite_url)
    target = postgres.fresh()
    name = target.split("/")[3].partition("?")[0]
    drop = "CREATE FUNCTION lose() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN RETURN NULL; END'"
    postgres.say(name, drop)
    postgres.say(name, "CREATE TRIGGER lose BEFORE INSERT ON people FOR EACH ROW EXECUTE FUNCTION lose()")
    with pytest.raises(StoreError, match="Not every row came through"):
        carry(sqlite_url, target)
    assert not any(everything(target).values())


def test_what_cannot_be_moved_is_said_in_a_sentence(
    sqlite_url: str, postgres_url: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    missing = tmp_path / "none.db"
    for source, target, words in (
        (postgres_url, sqlite_url, "Only SQLite can be moved"),
        (sqlite_url, sqlite_url, "only to PostgreSQL"),
        (f"sqlite:///{missing}", postgres_url, "There is no database"),
        ("nonsense", postgres_url, "cannot be read"),
    ):
        assert move(source, target) == 1
        assert words in capsys.readouterr().err
    assert not missing.exists()
    running = open_database(sqlite_url)
    with pytest.raises(InUse):
        carry(sqlite_url, postgres_url)
    running.close()
    assert move(sqlite_url, postgres_url) == 0
    assert "TWOFOLD_DATABASE" in capsys.readouterr().out
