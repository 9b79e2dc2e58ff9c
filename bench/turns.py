"""Turns a second and CPU a turn: the engine alone, the engine with the store, and the whole bot against a local server.

Run: `make bench`. Every commit is flushed to disk. Compare figures of one run only.
"""

from __future__ import annotations

import asyncio
import os
import platform
import sqlite3
import statistics
import tempfile
import time
from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from functools import partial
from pathlib import Path

from sqlalchemy import Connection

import bot.service as door
from bench.bot import whole_bot
from bot.authoring.library import compile_source, load
from bot.authoring.rehearsal import settled
from bot.engine.danger import warm
from bot.engine.events import Input, Send, Tap, Words
from bot.engine.library import Library
from bot.engine.run import Person, World
from bot.engine.turn import take_turn
from bot.service import Incoming, Service
from bot.settings import shipped
from bot.store.database import open_database
from bot.store.migrations import migrate
from bot.store.worlds import load_world, save_world
from bot.store.writer import Writer

NOW = datetime(2026, 3, 2, 20, 0, tzinfo=UTC)
ROUNDS = 5
PEOPLE = 200


def library() -> Library:
    loaded = load(shipped("flows"), shipped("content"))
    assert loaded.library is not None
    warm(loaded.library.danger)  # as the bot does when it starts
    return loaded.library


def line(name: str, value: float, unit: str, note: str = "") -> None:
    print(f"{name:<58} {value:>10,.1f} {unit:<12} {note}")


# --- the engine alone -------------------------------------------------------------------------------------------------


def asked(lib: Library, person: int, *starts: Input) -> World:
    """A world in which this person has just been asked something."""
    both = (Person(number, name, partner=3 - number) for number, name in ((1, "Ana"), (2, "Ben")))
    world = World({one.id: settled(one, NOW) for one in both}, {})
    for number, given in enumerate(starts):
        outcome = take_turn(lib, world, replace(given, by=person), NOW, number + 1)
        assert isinstance(outcome, tuple)
        world = outcome[0]
    return world


def timed(work: Callable[[], object], times: int) -> float:
    """Microseconds a call, the median of some rounds."""
    rounds = []
    for _ in range(ROUNDS):
        start = time.perf_counter()
        for _ in range(times):
            work()
        rounds.append((time.perf_counter() - start) / times * 1e6)
    return statistics.median(rounds)


def engine(lib: Library) -> None:
    loop = timed(lambda: sum(range(1000)), 5000)
    line("the other: the sum of a thousand numbers in a loop", loop, "µs")
    world = asked(lib, 1, Words(0, "/check_in"))
    run = next(iter(world.runs.values()))
    tap = Tap(1, f"a:{run.id}:{run.visit}:9")
    line(
        "engine, one tap (check-in, scale, next question)",
        timed(lambda: take_turn(lib, world, tap, NOW, 7), 2000),
        "µs",
    )
    words = Words(1, "seven")
    line("engine, typed words on a scale", timed(lambda: take_turn(lib, world, words, NOW, 7), 1000), "µs")
    stale = Tap(1, f"a:{run.id}:99:9")
    line("engine, a stale tap refused", timed(lambda: take_turn(lib, world, stale, NOW, 7), 2000), "µs")


# --- engine and store -------------------------------------------------------------------------------------------------


def conversation(person: int, typed: bool) -> Iterator[Callable[[Service, int], Incoming]]:
    """One check-in again and again: started by a word, answered by taps or by typed numbers."""

    def incoming(given: Input) -> Callable[[Service, int], Incoming]:
        return lambda _service, update: Incoming(update, 10_000 + person, "Ana", "en", given)

    while True:
        yield incoming(Words(0, "/check_in"))
        yield incoming(Words(0, "5" if typed else "TAP"))
        yield incoming(Words(0, "she made tea"))


async def stored(lib: Library, typed: bool, together: int, seconds: float) -> tuple[float, float]:
    """Turns a second and CPU microseconds a turn, with `together` people answering at the same time."""
    with tempfile.TemporaryDirectory() as folder:
        url = f"sqlite:///{Path(folder) / 'bench.sqlite3'}"
        migrate(url)
        database = open_database(url)
        writer = Writer(database)
        service = Service(writer, lib, compile_source, now=lambda: NOW + timedelta(seconds=time.monotonic() % 1000))
        updates = iter(range(1, 10**9))
        phones = Phones()
        vars(door)["take_turn"] = phones.take_turn
        done = 0
        stop = time.perf_counter() + seconds

        async def person(number: int, me: int) -> None:
            nonlocal done
            for make in conversation(number, typed):
                if time.perf_counter() > stop:
                    return
                update = next(updates)
                incoming = make(service, update)
                if incoming.given == Words(0, "TAP"):
                    incoming = replace(incoming, given=Tap(0, phones.buttons[me]))
                await service.handle(incoming)
                done += 1

        for number in range(together):
            await service.handle(Incoming(next(updates), 10_000 + number, "Ana", "en", Words(0, "/start")))
            await writer.run(partial(settle, person=number + 1))
        wall, cpu = time.perf_counter(), time.process_time()
        await asyncio.gather(*(person(number, number + 1) for number in range(together)))
        wall, cpu = time.perf_counter() - wall, time.process_time() - cpu
        await writer.close()
        database.close()
        return done / wall, cpu / done * 1e6


def settle(conn: Connection, person: int) -> None:
    """This person has been here for a while: nothing is asked before a flow begins."""
    before = load_world(conn, person)
    save_world(conn, before, replace(before, people={person: settled(before.people[person], NOW)}), NOW)


class Phones:
    """Sees what is sent, as phones do, and so knows the buttons of each person's open question."""

    def __init__(self) -> None:
        self.buttons: dict[int, str] = {}

    def take_turn(self, lib: Library, world: World, given: Input, now: datetime, chance: int) -> object:
        outcome = take_turn(lib, world, given, now, chance)
        if isinstance(outcome, tuple):
            for effect in outcome[1].effects:
                if isinstance(effect, Send):
                    answers = [one.data for row in effect.message.buttons for one in row if one.data.startswith("a:")]
                    self.buttons |= {effect.to: answers[0]} if answers else {}
        return outcome


def bare_commits(seconds: float) -> float:
    """The named other: one row a commit with the standard library's sqlite3, same pragmas, nothing else done."""
    with tempfile.TemporaryDirectory() as folder:
        connection = sqlite3.connect(Path(folder) / "bare.sqlite3", isolation_level=None)
        connection.execute("PRAGMA journal_mode=WAL")
        connection.execute("PRAGMA synchronous=FULL")
        connection.execute("CREATE TABLE rows (id INTEGER PRIMARY KEY, words TEXT)")
        done, start = 0, time.perf_counter()
        while time.perf_counter() - start < seconds:
            connection.execute("BEGIN IMMEDIATE")
            connection.execute("INSERT INTO rows (words) VALUES ('x')")
            connection.execute("COMMIT")
            done += 1
        return done / (time.perf_counter() - start)


async def store(lib: Library) -> None:
    bare = statistics.median(bare_commits(1.0) for _ in range(3))
    line("bare sqlite3, one row a flushed commit (the other)", bare, "commits/s")
    for typed, name in ((False, "taps"), (True, "typed words")):
        for together in (1, 10, 50):
            runs = [await stored(lib, typed, together, 2.0) for _ in range(3)]
            rate = statistics.median(rate for rate, _ in runs)
            cpu = statistics.median(cpu for _, cpu in runs)
            note = f"CPU {cpu:,.0f} µs a turn, {rate / bare:.2f} of bare"
            line(f"engine and store, {name}, {together} at a time", rate, "turns/s", note)


def main() -> None:
    print(f"Python {platform.python_version()}, {os.cpu_count()} cores, SQLite {sqlite3.sqlite_version}\n")
    lib = library()
    engine(lib)
    asyncio.run(store(lib))
    asyncio.run(whole_bot())


if __name__ == "__main__":
    main()
